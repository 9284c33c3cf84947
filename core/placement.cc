// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/placement.h"

#include <algorithm>

#include "lib/text.h"

namespace spillway {
namespace {

constexpr std::size_t kToldInstead = 6;

std::vector<Offer> all_offers(const Picture& picture) {
  std::vector<Offer> offers;
  for (const auto& [name, view] : picture.providers)
    offers.insert(offers.end(), view.offers.begin(), view.offers.end());
  return offers;
}

int count_cold(const std::vector<FreeNode>& free, std::size_t begin, std::size_t end) {
  return static_cast<int>(std::count_if(free.begin() + static_cast<std::ptrdiff_t>(begin),
                                        free.begin() + static_cast<std::ptrdiff_t>(end),
                                        [](const auto& node) { return !node.is_warm(); }));
}

Money score_of(const Placement& placement) {
  return placement.starts_warm || !placement.cheapest ? Money{} : placement.cheapest->score;
}

bool is_better(const Placement& a, const Placement& b) {
  return std::make_tuple(score_of(a), a.machines, -a.tasks) <
         std::make_tuple(score_of(b), b.machines, -b.tasks);
}

// What decides whether a need finds a place; its time limit does not.
std::string signature_of(const Need& need, const std::string& partition) {
  std::string text = partition;
  for (const std::int64_t number : {std::int64_t{need.nodes},
                                    std::int64_t{need.nodes_most},
                                    std::int64_t{need.gpus_per_node},
                                    std::int64_t{need.gpus_in_all},
                                    std::int64_t{need.cpus_per_node},
                                    std::int64_t{need.cpus_in_all},
                                    std::int64_t{need.infiniband ? 1 : 0},
                                    need.memory_per_node_mib,
                                    need.memory_per_cpu_mib,
                                    need.memory_per_gpu_mib,
                                    std::int64_t{need.cpus_per_gpu}}) {
    text += ' ';
    text += std::to_string(number);
  }
  for (const auto* words : {&need.features, &need.required_nodes, &need.excluded_nodes}) {
    text += ' ';
    for (const auto& word : *words) {
      text += word;
      text += ',';
    }
  }
  text += ' ';
  text += need.gpu;
  return text;
}

void tell(Search& search, Hindrance hindrance, const std::string& why) {
  if (search.why.empty() || hindrance > search.hindrance) {
    search.hindrance = hindrance;
    search.why = why;
  } else if (hindrance == search.hindrance && search.why != why) {
    search.why += "; " + why;
  }
}

}  // namespace

Placer::Placer(const Picture& picture, const Books& books)
    : config_(picture.config),
      books_(books),
      now_(picture.now),
      offers_(all_offers(picture)),
      free_(picture.config, books, *picture.slurm),
      promises_(count_promises(books, offers_, picture.spent_this_month, picture.now)) {
  const Market market{offers_, config_, books_.cooldowns, now_};
  for (const auto& pool : config_.pools)
    surveys_.push_back(survey_offers(pool, market));
  for (const auto& [id, machine] : books_.machines) {
    if (facts_of(machine.state).holds_node) held_.insert(machine.node);
  }
}

const Survey& Placer::survey_of(const Pool& pool) const {
  return surveys_[static_cast<std::size_t>(&pool - config_.pools.data())];
}

Placement Placer::stand(const Permission& permission,
                        const QueuedPart* part,
                        const std::string& partition) {
  Placement placement;
  placement.pool = config_.find_pool(permission.pool);
  placement.nodes = permission.nodes;
  placement.fabric = permission.fabric;
  const auto& pool = *placement.pool;
  const bool is_array = part != nullptr && part->job->array_tasks > 0;
  if (part != nullptr && part->need) placement.need = sized_for(*part->need, pool.shape);
  if (!is_array) placement.need.nodes = static_cast<int>(permission.nodes.size());
  placement.tasks = static_cast<int>(permission.nodes.size()) / std::max(1, placement.need.nodes);
  auto promises = promises_;
  const auto& nodes = permission.nodes;
  const auto gang = static_cast<std::size_t>(placement.need.nodes);
  for (std::size_t begin = 0; begin < nodes.size(); begin += gang) {
    auto need = placement.need;
    need.nodes = 0;
    for (auto i = begin; i < std::min(begin + gang, nodes.size()); ++i)
      need.nodes += held_.contains(nodes[i]) ? 0 : 1;
    if (need.nodes == 0) continue;
    auto choice = choose_offer(need, pool, need.nodes, permission.fabric, promises);
    if (!choice.place) choice.place = quote(need, pool, permission.fabric);
    if (choice.place) promises.add(choice.place->offer, need.nodes);
    if (placement.machines > 0) continue;
    placement.machines = need.nodes;
    placement.cheapest = std::move(choice.place);
    placement.passed_over = std::move(choice.passed_over);
  }
  if (part != nullptr && part->need) {
    const auto& pools = know(*part->need, partition).pools;
    placement.instead = tell_instead(*part->need, pools, &placement);
  }
  promises_ = std::move(promises);
  return placement;
}

std::optional<Ranked> Placer::quote(const Need& need,
                                    const Pool& pool,
                                    const std::optional<OfferId>& fabric) const {
  const Market market{offers_, config_, books_.cooldowns, now_};
  const auto ranking = rank_surveyed(need, survey_of(pool), market, {});
  for (const auto& place : ranking.places) {
    if (!fabric || place.offer.id == *fabric) return place;
  }
  return std::nullopt;
}

std::vector<std::string> Placer::tell_instead(const Need& need,
                                              const std::vector<const Pool*>& pools,
                                              const Placement* found) const {
  std::vector<std::string> instead;
  const auto tell_all = [&](const std::vector<Excluded>& excluded) {
    for (const auto& [offer, why, words, until] : excluded) {
      if (instead.size() == kToldInstead) return;
      instead.push_back(format_offer_id(offer) + ": " + why);
    }
  };
  for (const auto* pool : pools) {
    if (found == nullptr) {
      tell_all(survey_of(*pool).excluded);
    } else if (found->pool == pool) {
      tell_all(found->passed_over);
    } else {
      const auto sized = sized_for(need, pool->shape);
      tell_all(exclude_offers(sized, survey_of(*pool), promises_.machines));
    }
  }
  return instead;
}

Placer::Choice Placer::choose_offer(const Need& need,
                                    const Pool& pool,
                                    int machines,
                                    const std::optional<OfferId>& fabric,
                                    const Promises& promises) const {
  Need wanted = need;
  wanted.nodes = machines;
  const Market market{offers_, config_, books_.cooldowns, now_};
  auto ranking = rank_surveyed(wanted, survey_of(pool), market, promises.machines);
  Choice choice;
  for (auto& place : ranking.places) {
    const bool is_of_fabric = !fabric || place.offer.id == *fabric;
    auto cap = cap_trouble(promises.committed, place.offer, machines, config_);
    if (cap.empty()) {
      if (!is_of_fabric) continue;
      choice.place = std::move(place);
      break;
    }
    if (is_of_fabric) {
      choice.hindrance = Hindrance::kCap;
      if (choice.why.empty()) choice.why = cap;
    }
    choice.passed_over.push_back({place.offer.id, std::move(cap), "", std::nullopt});
  }
  if (!choice.place && choice.why.empty())
    choice.why = "no offer left: " + format_exclusions(ranking, Telling::kInFull);
  choice.passed_over.insert(
      choice.passed_over.end(), ranking.excluded.begin(), ranking.excluded.end());
  return choice;
}

std::optional<Placement> Placer::place(const Pool& pool,
                                       const Need& sized,
                                       const std::vector<FreeNode>& free,
                                       const std::optional<OfferId>& fabric,
                                       int tasks,
                                       Choice& last) const {
  const bool one_fabric = needs_one_fabric(sized);
  auto promises = promises_;
  Placement placement;
  placement.pool = &pool;
  placement.need = sized;
  placement.tasks = 0;
  if (one_fabric && fabric && !fabric->provider.empty()) placement.fabric = fabric;
  const auto gang = static_cast<std::size_t>(sized.nodes);
  for (std::size_t begin = 0; placement.tasks < tasks && begin + gang <= free.size();
       begin += gang) {
    const int machines = count_cold(free, begin, begin + gang);
    if (machines > 0) {
      last = choose_offer(sized, pool, machines, placement.fabric, promises);
      if (!last.place) break;
      promises.add(last.place->offer, machines);
      placement.rented.emplace_back(last.place->offer, machines);
      if (one_fabric && tasks > 1) placement.fabric = last.place->offer.id;
    }
    if (placement.tasks++ == 0) placement.starts_warm = machines == 0;
    if (placement.machines == 0 && machines > 0) {
      placement.machines = machines;
      placement.cheapest = last.place;
      placement.passed_over = last.passed_over;
    }
    for (auto i = begin; i < begin + gang; ++i)
      placement.nodes.push_back(free[i].node->name);
  }
  if (placement.tasks == 0) return std::nullopt;
  return placement;
}

void Placer::search_pool(const Pool& pool,
                         const Need& sized,
                         const std::string& partition,
                         int tasks,
                         Search& search,
                         const std::optional<OfferId>& only_fabric) const {
  // A gang on one fabric may take idle machines of one offer only, or none.
  std::vector<std::optional<OfferId>> fabrics = {only_fabric};
  if (!only_fabric && needs_one_fabric(sized)) {
    fabrics = {OfferId{}};
    for (const auto& offer : free_.warm_offers(pool))
      fabrics.emplace_back(offer);
  }
  const bool is_range = tasks == 1 && sized.nodes_most > sized.nodes;
  bool enough_nodes = false;
  Choice last;
  for (const auto& fabric : fabrics) {
    // A range of nodes is filled as far as nodes, stock and caps go.
    for (int nodes = is_range ? sized.nodes_most : sized.nodes; nodes >= sized.nodes; --nodes) {
      Need gang = sized;
      gang.nodes = nodes;
      const auto wanted = static_cast<std::size_t>(nodes) * static_cast<std::size_t>(tasks);
      const auto free = free_.find(pool, gang, partition, wanted, fabric);
      if (free.size() < static_cast<std::size_t>(nodes)) {
        nodes = std::min(nodes, static_cast<int>(free.size()) + 1);
        continue;
      }
      enough_nodes = true;
      auto placement = place(pool, gang, free, fabric, tasks, last);
      if (!placement) continue;
      if (!search.found || is_better(*placement, *search.found))
        search.found = std::move(placement);
      break;
    }
  }
  if (!enough_nodes) return tell(search, Hindrance::kNoNodes, "no free nodes in pool " + pool.name);
  if (!last.why.empty()) tell(search, last.hindrance, last.why);
}

std::string Placer::misfit_of(const Pool& pool,
                              const Need& sized,
                              const std::string& partition) const {
  auto why = misfit(sized, pool.shape);
  return why.empty() ? free_.misfit(pool, sized, partition) : why;
}

Placer::Known& Placer::know(const Need& need, const std::string& partition) {
  const auto [entry, is_new] = known_.try_emplace(signature_of(need, partition));
  auto& known = entry->second;
  if (!is_new) return known;
  for (const auto& pool : config_.pools) {
    const auto why = misfit_of(pool, sized_for(need, pool.shape), partition);
    if (why.empty()) {
      known.pools.push_back(&pool);
    } else {
      known.misfit += (known.misfit.empty() ? "pool " : "; pool ") + pool.name + ": " + why;
    }
  }
  if (!known.pools.empty()) known.misfit.clear();
  return known;
}

const std::string& Placer::find_misfit(const Need& need, const std::string& partition) {
  return know(need, partition).misfit;
}

Search Placer::find(const Need& need, const std::string& partition, int tasks) {
  auto& known = know(need, partition);
  if (known.hopeless) return *known.hopeless;
  Search search;
  search.why = known.misfit;
  for (const auto* pool : known.pools)
    search_pool(*pool, sized_for(need, pool->shape), partition, tasks, search, std::nullopt);
  if (search.found) {
    search.found->instead = tell_instead(need, known.pools, &*search.found);
    return search;
  }
  search.instead = tell_instead(need, known.pools, nullptr);
  known.hopeless = search;
  return search;
}

std::optional<Placement> Placer::find_more(const Permission& permission,
                                           const Need& need,
                                           const std::string& partition,
                                           int tasks) const {
  const auto& pool = *config_.find_pool(permission.pool);
  const auto sized = sized_for(need, pool.shape);
  const bool may_differ = needs_one_fabric(sized) && !permission.fabric;
  if (may_differ || !misfit_of(pool, sized, partition).empty()) return std::nullopt;
  Search search;
  search_pool(pool, sized, partition, tasks, search, permission.fabric);
  return std::move(search.found);
}

void Placer::take(const Placement& placement) {
  free_.take(*placement.pool, placement.nodes);
  for (const auto& [offer, machines] : placement.rented)
    promises_.add(offer, machines);
}

}  // namespace spillway
