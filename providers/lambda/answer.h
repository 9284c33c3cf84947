// SPDX-License-Identifier: GPL-2.0-or-later
//
// What Lambda answers, as values: pure. The only place that knows Lambda's errors and words.
// Source: Lambda Cloud API 1.10.0; docs/providers/lambda.md says what is certain and what guessed.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/http.h"
#include "lib/json.h"
#include "lib/money.h"
#include "lib/result.h"
#include "providers/provider.h"

namespace spillway {

// What was asked: the same refusal means another cure for another call.
enum class LambdaCall { kList, kLaunch, kTerminate };

struct LambdaPage {
  Json data;              // the payload
  std::string next_page;  // token of the next page; empty: this was the last
};

// One row of /instance-types. Numbers that are absent are 0, so that the type fits no pool.
struct LambdaType {
  std::string name;             // "gpu_8x_h100_sxm5"
  std::string gpu_description;  // "H100 (80 GB SXM5)"
  int gpus = 0;
  int cpus = 0;
  std::int64_t memory_mib = 0;
  std::optional<Money> price_per_hour;  // nothing for a price that is absent, zero or absurd
  std::vector<std::string> regions_with_capacity;
};

struct LambdaImage {
  std::string family;
  std::string region;
};

// Opens the envelope, or tells the refusal by its cure. For kTerminate kNotFound says that Lambda
// knows (at least) one of the ids not or no more. Messages carry Lambda's words, on one line.
[[nodiscard]] Result<LambdaPage> read_lambda_page(const HttpAnswer& answer, LambdaCall call);

// As read_lambda_page() for kList, of a list that may be long: its rows are given to `each`, one by
// one, and are not in the page. What `each` says ends the reading. Errors: those of
// read_lambda_page(), and of `each`.
[[nodiscard]] Result<LambdaPage> read_lambda_rows(const HttpAnswer& answer,
                                                  const std::function<Status(const Json&)>& each);

// The rest read a page's payload. Errors: kProtocol.
[[nodiscard]] Result<std::vector<LambdaType>> read_lambda_types(const Json& data);
// The names in a list of regions or SSH keys.
[[nodiscard]] Result<std::vector<std::string>> read_lambda_names(const Json& data);
[[nodiscard]] Result<std::vector<LambdaImage>> read_lambda_images(const Json& data);
// The instance, if its name, or its tag when it was renamed, is a mark of `cluster`. A row that
// cannot be read makes the whole list unreadable: a machine must not be overlooked.
[[nodiscard]] Result<std::optional<CloudMachine>> read_lambda_machine(const Json& row,
                                                                      const std::string& cluster);
// The id of the one machine that a launch made.
[[nodiscard]] Result<std::string> read_lambda_launched(const Json& data);
// The ids of the machines that are on their way out.
[[nodiscard]] Result<std::vector<std::string>> read_lambda_terminated(const Json& data);

// kUnknown for a word that is not documented.
[[nodiscard]] CloudState parse_lambda_status(std::string_view word);

}  // namespace spillway
