// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/resume_file.h"

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/hostlist.h"
#include "lib/json.h"

namespace spillway {
namespace {

// Names in one file, over all lists: a short text can stand for a great many.
constexpr std::size_t kMostNames = 1'000'000;

using NameSet = std::unordered_set<std::string>;

Error invalid(const std::string& what) {
  return Error{ErrorCode::kInvalid, "resume file: " + what, {}};
}

// The member `key`, or else `older_key`, of one job; absent and null are "".
Result<std::string> read_text(const Json& job, const char* key, const char* older_key) {
  auto value = job.get(key);
  if (value.is_absent() && older_key != nullptr) value = job.get(older_key);
  if (value.is_absent() || value.is_null()) return std::string();
  if (auto text = value.as_string()) return *std::move(text);
  return invalid(std::string("\"") + key + "\" is no text");
}

Result<std::vector<std::string>> read_nodes(const std::string& expression,
                                            std::size_t& names_left) {
  if (expression.empty()) return std::vector<std::string>();
  auto names = parse_hostlist(expression, std::min<std::size_t>(names_left, 65'536));
  if (!names) return names.error().within("resume file");
  names_left -= std::min(names_left, names->size());
  return names;
}

Result<std::uint32_t> read_id(const Json& job) {
  const auto id = job.integer("job_id");
  if (!id || *id <= 0 || *id > std::numeric_limits<std::uint32_t>::max()) {
    return invalid("a job's \"job_id\" is no job id");
  }
  return static_cast<std::uint32_t>(*id);
}

Result<ResumeJob> read_job(const Json& entry, const NameSet& called, std::size_t& names_left) {
  if (!entry.is_object()) return invalid("a job is no object");
  ResumeJob job;
  const auto id = read_id(entry);
  if (!id) return id.error();
  job.id = *id;
  const auto resume = read_text(entry, "nodes_resume", "nodes");
  if (!resume) return resume.error();
  const auto alloc = read_text(entry, "nodes_alloc", nullptr);
  if (!alloc) return alloc.error();
  auto nodes = read_nodes(*resume, names_left);
  if (!nodes) return nodes.error();
  std::erase_if(*nodes, [&](const auto& node) { return !called.contains(node); });
  job.nodes = *std::move(nodes);
  auto nodes_alloc = read_nodes(*alloc, names_left);
  if (!nodes_alloc) return nodes_alloc.error();
  job.nodes_alloc = *std::move(nodes_alloc);
  return job;
}

}  // namespace

Result<std::vector<ResumeJob>> parse_resume_file(std::string_view text,
                                                 const std::vector<std::string>& called_nodes) {
  std::vector<ResumeJob> result;
  if (text.empty()) return result;
  const auto root = Json::parse(text, "resume file");
  if (!root) return Error{ErrorCode::kInvalid, root.error().message, {}};
  if (!root->is_object()) return invalid("it is no JSON object");
  const auto jobs = root->get("jobs");
  if (jobs.is_absent() || jobs.is_null()) return result;
  if (!jobs.is_array()) return invalid("\"jobs\" is no list");

  const NameSet called(called_nodes.begin(), called_nodes.end());
  std::set<std::uint32_t> seen;
  std::size_t names_left = kMostNames;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    auto job = read_job(jobs.at(i), called, names_left);
    if (!job) return job.error();
    if (!seen.insert(job->id).second) {
      return invalid("job " + std::to_string(job->id) + " is given twice");
    }
    if (!job->nodes.empty()) result.push_back(*std::move(job));
  }
  return result;
}

}  // namespace spillway
