// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/hyperstack/paging.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

HyperstackPage make_page(int first, int last, std::optional<int> total) {
  HyperstackPage page;
  for (int id = first; id <= last; ++id)
    page.rows.push_back(Json::object().set("id", id));
  if (total) page.total = *total;
  return page;
}

void listing_ends_when_the_total_is_there(void**) {
  HyperstackListing listing;
  assert_true(listing.add(make_page(1, 100, 150)));
  assert_false(listing.add(make_page(101, 150, 150)));
  assert_true(bool(listing.check_whole()));
  assert_int_equal(listing.take_rows().size(), 150);
}

void short_pages_are_no_end(void**) {
  HyperstackListing listing;
  assert_true(listing.add(make_page(1, 10, 25)));
  assert_true(listing.add(make_page(11, 20, 25)));
  assert_false(listing.add(make_page(21, 25, 25)));
  assert_true(bool(listing.check_whole()));
}

// Should the total be that of one page: a full one is not taken for the last.
void full_page_is_no_end(void**) {
  HyperstackListing listing;
  assert_true(listing.add(make_page(1, 100, 100)));
  assert_false(listing.add(make_page(1, 0, 100)));
  assert_true(bool(listing.check_whole()));
  HyperstackListing other;
  assert_true(other.add(make_page(1, 100, 100)));
  assert_false(other.add(make_page(101, 150, 50)));
  assert_false(bool(other.check_whole()));
}

void listing_without_a_total_ends_when_nothing_new_comes(void**) {
  for (const auto& last : {make_page(1, 0, {}), make_page(1, 2, {})}) {
    HyperstackListing listing;
    assert_true(listing.add(make_page(1, 2, {})));
    assert_false(listing.add(last));
    assert_true(bool(listing.check_whole()));
    assert_int_equal(listing.take_rows().size(), 2);
  }
}

void rows_that_come_twice_are_listed_once(void**) {
  HyperstackListing listing;
  assert_true(listing.add(make_page(1, 10, 15)));
  assert_false(listing.add(make_page(8, 15, 15)));
  assert_true(bool(listing.check_whole()));
  assert_int_equal(listing.take_rows().size(), 15);
}

void rows_can_be_taken_page_by_page(void**) {
  HyperstackListing listing;
  assert_true(listing.add(make_page(1, 10, 15)));
  assert_int_equal(listing.take_rows().size(), 10);
  assert_false(listing.add(make_page(8, 15, 15)));
  const auto rows = listing.take_rows();
  assert_int_equal(rows.size(), 5);
  assert_true(rows.front().integer("id") == 11);
  assert_true(bool(listing.check_whole()));
}

void empty_list_is_whole(void**) {
  HyperstackListing listing;
  assert_false(listing.add(make_page(1, 0, 0)));
  assert_true(bool(listing.check_whole()));
  assert_true(listing.take_rows().empty());
}

void list_with_missing_rows_is_told(void**) {
  HyperstackListing listing;
  assert_true(listing.add(make_page(1, 100, 150)));
  assert_true(listing.add(make_page(102, 149, 150)));
  assert_false(listing.add(make_page(1, 0, 150)));
  const auto whole = listing.check_whole();
  assert_true(!whole && whole.error().code == ErrorCode::kTransient);
  assert_string_equal(whole.error().message.c_str(),
                      "the list changed while it was read: 148 of 150 rows");
}

void list_whose_total_changed_is_told(void**) {
  HyperstackListing listing;
  assert_true(listing.add(make_page(1, 100, 150)));
  assert_false(listing.add(make_page(101, 149, 149)));
  assert_false(bool(listing.check_whole()));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(listing_ends_when_the_total_is_there),
      cmocka_unit_test(short_pages_are_no_end),
      cmocka_unit_test(full_page_is_no_end),
      cmocka_unit_test(listing_without_a_total_ends_when_nothing_new_comes),
      cmocka_unit_test(rows_that_come_twice_are_listed_once),
      cmocka_unit_test(rows_can_be_taken_page_by_page),
      cmocka_unit_test(empty_list_is_whole),
      cmocka_unit_test(list_with_missing_rows_is_told),
      cmocka_unit_test(list_whose_total_changed_is_told),
  };
  return cmocka_run_group_tests_name("providers.hyperstack_paging", tests, nullptr, nullptr);
}
