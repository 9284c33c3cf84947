// SPDX-License-Identifier: GPL-2.0-or-later
//
// A list is whole although rows come and go while it is read.
#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <utility>

#include "providers/voltage-park/request.h"
#include "providers/voltage-park/whole_list.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

using Rows = std::vector<std::string>;

Rows make_rows(int count, int from = 1) {
  Rows rows;
  for (int i = 0; i < count; ++i)
    rows.push_back("r" + std::to_string(from + i));
  return rows;
}

// A list of the cloud's, and what becomes of it after each page.
struct Cloud {
  explicit Cloud(Rows all) : rows(std::move(all)) {}
  Rows rows;
  std::function<void(Cloud&)> after_page = [](Cloud&) {};
  std::vector<std::size_t> asked;
  bool tells_total = true;

  Result<VoltageParkPage> page(std::size_t offset) {
    asked.push_back(offset);
    VoltageParkPage page;
    for (std::size_t i = offset; i < rows.size() && i < offset + kVoltageParkPageRows; ++i)
      page.rows.push_back(Json::object().set("id", rows[i]));
    page.has_next = offset + kVoltageParkPageRows < rows.size();
    if (tells_total) page.total = static_cast<std::int64_t>(rows.size());
    after_page(*this);
    return page;
  }
};

struct Outcome {
  Status status;
  Rows taken;
};

Outcome read_all(Cloud& cloud) {
  Outcome outcome;
  outcome.status = read_whole_list(
      "list",
      [&](std::size_t offset) { return cloud.page(offset); },
      [&](const Json& row) -> Status {
        outcome.taken.push_back(*row.string("id"));
        return {};
      });
  return outcome;
}

void assert_error(const Status& status, ErrorCode code, const char* words) {
  if (status) fail_msg("no error: %s", words);
  if (status.error().code != code) fail_msg("%s", error_code_name(status.error().code));
  if (status.error().message.find(words) == std::string::npos) {
    fail_msg("%s", status.error().message.c_str());
  }
}

void list_of_one_page_is_one_call(void**) {
  for (const int count : {0, 1, 14, 15}) {
    Cloud cloud{make_rows(count)};
    const auto outcome = read_all(cloud);
    assert_true(bool(outcome.status));
    assert_true(outcome.taken == make_rows(count));
    assert_int_equal(cloud.asked.size(), 1);
  }
}

void next_page_begins_with_the_last_row_of_the_page_before(void**) {
  Cloud cloud{make_rows(31)};
  const auto outcome = read_all(cloud);
  assert_true(bool(outcome.status));
  assert_true(outcome.taken == make_rows(31));
  assert_true(cloud.asked == (std::vector<std::size_t>{0, 14, 28}));
}

// What the next page would begin with is now on the page that was read already.
void row_that_slides_over_a_pages_end_is_not_missed(void**) {
  for (const int leaving : {1, 2, 14, 15}) {
    Cloud cloud{make_rows(45)};
    cloud.after_page = [&](Cloud& it) {
      if (it.asked.size() == 1) it.rows.erase(it.rows.begin(), it.rows.begin() + leaving);
    };
    const auto outcome = read_all(cloud);
    if (!outcome.status) fail_msg("%s", outcome.status.error().message.c_str());
    if (outcome.taken != make_rows(45)) fail_msg("%d leave: a row is missed", leaving);
  }
}

void row_that_leaves_while_another_comes_hides_none(void**) {
  Cloud cloud{make_rows(30)};
  cloud.after_page = [](Cloud& it) {
    if (it.asked.size() != 1) return;
    it.rows.erase(it.rows.begin(), it.rows.begin() + 2);
    it.rows.emplace_back("new1");
    it.rows.emplace_back("new2");
  };
  const auto outcome = read_all(cloud);
  assert_true(bool(outcome.status));
  assert_int_equal(outcome.taken.size(), 32);
}

void rows_that_come_first_are_no_reason_to_take_others_twice(void**) {
  Cloud cloud{make_rows(30)};
  cloud.after_page = [](Cloud& it) {
    if (it.asked.size() != 1) return;
    const auto fresh = make_rows(20, 100);
    it.rows.insert(it.rows.begin(), fresh.begin(), fresh.end());
  };
  const auto outcome = read_all(cloud);
  assert_true(bool(outcome.status));
  for (const auto& row : make_rows(30)) {
    if (std::count(outcome.taken.begin(), outcome.taken.end(), row) != 1)
      fail_msg("%s", row.c_str());
  }
}

void list_that_becomes_empty_is_what_was_read(void**) {
  Cloud cloud{make_rows(40)};
  cloud.after_page = [](Cloud& it) { it.rows.clear(); };
  const auto outcome = read_all(cloud);
  assert_true(bool(outcome.status));
  assert_true(outcome.taken == make_rows(15));
}

