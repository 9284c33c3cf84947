// SPDX-License-Identifier: GPL-2.0-or-later
//
// The input's first line is the program's argument, the rest is the resume file. What is read must
// keep its promises: jobs have nodes, all of them asked for, and no job comes twice.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/resume_file.h"
#include "core/hostlist.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto line_end = std::min(input.find('\n'), size);
  const auto called = spillway::parse_hostlist(input.substr(0, line_end), 2'000);
  if (!called) return 0;
  const auto text = input.substr(std::min(line_end + 1, size));
  const auto jobs = spillway::parse_resume_file(text, *called);
  if (!jobs) return 0;
  const std::set<std::string> asked(called->begin(), called->end());
  std::set<std::uint32_t> ids;
  for (const auto& job : *jobs) {
    if (job.id == 0 || job.nodes.empty() || !ids.insert(job.id).second) std::abort();
    for (const auto& node : job.nodes) {
      if (!asked.contains(node)) std::abort();
    }
  }
  return 0;
}
