// SPDX-License-Identifier: GPL-2.0-or-later
//
// What holds of permissions in every world.
#include <algorithm>
#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <tuple>

#include "core/hostlist.h"
#include "core/ranking.h"
#include "lib/text.h"
#include "tests/support/cmocka.h"
#include "tests/support/every_world.h"
#include "tests/support/naive_choice.h"
#include "tests/support/random_world.h"

using namespace spillway;
using std::chrono::seconds;

namespace {

Plan turn(SmallWorld& world) {
  return world.turn(seconds(0));
}

// Plays two turns, with new jobs before the second, and looks for a breach after each.
std::string play_two_turns(Dice& dice,
                           const std::function<std::string(const SmallWorld&, const Plan&)>& look) {
  auto world = make_random_world(dice, dice.from_to(1, 12));
  auto breach = look(world, turn(world));
  if (!breach.empty()) return breach;
  for (std::uint32_t id = 101; id < 104; ++id)
    add_random_job(world, dice, id);
  return look(world, world.turn(seconds(1)));
}

const Verdict* find_verdict(const Plan& plan, std::uint32_t job) {
  const auto found = std::find_if(plan.verdicts.begin(),
                                  plan.verdicts.end(),
                                  [&](const auto& verdict) { return verdict.job == job; });
  return found == plan.verdicts.end() ? nullptr : &*found;
}

std::string of_job(std::uint32_t job, const std::string& what) {
  return "job " + std::to_string(job) + ": " + what;
}

// Nodes

std::string find_bad_node(const SmallWorld& world, const Permission& permission) {
  const auto& job = world.slurm.jobs.at(permission.job);
  const auto& members = world.slurm.partitions.at(job.partitions.front()).nodes;
  for (const auto& name : permission.nodes) {
    const auto* pool = world.config.find_pool_of(name);
    if (pool == nullptr || pool->name != permission.pool) return name + " is not of the pool";
    if (std::find(members.begin(), members.end(), name) == members.end()) {
      return name + " is not in the partition";
    }
    if (name == job.excluded_nodes) return name + " is excluded";
    const auto& node = world.slurm.nodes.at(name);
    if (node.draining || node.base != NodeBase::kIdle) return name + " is not to be had";
  }
  return "";
}

std::string find_shared_or_bad_node(const SmallWorld& world, const Plan& plan) {
  std::set<std::string> given;
  for (const auto& [id, permission] : world.books.permissions) {
    auto bad = find_bad_node(world, permission);
    if (!bad.empty()) return of_job(id, bad);
    const auto& job = world.slurm.jobs.at(id);
    const auto tasks = std::max<std::size_t>(1, job.array_tasks);
    const auto most = std::max(job.nodes_max, job.nodes_min);
    if (permission.nodes.size() < job.nodes_min) return of_job(id, "has too few nodes");
    if (job.nodes_max != 0 && permission.nodes.size() > most * tasks) {
      return of_job(id, "has too many nodes");
    }
    for (const auto& node : permission.nodes) {
      if (!given.insert(node).second) return of_job(id, "shares " + node);
    }
  }
  std::size_t told = 0;
  for (const auto& set : plan.decisions.sets)
    told += parse_hostlist(set.nodes)->size();
  return told == given.size() ? "" : "the plugin is told of other nodes";
}

// Stock and caps

struct Promised {
  int machines = 0;                        // of ours and promised ones
  Money per_hour;                          // at least
  std::map<std::string, int> machines_at;  // at least: arrays may go on elsewhere
  std::map<OfferId, int> of_offer;         // new ones, at least
  std::map<std::string, int> behind_pool;  // new ones
  bool any_new = false;
};

int count_missing(const SmallWorld& world, const Permission& permission) {
  return static_cast<int>(std::count_if(permission.nodes.begin(),
                                        permission.nodes.end(),
                                        [&](const auto& node) { return !world.machine_on(node); }));
}

Promised count_promised(const SmallWorld& world, const Plan& plan) {
  Promised promised;
  for (const auto& [id, machine] : world.books.machines) {
    const auto& lease = world.books.leases.at(machine.lease);
    ++promised.machines;
    ++promised.machines_at[lease.offer.provider];
    promised.per_hour += lease.price_per_hour;
  }
  for (const auto& [id, permission] : world.books.permissions) {
    const int missing = count_missing(world, permission);
    if (missing == 0) continue;
    promised.any_new = promised.any_new || permission.since == world.now;
    promised.machines += missing;
    promised.behind_pool[permission.pool] += missing;
    const auto& plan_of_job = find_verdict(plan, id)->plan;
    promised.per_hour += plan_of_job->per_hour;
    promised.machines_at[plan_of_job->offer.provider] += plan_of_job->machines;
    promised.of_offer[plan_of_job->offer] += plan_of_job->machines;
  }
  return promised;
}

std::string find_oversold(const SmallWorld& world, const Promised& promised) {
  for (const auto& [provider, view] : world.providers) {
    for (const auto& offer : view.offers) {
      const auto found = promised.of_offer.find(offer.id);
      if (found != promised.of_offer.end() && offer.stock && found->second > *offer.stock) {
        return format_offer_id(offer.id) + " is promised too often";
      }
    }
  }
  for (const auto& [pool, machines] : promised.behind_pool) {
    const auto stock = naive_stock_behind(world, *world.config.find_pool(pool));
    if (stock && machines > *stock) return "behind " + pool + " there are not so many machines";
  }
  return "";
}

std::string find_broken_cap(const SmallWorld& world, const Plan& plan) {
  const auto promised = count_promised(world, plan);
  if (!promised.any_new) return "";  // what stands, stands: caps may have been there before
  const auto& limits = world.config.policy.limits;
  if (limits.machines && promised.machines > *limits.machines) return "more machines than the cap";
  if (limits.spend_per_hour && promised.per_hour > *limits.spend_per_hour) {
    return format_money(promised.per_hour) + " $/h is over the cap";
  }
  for (const auto& [offer, machines] : promised.of_offer) {
    if (offer.provider.empty()) return "machines of no offer are promised";
    const auto& most = world.config.find_provider(offer.provider)->max_machines;
    if (most && promised.machines_at.at(offer.provider) > *most) {
      return offer.provider + " is over its cap";
    }
  }
  return find_oversold(world, promised);
}

// Fabrics

std::string find_straddling_gang(const SmallWorld& world, const Plan&) {
  for (const auto& [id, permission] : world.books.permissions) {
    const auto& job = world.slurm.jobs.at(id);
    const auto& pool = *world.config.find_pool(permission.pool);
    const int nodes = static_cast<int>(permission.nodes.size());
    const int gang = job.array_tasks > 0 ? naive_nodes(job, pool.shape) : nodes;
    if (!naive_needs_infiniband(world.config, job, pool.shape)) continue;
    if (!pool.shape.infiniband) return of_job(id, "has no InfiniBand");
    std::set<OfferId> fabrics;
    if (permission.fabric) fabrics.insert(*permission.fabric);
    for (const auto& node : permission.nodes) {
      const auto* machine = world.machine_on(node);
      if (machine != nullptr) fabrics.insert(world.books.leases.at(machine->lease).offer);
    }
    const bool is_bound = permission.fabric || count_missing(world, permission) == gang;
    if (gang > 1 && (fabrics.size() > 1 || !is_bound)) return of_job(id, "straddles fabrics");
  }
  return "";
}

// Choice: judged while nothing is promised to others.

std::string find_passed_over(const SmallWorld& world, const Plan& plan) {
  for (const auto& verdict : plan.verdicts) {
    const bool is_permitted = verdict.standing == Standing::kPermitted;
    const bool found_none = verdict.standing == Standing::kHeldBack ||
                            verdict.sentence.find("no pool fits") != std::string::npos;
    const auto& job = world.slurm.jobs.at(verdict.job);
    const bool is_plain =
        job.array_tasks == 0 && (job.nodes_max == 0 || job.nodes_max == job.nodes_min);
    if (is_plain && (is_permitted || found_none)) {
      const auto best = find_naive_choice(world, job);
      if (best.has_value() != is_permitted) {
        return of_job(job.id, verdict.sentence + ", and the naive one: " + (best ? "yes" : "no"));
      }
      if (best && !is_same_choice(*best, verdict)) {
        return of_job(job.id, verdict.sentence + ", and the naive one: " + tell_choice(*best));
      }
    }
    if (is_permitted) return "";
  }
  return "";
}

// Plans

std::string tell_plan(const Plan& plan, bool with_instead) {
  std::string text = format_decisions(plan.decisions);
  for (const auto& verdict : plan.verdicts) {
    // What is not there is told in the sentence of who finds nothing, too.
    const bool is_told = with_instead || verdict.standing != Standing::kHeldBack;
    text += std::to_string(verdict.job) + " " + standing_name(verdict.standing) + " " +
            (is_told ? verdict.sentence : "") + " " + verdict.rule + " " + verdict.partition + " " +
            verdict.change + "\n";
    if (verdict.not_before) text += format_time(*verdict.not_before) + "\n";
    if (verdict.plan) {
      text += verdict.plan->pool + " " + format_offer_id(verdict.plan->offer) + " " +
              std::to_string(verdict.plan->nodes) + " " + std::to_string(verdict.plan->machines) +
              " " + format_money(verdict.plan->per_hour) + " " +
              format_money(verdict.plan->at_most.value_or(Money{})) + "\n";
    }
    if (with_instead) text += join(verdict.instead, "\n");
  }
  for (const auto& order : plan.orders)
    text += "order " + order.provider + " " + format_offer_id(order.offer) + " " +
            std::to_string(order.machines.size()) + " " + format_mark(order.mark) + "\n";
  for (const auto& release : plan.releases)
    text += "release " + release.provider + " " + join(release.ids, ",") + "\n";
  for (const auto& change : plan.addresses)
    text += "address " + change.node + " " + change.address + "\n";
  for (const auto& back : plan.send_backs)
    text += "back " + join(back.nodes, ",") + " " + back.reason + "\n";
  for (const auto& change : plan.comments)
    if (with_instead) text += "comment " + std::to_string(change.job) + " " + change.comment + "\n";
  return text + "resume " + join(plan.resumes, ",") + "\nkeep " + join(plan.keeps, ",") + "\n";
}

// An offer that looks best and cannot be had.
void add_useless_offer(SmallWorld& world, Dice& dice) {
  auto offer = make_random_offer(world, dice);
  auto& policy = world.config.policy;
  offer.price_per_hour = Money::from_cents(1);
  offer.price_source = PriceSource::kLive;
  offer.stock.reset();
  const int why = dice.from_to(1, 4);
  if (why == 1) offer.stock = 0;
  if (why == 2) offer.price_per_hour.reset();
  if (why == 3) {
    world.books.cooldowns[offer.id] = {offer.id, 1, world.now + seconds(60), "none left"};
  }
  if (why == 4) {
    if (!policy.max_price_per_gpu_hour) offer.stock = 0;
    offer.price_per_hour = Money::from_cents(100'000);
  }
  auto& offers = world.providers.at(offer.id.provider).offers;
  offers.insert(offers.begin() + dice.from_to(0, static_cast<int>(offers.size())), offer);
}

bool wins(const Plan& plan, const OfferId& offer) {
  return std::any_of(plan.verdicts.begin(), plan.verdicts.end(), [&](const auto& verdict) {
    return verdict.plan && verdict.plan->offer == offer;
  });
}

}  // namespace

static void no_node_is_given_twice_or_where_it_must_not_be(void**) {
  hold_everywhere([](Dice& dice) { return play_two_turns(dice, find_shared_or_bad_node); });
}

static void no_cap_is_passed_and_no_stock_is_sold_twice(void**) {
  hold_everywhere([](Dice& dice) { return play_two_turns(dice, find_broken_cap); });
}

static void no_gang_that_needs_infiniband_straddles_fabrics(void**) {
  hold_everywhere([](Dice& dice) { return play_two_turns(dice, find_straddling_gang); });
}

static void the_cheapest_that_is_to_be_had_is_never_passed_over(void**) {
  hold_everywhere(
      [](Dice& dice) {
        auto world = make_random_world(dice, dice.from_to(1, 4));
        return find_passed_over(world, turn(world));
      },
      600);
}

static void equal_worlds_have_equal_plans(void**) {
  hold_everywhere([](Dice& dice) {
    auto one = make_random_world(dice, dice.from_to(1, 12));
    auto other = one;
    for (int turns = 0; turns < 2; ++turns) {
      const auto plan = tell_plan(one.turn(), true);
      const auto same = tell_plan(other.turn(), true);
      if (plan != same) return plan + "is not\n" + same;
    }
    return std::string();
  });
}

static void the_order_of_the_offers_does_not_matter(void**) {
  hold_everywhere([](Dice& dice) {
    auto one = make_random_world(dice, dice.from_to(1, 12));
    auto other = one;
    for (auto& [name, view] : other.providers)
      std::reverse(view.offers.begin(), view.offers.end());
    const auto plan = tell_plan(turn(one), false);
    const auto same = tell_plan(turn(other), false);
    return plan == same ? "" : plan + "is not\n" + same;
  });
}

static void what_stands_is_told_as_it_was_given(void**) {
  hold_everywhere([](Dice& dice) {
    auto world = make_random_world(dice, dice.from_to(1, 12));
    const auto plan = turn(world);
    const auto later = turn(world);
    for (const auto& verdict : plan.verdicts) {
      if (verdict.standing != Standing::kPermitted) continue;
      const auto* again = find_verdict(later, verdict.job);
      if (again == nullptr || *again != verdict) {
        return of_job(verdict.job, verdict.sentence + ", and a turn later: ") +
               (again == nullptr ? "" : again->sentence);
      }
    }
    return std::string();
  });
}

static void an_offer_that_cannot_be_had_changes_nothing(void**) {
  hold_everywhere([](Dice& dice) {
    auto without = make_random_world(dice, dice.from_to(1, 12));
    auto with = without;
    add_useless_offer(with, dice);
    const auto plan = tell_plan(turn(without), false);
    const auto same = tell_plan(turn(with), false);
    return plan == same ? "" : plan + "is not\n" + same;
  });
}

static void a_higher_price_never_makes_an_offer_win(void**) {
  hold_everywhere([](Dice& dice) {
    auto world = make_random_world(dice, 1);
    auto& job = world.slurm.jobs.at(1);
    if (job.nodes_max != 0)
      job.nodes_max = job.nodes_min;  // a range might take fewer nodes instead
    auto copy = world;
    const auto plan = turn(copy);
    for (const auto& [provider, view] : world.providers) {
      for (std::size_t i = 0; i < view.offers.size(); ++i) {
        auto dearer = world;
        auto& offer = dearer.providers.at(provider).offers.at(i);
        if (!offer.price_per_hour || wins(plan, offer.id)) continue;
        offer.price_per_hour = *offer.price_per_hour * dice.from_to(2, 30);
        if (wins(turn(dearer), offer.id)) return format_offer_id(offer.id) + " wins when dearer";
      }
    }
    return std::string();
  });
}

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(no_node_is_given_twice_or_where_it_must_not_be),
                              cmocka_unit_test(no_cap_is_passed_and_no_stock_is_sold_twice),
                              cmocka_unit_test(no_gang_that_needs_infiniband_straddles_fabrics),
                              cmocka_unit_test(the_cheapest_that_is_to_be_had_is_never_passed_over),
                              cmocka_unit_test(equal_worlds_have_equal_plans),
                              cmocka_unit_test(the_order_of_the_offers_does_not_matter),
                              cmocka_unit_test(what_stands_is_told_as_it_was_given),
                              cmocka_unit_test(an_offer_that_cannot_be_had_changes_nothing),
                              cmocka_unit_test(a_higher_price_never_makes_an_offer_win)};
  return cmocka_run_group_tests_name("core.properties", tests, nullptr, nullptr);
}