// Lets rows come and go at random; those that go are no longer in `staying`.
void change(Cloud& cloud, std::mt19937& random, std::set<std::string>& staying) {
  for (auto changes = random() % 6; changes > 0 && !cloud.rows.empty(); --changes) {
    const auto at = cloud.rows.begin() + static_cast<std::ptrdiff_t>(random() % cloud.rows.size());
    if (random() % 3 == 0) {
      cloud.rows.insert(at, "f" + std::to_string(random()));
    } else {
      staying.erase(*at);
      cloud.rows.erase(at);
    }
  }
}

// What is wrong with the list of one random cloud; empty when nothing is.
std::string find_fault(unsigned seed) {
  std::mt19937 random(seed);
  Cloud cloud{make_rows(100 + static_cast<int>(random() % 60))};
  std::set<std::string> staying(cloud.rows.begin(), cloud.rows.end());
  cloud.after_page = [&](Cloud& it) { change(it, random, staying); };
  const auto outcome = read_all(cloud);
  if (!outcome.status) return outcome.status.error().message;
  const std::set<std::string> taken(outcome.taken.begin(), outcome.taken.end());
  if (taken.size() != outcome.taken.size()) return "a row is taken twice";
  const bool is_whole = std::includes(taken.begin(), taken.end(), staying.begin(), staying.end());
  return is_whole ? "" : "a row is missed";
}

// As long as rows keep their order, those that were there all the time are read.
void rows_that_stay_are_never_missed(void**) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    const auto fault = find_fault(seed);
    if (!fault.empty()) fail_msg("seed %u: %s", seed, fault.c_str());
  }
}

void list_that_is_shorter_than_it_says_is_not_whole(void**) {
  const auto short_page = [](std::size_t) -> Result<VoltageParkPage> {
    return VoltageParkPage{{Json::object().set("id", "a")}, false, 2};
  };
  const auto status = read_whole_list("list", short_page, [](const Json&) -> Status { return {}; });
  assert_error(status, ErrorCode::kProtocol, "list ends before all its rows are told");
}

void count_that_is_not_told_is_not_held_against_the_list(void**) {
  Cloud cloud{make_rows(20)};
  cloud.tells_total = false;
  assert_true(bool(read_all(cloud).status));
}

void list_without_an_end_is_an_error(void**) {
  int next = 0;
  const auto endless = [&](std::size_t) -> Result<VoltageParkPage> {
    VoltageParkPage page;
    page.rows.push_back(Json::object().set("id", "r" + std::to_string(next)));
    page.rows.push_back(Json::object().set("id", "r" + std::to_string(++next)));
    page.has_next = true;
    return page;
  };
  const auto take = [](const Json&) -> Status { return {}; };
  assert_error(read_whole_list("list", endless, take), ErrorCode::kProtocol, "no last page");
  const auto single = [](std::size_t) -> Result<VoltageParkPage> {
    return VoltageParkPage{{Json::object().set("id", "a")}, true, 9};
  };
  assert_error(read_whole_list("list", single, take), ErrorCode::kProtocol, "no last page");
}

void row_without_an_id_is_an_error(void**) {
  for (const auto& row :
       {Json::object(), Json::null(), Json::of(7), Json::object().set("id", "")}) {
    const auto status = read_whole_list(
        "list",
        [&](std::size_t) -> Result<VoltageParkPage> {
          return VoltageParkPage{{row}, false, 1};
        },
        [](const Json&) -> Status { return {}; });
    assert_error(status, ErrorCode::kProtocol, "no id");
  }
}

void first_error_ends_the_list(void**) {
  const Error error{ErrorCode::kRateLimited, "slow down", std::nullopt};
  const auto asked = read_whole_list(
      "list",
      [&](std::size_t) -> Result<VoltageParkPage> { return error; },
      [](const Json&) -> Status { return {}; });
  assert_error(asked, ErrorCode::kRateLimited, "slow down");
  Cloud cloud{make_rows(20)};
  const auto taken = read_whole_list(
      "list",
      [&](std::size_t offset) { return cloud.page(offset); },
      [&](const Json&) -> Status { return error; });
  assert_error(taken, ErrorCode::kRateLimited, "slow down");
  assert_int_equal(cloud.asked.size(), 1);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(list_of_one_page_is_one_call),
      cmocka_unit_test(next_page_begins_with_the_last_row_of_the_page_before),
      cmocka_unit_test(row_that_slides_over_a_pages_end_is_not_missed),
      cmocka_unit_test(row_that_leaves_while_another_comes_hides_none),
      cmocka_unit_test(rows_that_come_first_are_no_reason_to_take_others_twice),
      cmocka_unit_test(list_that_becomes_empty_is_what_was_read),
      cmocka_unit_test(rows_that_stay_are_never_missed),
      cmocka_unit_test(list_that_is_shorter_than_it_says_is_not_whole),
      cmocka_unit_test(count_that_is_not_told_is_not_held_against_the_list),
      cmocka_unit_test(list_without_an_end_is_an_error),
      cmocka_unit_test(row_without_an_id_is_an_error),
      cmocka_unit_test(first_error_ends_the_list),
  };
  return cmocka_run_group_tests_name("providers.voltage_park_whole_list", tests, nullptr, nullptr);
}
