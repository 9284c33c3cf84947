// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/plugin/fake_slurm.h"

#include <bit>
#include <cstdlib>
#include <memory>
#include <unordered_set>

#include "core/hostlist.h"

struct spillway_nodes {
  std::int64_t size = 0;
  std::vector<std::uint64_t> words;
};

namespace {

constexpr std::int64_t kWordBits = 64;

std::uint64_t& word_of(spillway_nodes_t* nodes, std::int64_t number) {
  return nodes->words[static_cast<std::size_t>(number / kWordBits)];
}

std::uint64_t bit_of(std::int64_t number) {
  return std::uint64_t{1} << (number % kWordBits);
}

bool has(const spillway_nodes_t* nodes, std::int64_t number) {
  return (nodes->words[static_cast<std::size_t>(number / kWordBits)] & bit_of(number)) != 0;
}

// Slurm ends slurmctld when sets of two sizes meet.
void require_one_size(const spillway_nodes_t* one, const spillway_nodes_t* other) {
  if (one->size != other->size) std::abort();
}

}  // namespace

namespace spillway {

FakeSlurm& fake_slurm() {
  static FakeSlurm only;
  return only;
}

Clocks fake_clocks() {
  return {[] { return fake_slurm().monotonic_ms; }, [] { return fake_slurm().unix_seconds; }};
}

Nodes FakeSlurm::make(const std::string& hostlist) const {
  auto made = std::make_unique<spillway_nodes>();
  made->size = static_cast<std::int64_t>(nodes.size());
  made->words.resize(nodes.size() / kWordBits + 1);
  const auto names = parse_hostlist(hostlist);
  if (names) {
    const std::unordered_set<std::string> wanted(names->begin(), names->end());
    for (std::int64_t number = 0; number < made->size; ++number) {
      if (!wanted.contains(nodes[static_cast<std::size_t>(number)])) continue;
      word_of(made.get(), number) |= bit_of(number);
    }
  }
  return Nodes(made.release());
}

std::string FakeSlurm::shown(const spillway_nodes_t* set) const {
  std::vector<std::string> names;
  for (std::int64_t number = 0; number < set->size; ++number) {
    if (has(set, number)) names.push_back(nodes[static_cast<std::size_t>(number)]);
  }
  return format_hostlist(names);
}

std::int64_t count_nodes(const spillway_nodes_t* nodes) {
  std::int64_t count = 0;
  for (const std::uint64_t word : nodes->words)
    count += std::popcount(word);
  return count;
}

void keep_first(spillway_nodes_t* nodes, std::int64_t count) {
  for (std::int64_t number = 0; number < nodes->size; ++number) {
    if (has(nodes, number) && --count < 0) word_of(nodes, number) &= ~bit_of(number);
  }
}

}  // namespace spillway

using spillway::fake_slurm;

void spillway_log(spillway_level_t level, const char* line) {
  (level == SPILLWAY_ERROR ? fake_slurm().errors : fake_slurm().infos).emplace_back(line);
}

const void* spillway_job_record(std::uint32_t job_id) {
  const auto found = fake_slurm().records.find(job_id);
  return found == fake_slurm().records.end() ? nullptr : found->second;
}

spillway_nodes_t* spillway_nodes_named(const char* hostlist) {
  ++fake_slurm().node_lookups;
  return fake_slurm().make(hostlist).release();
}

spillway_nodes_t* spillway_nodes_copy(const spillway_nodes_t* nodes) {
  return std::make_unique<spillway_nodes>(*nodes).release();
}

void spillway_nodes_free(spillway_nodes_t* nodes) {
  const std::unique_ptr<spillway_nodes> end(nodes);
}

std::int64_t spillway_nodes_size(const spillway_nodes_t* nodes) {
  return nodes->size;
}

bool spillway_nodes_overlap(const spillway_nodes_t* one, const spillway_nodes_t* other) {
  require_one_size(one, other);
  for (std::size_t place = 0; place < one->words.size(); ++place) {
    if ((one->words[place] & other->words[place]) != 0) return true;
  }
  return false;
}

void spillway_nodes_assign(spillway_nodes_t* target, const spillway_nodes_t* source) {
  require_one_size(target, source);
  target->words = source->words;
}

void spillway_nodes_keep(spillway_nodes_t* target, const spillway_nodes_t* kept) {
  require_one_size(target, kept);
  for (std::size_t place = 0; place < target->words.size(); ++place) {
    target->words[place] &= kept->words[place];
  }
}

void spillway_nodes_remove(spillway_nodes_t* target, const spillway_nodes_t* removed) {
  require_one_size(target, removed);
  for (std::size_t place = 0; place < target->words.size(); ++place) {
    target->words[place] &= ~removed->words[place];
  }
}
