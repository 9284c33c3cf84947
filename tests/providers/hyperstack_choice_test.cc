// SPDX-License-Identifier: GPL-2.0-or-later
#include <string>

#include "providers/hyperstack/choice.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

struct MatchCase {
  const char* name;
  const char* pattern;
};

constexpr MatchCase kMatching[] = {
    {"", ""},
    {"", "*"},
    {"abc", "abc"},
    {"abc", "*"},
    {"abc", "**"},
    {"abc", "a*"},
    {"abc", "*c"},
    {"abc", "a*c"},
    {"abc", "ab*c"},
    {"abc", "abc*"},
    {"abc", "*b*"},
    {"aab", "*ab"},
    {"abab", "*ab"},
    {"abcbd", "a*b*d"},
    {"a.b", "a.b"},
};

constexpr MatchCase kNotMatching[] = {
    {"abc", ""},
    {"", "a"},
    {"abc", "ab"},
    {"abc", "bc"},
    {"abc", "b*"},
    {"abc", "*b"},
    {"abc", "abc*c"},
    {"abc", "ab*bc"},
    {"abc", "a*b"},
    {"abc", "*d*"},
    {"abc", "a?c"},
    {"abc", "a.c"},
    {"abc", "a*c*b"},
    {"ab", "a*b*b"},
};

void patterns_match_whole_names(void**) {
  for (const auto& row : kMatching) {
    if (!matches_pattern(row.name, row.pattern)) fail_msg("\"%s\" %s", row.name, row.pattern);
  }
  for (const auto& row : kNotMatching) {
    if (matches_pattern(row.name, row.pattern)) fail_msg("\"%s\" %s", row.name, row.pattern);
  }
}

struct ImageCase {
  const char* pattern;
  std::vector<const char*> names;
  const char* chosen;
};

const std::vector<ImageCase> image_cases = {
    {"Ubuntu Server 24.04*CUDA*",
     {"Ubuntu Server 24.04 LTS R570 CUDA 12.8",
      "Ubuntu Server 24.04 LTS R570 CUDA 12.8 with Docker",
      "Ubuntu Server 22.04 LTS R590 CUDA 13.0",
      "Ubuntu Server 24.04 LTS (Noble Numbat)",
      "Ubuntu Server 24.04 LTS R535 CUDA 12.10 with Docker"},
     "Ubuntu Server 24.04 LTS R570 CUDA 12.8 with Docker"},
    {"ubuntu server 24.04 lts r570 cuda *",
     {"Ubuntu Server 24.04 LTS R570 CUDA 12.8", "Ubuntu Server 24.04 LTS R570 CUDA 12.10"},
     "Ubuntu Server 24.04 LTS R570 CUDA 12.10"},
    {"UBUNTU SERVER 24.04 LTS (NOBLE NUMBAT)",
     {"Ubuntu Server 24.04 LTS (Noble Numbat) 2", "Ubuntu Server 24.04 LTS (Noble Numbat)"},
     "Ubuntu Server 24.04 LTS (Noble Numbat)"},
    {"a*", {"a 9", "a 10", "a 2"}, "a 10"},
    {"a*", {"a 009", "a 10"}, "a 10"},
    {"a*", {"a 1.9.9", "a 1.10"}, "a 1.10"},
    {"a*", {"A 2", "a 1"}, "A 2"},
    {"a*", {"a", "a 1"}, "a 1"},
    {"a*", {"a1", "ab"}, "ab"},
    {"a*", {"a 99999999999999999999998", "a 99999999999999999999999"}, "a 99999999999999999999999"},
    {"a*", {"a 1", "a 1"}, "a 1"},
};

std::vector<HyperstackImage> make_images(const std::vector<const char*>& names) {
  std::vector<HyperstackImage> images;
  images.reserve(names.size());
  for (const char* name : names)
    images.push_back({name, "CANADA-1"});
  return images;
}

void newest_image_that_matches_is_chosen_whatever_the_order(void**) {
  for (const auto& row : image_cases) {
    auto names = row.names;
    for (int turn = 0; turn < 2; ++turn) {
      const auto image = choose_hyperstack_image(row.pattern, make_images(names));
      if (!image) fail_msg("%s: %s", row.pattern, image.error().message.c_str());
      if (*image != row.chosen) fail_msg("%s: %s", row.pattern, image->c_str());
      names = {names.rbegin(), names.rend()};
    }
  }
}

void pattern_that_matches_nothing_is_told_with_the_nearest(void**) {
  const auto image = choose_hyperstack_image(
      "Ubuntu Server 26.04*CUDA*",
      make_images({"Windows", "Debian", "Ubuntu Server 24.04 LTS", "ubuntu", "c", "d", "e"}));
  assert_true(!image && image.error().code == ErrorCode::kInvalid);
  assert_string_equal(image.error().message.c_str(),
                      "image: none is called Ubuntu Server 26.04*CUDA*: the nearest are "
                      "Ubuntu Server 24.04 LTS, ubuntu, Windows, Debian, c");
}

void no_pattern_matches_no_image(void**) {
  const auto image = choose_hyperstack_image("", make_images({"a"}));
  assert_true(!image && image.error().code == ErrorCode::kInvalid);
  assert_string_equal(image.error().message.c_str(),
                      "image: is not set, and Hyperstack starts no machine without one: "
                      "the nearest are a");
  const auto none = choose_hyperstack_image("a*", {});
  assert_true(!none && none.error().message.ends_with("there is none"));
}

const std::vector<HyperstackEnvironment> environments_there = {
    {3286, "default-NORWAY-1", "NORWAY-1"}, {3287, "fleet-ca1", "CANADA-1"}};

void environment_is_found_by_its_name(void**) {
  ProviderConfig config;
  config.environment = "fleet-ca1";
  const auto environment = choose_hyperstack_environment(config, environments_there);
  assert_true(environment && environment->id == 3287 && environment->region == "CANADA-1");
}

struct EnvironmentCase {
  const char* name;
  const char* message;
};

constexpr EnvironmentCase kWrongEnvironments[] = {
    {"fleet-ca2", "environment: Hyperstack knows no fleet-ca2: did you mean fleet-ca1?"},
    {"Fleet-ca1", "environment: Hyperstack knows no Fleet-ca1: did you mean fleet-ca1?"},
    {"lab", "environment: Hyperstack knows no lab: there is default-NORWAY-1, fleet-ca1"},
    {"",
     "environment: is not set, and every machine lives in one: there is default-NORWAY-1, "
     "fleet-ca1"},
};

void unknown_environment_is_told_with_those_there_are(void**) {
  ProviderConfig config;
  for (const auto& row : kWrongEnvironments) {
    config.environment = row.name;
    const auto environment = choose_hyperstack_environment(config, environments_there);
    if (environment || environment.error().code != ErrorCode::kInvalid) fail_msg("%s", row.name);
    assert_string_equal(environment.error().message.c_str(), row.message);
  }
  const auto none = choose_hyperstack_environment(config, {});
  assert_true(!none && none.error().message.ends_with("make one in Hyperstack's console and name "
                                                      "it here"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(patterns_match_whole_names),
      cmocka_unit_test(newest_image_that_matches_is_chosen_whatever_the_order),
      cmocka_unit_test(pattern_that_matches_nothing_is_told_with_the_nearest),
      cmocka_unit_test(no_pattern_matches_no_image),
      cmocka_unit_test(environment_is_found_by_its_name),
      cmocka_unit_test(unknown_environment_is_told_with_those_there_are),
  };
  return cmocka_run_group_tests_name("providers.hyperstack_choice", tests, nullptr, nullptr);
}
