// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/desk.h"

#include <memory>
#include <string>

#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

struct Fixture {
  Fixture() : inbox(*Inbox::open()) {}
  static void add_lease(Books& books, std::int64_t id, const std::string& outcome) {
    Lease lease;
    lease.id = id;
    lease.outcome = outcome;
    books.leases[id] = lease;
  }
  std::unique_ptr<Inbox> inbox;
  const JoinTokens tokens{Secret(std::string(64, 'a'))};
  Desk desk{*inbox, tokens};
};

}  // namespace

static void tokens_of_open_leases_are_recognized_and_no_others(void**) {
  Fixture fixture;
  const auto known = [&](std::int64_t lease) {
    return fixture.desk.recognizes(fixture.tokens.make(lease));
  };
  assert_false(known(1));
  Books books;
  Fixture::add_lease(books, 1, "");
  Fixture::add_lease(books, 2, "refused");
  fixture.desk.publish(books);
  assert_true(known(1));
  assert_false(known(2));
  assert_false(known(3));
  const JoinTokens others(Secret(std::string(64, 'b')));
  assert_false(fixture.desk.recognizes(others.make(1)));
  assert_false(fixture.desk.recognizes(Secret("")));
}

static void a_lease_that_has_ended_is_not_recognized_any_more(void**) {
  Fixture fixture;
  Books books;
  Fixture::add_lease(books, 1, "");
  fixture.desk.publish(books);
  assert_true(fixture.desk.recognizes(fixture.tokens.make(1)));
  Fixture::add_lease(books, 1, "done");
  Fixture::add_lease(books, 2, "");
  fixture.desk.publish(books);
  assert_false(fixture.desk.recognizes(fixture.tokens.make(1)));
  assert_true(fixture.desk.recognizes(fixture.tokens.make(2)));
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(tokens_of_open_leases_are_recognized_and_no_others),
      cmocka_unit_test(a_lease_that_has_ended_is_not_recognized_any_more),
  };
  return cmocka_run_group_tests_name("broker.desk", tests, nullptr, nullptr);
}
