// SPDX-License-Identifier: GPL-2.0-or-later
#include "ledger/ledger.h"

#include <sys/stat.h>

#include <tuple>

#include "tests/ledger/samples.h"
#include "tests/support/cmocka.h"
#include "tests/support/temporary_folder.h"

using namespace spillway;

namespace {

constexpr MachineState kAllStates[] = {
    MachineState::kWanted,
    MachineState::kOrdered,
    MachineState::kBooting,
    MachineState::kJoined,
    MachineState::kReady,
    MachineState::kReleasing,
    MachineState::kGone,
    MachineState::kRefused,
    MachineState::kFailed,
    MachineState::kLost,
};

auto fields(const Request& r) {
  return std::tie(r.id, r.kind, r.nodes, r.resume_file, r.received_at, r.done_at, r.outcome);
}

auto fields(const Lease& l) {
  return std::tie(l.id,
                  l.pool,
                  l.job,
                  l.offer,
                  l.price_per_hour,
                  l.billing.quantum,
                  l.billing.minimum,
                  l.boot_time,
                  l.calls,
                  l.created_at,
                  l.ended_at,
                  l.outcome);
}

auto fields(const Machine& m) {
  return std::tie(m.id,
                  m.lease,
                  m.node,
                  m.state,
                  m.state_since,
                  m.call,
                  m.provider_id,
                  m.address,
                  m.unwanted,
                  m.misses,
                  m.ordered_at,
                  m.not_before,
                  m.release_asked_at,
                  m.releases_asked,
                  m.billed_from,
                  m.billed_to,
                  m.reason);
}

auto fields(const Permission& p) {
  return std::tie(p.job, p.pool, p.nodes, p.since, p.fabric);
}

auto fields(const Cooldown& c) {
  return std::tie(c.offer, c.refusals, c.until, c.reason, c.failures, c.refused_at, c.needs_admin);
}

Machine full_machine() {
  Machine machine = sample_machine(1, 1, MachineState::kReleasing);
  machine.call = 2;
  machine.provider_id = "0920582c7ff041399e34823a0be62549";
  machine.address = "127.77.0.5";
  machine.unwanted = true;
  machine.misses = 4;
  machine.ordered_at = at(10);
  machine.not_before = at(0);
  machine.release_asked_at = at(-5);
  machine.releases_asked = 6;
  machine.billed_from = at(1'795'519'000'001);
  machine.billed_to = at(1'795'519'000'002);
  machine.reason = "the job ended";
  return machine;
}

void new_ledger_is_empty_private_and_has_a_tag(void**) {
  const TemporaryFolder folder;
  const std::string path = folder.file("ledger.db");
  const Books books = value_of(open_ledger(path)->load());
  assert_int_equal(books.ledger_tag.size(), 6);
  assert_int_equal(books.ledger_tag.find_first_not_of("0123456789abcdef"), std::string::npos);
  assert_int_equal(books.next_lease, 1);
  assert_int_equal(books.next_machine, 1);
  assert_true(books.requests.empty() && books.leases.empty() && books.machines.empty());
  assert_true(books.permissions.empty() && books.cooldowns.empty());
  struct stat facts {};
  assert_int_equal(::stat(path.c_str(), &facts), 0);
  assert_int_equal(facts.st_mode & 0777U, 0600);
}

void tag_stays_with_its_ledger(void**) {
  const TemporaryFolder folder;
  const std::string tag = value_of(open_ledger(folder.file("a"))->load()).ledger_tag;
  assert_string_equal(value_of(open_ledger(folder.file("a"))->load()).ledger_tag.c_str(),
                      tag.c_str());
  assert_string_not_equal(value_of(open_ledger(folder.file("b"))->load()).ledger_tag.c_str(),
                          tag.c_str());
}

void requests_are_kept_as_they_came(void**) {
  const TemporaryFolder folder;
  std::vector<Request> sent;
  for (const auto kind : {RequestKind::kResume, RequestKind::kSuspend, RequestKind::kResumeFail}) {
    sent.push_back(sample_request(kind));
    sent.back().id = value_of(open_ledger(folder.file("l"))->append_request(sent.back()));
  }
  const auto ledger = open_ledger(folder.file("l"));
  Request large = sample_request();
  large.resume_file.assign(3'000'000, 'x');
  large.id = value_of(ledger->append_request(large));
  const std::vector<Request> kept = value_of(ledger->open_requests());
  assert_int_equal(kept.size(), 4);
  assert_true(kept[0].id < kept[1].id && kept[1].id < kept[2].id && kept[2].id < kept[3].id);
  assert_true(fields(kept[0]) == fields(sent[0]));
  assert_true(kept[1].kind == RequestKind::kSuspend);
  assert_true(kept[2].kind == RequestKind::kResumeFail);
  assert_true(fields(kept[3]) == fields(large));
  assert_int_equal(value_of(ledger->open_requests(kept[1].id)).size(), 2);
  assert_int_equal(value_of(ledger->load()).requests.size(), 4);
}

void request_that_is_done_is_no_longer_open(void**) {
  const TemporaryFolder folder;
  const auto ledger = open_ledger(folder.file("l"));
  Request request = sample_request();
  request.id = value_of(ledger->append_request(request));
  const std::int64_t other = value_of(ledger->append_request(sample_request()));
  request.done_at = at(9'000);
  request.outcome = "ordered";
  Changes changes;
  changes.requests = {request};
  assert_done(ledger->commit(changes));
  const std::vector<Request> open = value_of(ledger->open_requests());
  assert_int_equal(open.size(), 1);
  assert_int_equal(open[0].id, other);
}

void books_survive_reopening_with_every_field(void**) {
  const TemporaryFolder folder;
  Changes changes;
  changes.leases = {sample_lease(1)};
  changes.machines = {full_machine(), sample_machine(2, 1, MachineState::kWanted)};
  changes.permissions = {{4'000'000'000, "h100", {"h100-001", "h100-002"}, at(5), kOffer},
                         {8, "h100", {}, at(6)}};
  changes.cooldowns = {{kOffer, 2, at(7), "insufficient-capacity"},
                       {{"lambda", "", "", ""}, 1, at(8), "HTTP 401", 2, at(6), true}};
  assert_done(open_ledger(folder.file("l"))->commit(changes));

  const Books books = value_of(open_ledger(folder.file("l"))->load());
  assert_int_equal(books.leases.size(), 1);
  assert_true(fields(books.leases.at(1)) == fields(changes.leases[0]));
  assert_int_equal(books.machines.size(), 2);
  assert_true(fields(books.machines.at(1)) == fields(changes.machines[0]));
  assert_true(fields(books.machines.at(2)) == fields(changes.machines[1]));
  assert_int_equal(books.permissions.size(), 2);
  for (const Permission& permission : changes.permissions) {
    assert_true(fields(books.permissions.at(permission.job)) == fields(permission));
  }
  assert_int_equal(books.cooldowns.size(), 2);
  for (const Cooldown& cooldown : changes.cooldowns) {
    if (fields(books.cooldowns.at(cooldown.offer)) != fields(cooldown)) {
      fail_msg("%s", format_offer_id(cooldown.offer).c_str());
    }
  }
}

void alerts_are_kept_replaced_and_dropped(void**) {
  const TemporaryFolder folder;
  const auto ledger = open_ledger(folder.file("l"));
  Changes changes;
  changes.alerts = {{"key_refused", "lambda", at(5), "refused", "mend it"},
                    {"will_not_end", "lambda/i-1", at(6), "still listed", "end it"}};
  assert_done(ledger->commit(changes));
  Changes later;
  later.alerts = {{"key_refused", "lambda", at(5), "still refused", "mend it now"}};
  later.dropped_alerts = {{"will_not_end", "lambda/i-1"}, {"key_refused", "unheard"}};
  assert_done(ledger->commit(later));
  const Books books = value_of(open_ledger(folder.file("l"))->load());
  assert_int_equal(books.alerts.size(), 1);
  const Alert& alert = books.alerts.at({"key_refused", "lambda"});
  assert_string_equal(alert.kind.c_str(), "key_refused");
  assert_string_equal(alert.subject.c_str(), "lambda");
  assert_true(alert.since == at(5));
  assert_string_equal(alert.text.c_str(), "still refused");
  assert_string_equal(alert.cure.c_str(), "mend it now");
}

void rows_are_replaced_by_their_id(void**) {
  const TemporaryFolder folder;
  const auto ledger = open_ledger(folder.file("l"));
  Changes changes;
  changes.leases = {sample_lease(1)};
  changes.machines = {sample_machine(1, 1, MachineState::kWanted)};
  changes.permissions = {{7, "h100", {"h100-001"}, at(5)}};
  changes.cooldowns = {{kOffer, 1, at(7), "first"}};
  assert_done(ledger->commit(changes));
  changes.leases[0].calls = 9;  // its machine refers to it
  changes.machines[0] = full_machine();
  changes.permissions[0].nodes = {"h100-009"};
  changes.cooldowns[0].refusals = 2;
  assert_done(ledger->commit(changes));
  const Books books = value_of(ledger->load());
  assert_int_equal(books.leases.size(), 1);
  assert_int_equal(books.leases.at(1).calls, 9);
  assert_int_equal(books.machines.size(), 1);
  assert_true(fields(books.machines.at(1)) == fields(full_machine()));
  assert_string_equal(books.permissions.at(7).nodes.at(0).c_str(), "h100-009");
  assert_int_equal(books.cooldowns.at(kOffer).refusals, 2);
}

void machines_of_ended_leases_stay_until_their_state_is_final(void**) {
  const TemporaryFolder folder;
  const auto ledger = open_ledger(folder.file("l"));
  Changes changes;
  changes.leases = {sample_lease(1), sample_lease(2)};
  changes.leases[1].ended_at = at(9'000);
  changes.leases[1].outcome = "released";
  std::int64_t id = 0;
  for (const MachineState state : kAllStates) {
    changes.machines.push_back(sample_machine(++id, 1, state));
    changes.machines.push_back(sample_machine(++id, 2, state));
  }
  assert_done(ledger->commit(changes));
  const Books books = value_of(ledger->load());
  assert_int_equal(books.leases.size(), 1);
  for (const Machine& machine : changes.machines) {
    const bool is_open = machine.lease == 1 || !facts_of(machine.state).is_final;
    if (books.machines.contains(machine.id) != is_open) {
      fail_msg("lease %d, state %s", static_cast<int>(machine.lease), facts_of(machine.state).name);
    }
  }
}

void orphan_without_a_lease_is_kept(void**) {
  const TemporaryFolder folder;
  Changes changes;
  changes.machines = {sample_machine(5, 0, MachineState::kReleasing)};
  changes.machines[0].node.clear();
  assert_done(open_ledger(folder.file("l"))->commit(changes));
  const Books books = value_of(open_ledger(folder.file("l"))->load());
  assert_int_equal(books.machines.size(), 1);
  assert_int_equal(books.machines.at(5).lease, 0);
}

void numbers_are_never_given_twice(void**) {
  const TemporaryFolder folder;
  Changes changes;
  changes.leases = {sample_lease(41)};
  changes.leases[0].ended_at = at(9'000);
  changes.machines = {sample_machine(17, 41, MachineState::kGone)};
  assert_done(open_ledger(folder.file("l"))->commit(changes));
  const Books books = value_of(open_ledger(folder.file("l"))->load());
  assert_true(books.leases.empty() && books.machines.empty());
  assert_int_equal(books.next_lease, 42);
  assert_int_equal(books.next_machine, 18);
}

void permissions_and_cooldowns_can_be_dropped(void**) {
  const TemporaryFolder folder;
  const auto ledger = open_ledger(folder.file("l"));
  const OfferId account{"lambda", "", "", ""};
  Changes first;
  first.permissions = {{7, "h100", {"a"}, at(5)}, {8, "h100", {"b"}, at(5)}};
  first.cooldowns = {{kOffer, 1, at(7), "x"}, {account, 1, at(7), "y"}};
  assert_done(ledger->commit(first));
  Changes second;
  second.dropped_permissions = {7, 8, 99};
  second.permissions = {{8, "h100", {"c"}, at(6)}};
  second.dropped_cooldowns = {kOffer};
  assert_done(ledger->commit(second));
  const Books books = value_of(ledger->load());
  assert_int_equal(books.permissions.size(), 1);
  assert_string_equal(books.permissions.at(8).nodes.at(0).c_str(), "c");
  assert_int_equal(books.cooldowns.size(), 1);
  assert_true(books.cooldowns.contains(account));
}

void settings_survive_reopening_with_every_field(void**) {
  const TemporaryFolder folder;
  const Setting kept{"policy.limits.machines", "80", "ada", at(1'000), at(9'000)};
  Changes changes;
  changes.settings = {kept, {"providers.lambda.max_machines", "none", "bob", at(2'000), {}}};
  assert_done(open_ledger(folder.file("l"))->commit(changes));
  const auto ledger = open_ledger(folder.file("l"), Ledger::Access::kReadOnly);
  const Settings settings = value_of(ledger->settings());
  assert_int_equal(settings.size(), 2);
  assert_true(settings.at(kept.name) == kept);
  assert_true(settings.at("providers.lambda.max_machines") == changes.settings[1]);
  assert_true(value_of(ledger->load()).settings == settings);
}

void setting_is_replaced_by_its_name_and_dropped_only_as_it_was(void**) {
  const TemporaryFolder folder;
  const auto broker = open_ledger(folder.file("l"));
  const auto admin = open_ledger(folder.file("l"));
  const Setting first{"policy.limits.machines", "80", "ada", at(1'000), at(2'000)};
  Setting second = first;
  second.value = "90";
  second.set_at = at(3'000);
  const auto set = [&](const Setting& setting) {
    Changes changes;
    changes.settings = {setting};
    assert_done(admin->commit(changes));
  };
  const auto drop = [&](const Setting& setting) {
    Changes changes;
    changes.dropped_settings = {setting};
    assert_done(broker->commit(changes));
  };
  set(first);
  set(second);  // just before the broker drops what it saw
  drop(first);
  assert_true(value_of(broker->settings()).at(first.name) == second);
  drop(second);
  assert_true(value_of(admin->settings()).empty());
}

void retries_are_kept_until_they_are_answered(void**) {
  const TemporaryFolder folder;
  const auto ledger = open_ledger(folder.file("l"));
  Changes changes;
  changes.retries = {{0, "lambda", "ada", at(1'000)}, {0, "lambda", "bob", at(2'000)}};
  assert_done(ledger->commit(changes));
  const auto retries = value_of(ledger->retries());
  assert_int_equal(retries.size(), 2);
  const Retry& last = retries.rbegin()->second;
  assert_true(last.provider == "lambda" && last.asked_by == "bob" && last.asked_at == at(2'000));
  assert_int_equal(value_of(ledger->load()).retries.size(), 2);
  Changes answered;
  answered.answered_retries = {retries.begin()->first, 99};
  assert_done(ledger->commit(answered));
  assert_int_equal(value_of(ledger->retries()).size(), 1);
  assert_true(value_of(ledger->retries()).begin()->first == last.id);
}

void events_are_told_in_order(void**) {
  const TemporaryFolder folder;
  const auto ledger = open_ledger(folder.file("l"));
  Changes changes;
  for (const char* text : {"one", "two", "three", "four"}) {
    changes.events.push_back(sample_event(text));
  }
  assert_done(ledger->commit(changes));
  const std::vector<Event> all = value_of(ledger->events(0, 100));
  assert_int_equal(all.size(), 4);
  assert_true(all[0].at == at(3'000) && all[0].kind == "order" && all[0].job == 7);
  assert_true(all[0].lease == 8 && all[0].node == "h100-[001-002]" && all[0].text == "one");
  assert_string_equal(all[0].details.c_str(), "{\"machines\":2}");
  const std::vector<Event> middle = value_of(ledger->events(all[0].id, 2));
  assert_int_equal(middle.size(), 2);
  assert_string_equal(middle[0].text.c_str(), "two");
  assert_string_equal(middle[1].text.c_str(), "three");
  const std::vector<Event> last = value_of(ledger->last_events(2));
  assert_int_equal(last.size(), 2);
  assert_string_equal(last[0].text.c_str(), "three");
  assert_string_equal(last[1].text.c_str(), "four");
  assert_int_equal(value_of(ledger->events(all[3].id, 100)).size(), 0);
}

void charges_are_those_that_billed_since(void**) {
  const TemporaryFolder folder;
  const auto ledger = open_ledger(folder.file("l"));
  struct Case {
    std::optional<TimePoint> from;
    std::optional<TimePoint> to;
  };
  const Case cases[] = {
      {std::nullopt, std::nullopt},  // 1: never billed
      {at(500), at(900)},            // 2: over before
      {at(500), at(1'000)},          // 3: ends at that moment
      {at(400), std::nullopt},       // 4: bills still
      {at(2'000), at(3'000)},        // 5: began later
  };
  Changes changes;
  changes.leases = {sample_lease(1)};
  for (const Case& c : cases) {
    const auto id = static_cast<std::int64_t>(changes.machines.size() + 1);
    changes.machines.push_back(sample_machine(id, 1, MachineState::kGone));
    changes.machines.back().billed_from = c.from;
    changes.machines.back().billed_to = c.to;
    changes.machines.back().provider_id = "i-" + std::to_string(id);
  }
  changes.leases[0].ended_at = at(9'000);
  assert_done(ledger->commit(changes));
  const std::vector<Charge> charges = value_of(ledger->charges(at(1'000)));
  assert_int_equal(charges.size(), 3);
  assert_int_equal(charges[0].machine, 4);
  assert_int_equal(charges[1].machine, 3);
  assert_int_equal(charges[2].machine, 5);
  const Charge& charge = charges[1];
  assert_true(charge.lease == 1 && charge.job == 4'000'000'000 && charge.node == "h100-003");
  assert_true(charge.offer == kOffer && charge.provider_id == "i-3");
  assert_true(charge.state == MachineState::kGone);
  assert_true(charge.billed_from == at(500) && charge.billed_to == at(1'000));
  assert_true(charge.price_per_hour == Money::from_cents(3192));
  assert_true(charge.billing.quantum == std::chrono::seconds(60));
  assert_true(charge.billing.minimum == std::chrono::seconds(3600));
}

void leases_are_found_by_id_also_ended_ones(void**) {
  const TemporaryFolder folder;
  const auto ledger = open_ledger(folder.file("l"));
  Changes changes;
  changes.leases = {sample_lease(1), sample_lease(2), sample_lease(3)};
  changes.leases[1].ended_at = at(9'000);
  changes.leases[1].outcome = "released";
  assert_done(ledger->commit(changes));
  const std::vector<Lease> found = value_of(ledger->leases({2, 99, 1}));
  assert_int_equal(found.size(), 2);
  assert_true(fields(found[0]) == fields(changes.leases[1]));
  assert_true(fields(found[1]) == fields(changes.leases[0]));
}

void one_leader_at_a_time(void**) {
  const TemporaryFolder folder;
  const auto first = open_ledger(folder.file("l"));
  const auto second = open_ledger(folder.file("l"));
  assert_false(value_of(first->leader()).has_value());
  assert_true(value_of(first->take_leadership("a:1:x", at(0), at(100))));
  assert_false(value_of(second->take_leadership("b:1:y", at(99), at(200))));
  assert_true(value_of(first->take_leadership("a:1:x", at(50), at(150))));
  const auto leader = value_of(second->leader());
  assert_true(leader && leader->holder == "a:1:x");
  assert_true(leader->since == at(0) && leader->until == at(150));
  assert_true(value_of(second->take_leadership("b:1:y", at(150), at(250))));
  assert_false(value_of(first->take_leadership("a:1:x", at(160), at(300))));
  assert_true(value_of(first->leader())->since == at(150));
}

Changes changes_under(const std::string& holder, std::int64_t until) {
  Changes changes;
  Event event;
  event.kind = "order";
  changes.events.push_back(event);
  changes.lead = Lead{holder, at(until)};
  return changes;
}

void a_commit_under_a_lead_renews_it(void**) {
  const TemporaryFolder folder;
  auto ledger = open_ledger(folder.file("l"));
  assert_true(value_of(ledger->take_leadership("a:1:x", at(0), at(100))));
  assert_done(ledger->commit(changes_under("a:1:x", 180)));
  assert_true(value_of(ledger->leader())->until == at(180));
  Changes nothing_else;
  nothing_else.lead = Lead{"a:1:x", at(260)};
  assert_done(ledger->commit(nothing_else));
  assert_true(value_of(ledger->leader())->until == at(260));
  assert_true(value_of(ledger->leader())->since == at(0));
  assert_int_equal(value_of(ledger->events(0, 10)).size(), 1);
}

// However long it stalled, and whatever became of its successor meanwhile.
void a_commit_under_a_lead_that_was_lost_writes_nothing(void**) {
  const TemporaryFolder folder;
  auto stalled = open_ledger(folder.file("l"));
  auto other = open_ledger(folder.file("l"));
  assert_true(value_of(stalled->take_leadership("a:1:x", at(0), at(100))));
  assert_true(value_of(other->take_leadership("b:1:y", at(100), at(200))));
  const auto expect_refused = [&] {
    const auto committed = stalled->commit(changes_under("a:1:x", 300));
    assert_true(!committed && committed.error().code == ErrorCode::kUnauthorized);
    assert_true(value_of(other->events(0, 10)).empty());
  };
  expect_refused();
  assert_true(value_of(other->leader())->until == at(200));
  assert_done(other->give_up_leadership("b:1:y"));
  expect_refused();
  assert_false(value_of(other->leader()).has_value());
}

void leadership_can_be_given_up_by_its_holder_only(void**) {
  const TemporaryFolder folder;
  const auto ledger = open_ledger(folder.file("l"));
  assert_true(value_of(ledger->take_leadership("a:1:x", at(0), at(100))));
  assert_done(ledger->give_up_leadership("b:1:y"));
  assert_false(value_of(ledger->take_leadership("b:1:y", at(1), at(100))));
  assert_done(ledger->give_up_leadership("a:1:x"));
  assert_false(value_of(ledger->leader()).has_value());
  assert_true(value_of(ledger->take_leadership("b:1:y", at(1), at(100))));
}

void reader_sees_what_a_writer_has_committed(void**) {
  const TemporaryFolder folder;
  const auto writer = open_ledger(folder.file("l"));
  const auto reader = open_ledger(folder.file("l"), Ledger::Access::kReadOnly);
  assert_int_equal(value_of(reader->last_events(5)).size(), 0);
  Changes changes;
  changes.events = {sample_event("news")};
  assert_done(writer->commit(changes));
  assert_int_equal(value_of(reader->last_events(5)).size(), 1);
  const Result<std::int64_t> written = reader->append_request(sample_request());
  assert_false(static_cast<bool>(written));
  assert_true(written.error().code == ErrorCode::kIo);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(new_ledger_is_empty_private_and_has_a_tag),
      cmocka_unit_test(tag_stays_with_its_ledger),
      cmocka_unit_test(requests_are_kept_as_they_came),
      cmocka_unit_test(request_that_is_done_is_no_longer_open),
      cmocka_unit_test(books_survive_reopening_with_every_field),
      cmocka_unit_test(alerts_are_kept_replaced_and_dropped),
      cmocka_unit_test(rows_are_replaced_by_their_id),
      cmocka_unit_test(machines_of_ended_leases_stay_until_their_state_is_final),
      cmocka_unit_test(orphan_without_a_lease_is_kept),
      cmocka_unit_test(numbers_are_never_given_twice),
      cmocka_unit_test(permissions_and_cooldowns_can_be_dropped),
      cmocka_unit_test(settings_survive_reopening_with_every_field),
      cmocka_unit_test(setting_is_replaced_by_its_name_and_dropped_only_as_it_was),
      cmocka_unit_test(retries_are_kept_until_they_are_answered),
      cmocka_unit_test(events_are_told_in_order),
      cmocka_unit_test(charges_are_those_that_billed_since),
      cmocka_unit_test(leases_are_found_by_id_also_ended_ones),
      cmocka_unit_test(one_leader_at_a_time),
      cmocka_unit_test(a_commit_under_a_lead_renews_it),
      cmocka_unit_test(a_commit_under_a_lead_that_was_lost_writes_nothing),
      cmocka_unit_test(leadership_can_be_given_up_by_its_holder_only),
      cmocka_unit_test(reader_sees_what_a_writer_has_committed),
  };
  return cmocka_run_group_tests_name("ledger.ledger", tests, nullptr, nullptr);
}
