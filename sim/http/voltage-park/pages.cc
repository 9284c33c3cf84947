// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/voltage-park/pages.h"

#include <cstdint>
#include <limits>
#include <string>

#include "lib/text.h"
#include "sim/http/voltage-park/errors.h"

namespace spillway::voltage_park_api {
namespace {

constexpr std::int64_t kLongestPage = 15;
constexpr std::int64_t kUnlimited = std::numeric_limits<std::int32_t>::max();

struct Bounds {
  std::int64_t least = 0;
  std::int64_t most = 0;
};

std::int64_t read_number(Mistakes& mistakes,
                         const ApiRequest& request,
                         const char* key,
                         std::int64_t fallback,
                         Bounds bounds) {
  const auto given = request.query.find(key);
  if (given == request.query.end()) return fallback;
  const std::string& text = given->second;
  const bool negative = text.rfind('-', 0) == 0;
  const auto number = parse_whole_number(negative ? text.substr(1) : text, kUnlimited);
  const std::vector<Json> place{Json::of("query"), Json::of(key)};
  if (!number) {
    mistakes.add(place, "value is not a valid integer", "type_error.integer");
  } else if (negative || *number < bounds.least) {
    mistakes.add(place,
                 "ensure this value is greater than or equal to " + std::to_string(bounds.least),
                 "value_error.number.not_ge");
  } else if (*number > bounds.most) {
    mistakes.add(place,
                 "ensure this value is less than or equal to " + std::to_string(bounds.most),
                 "value_error.number.not_le");
  } else {
    return *number;
  }
  return fallback;
}

}  // namespace

ApiAnswer page_of(const Json& items, const ApiRequest& request, int usual) {
  Mistakes mistakes;
  const auto limit = read_number(mistakes, request, "limit", usual, {1, kLongestPage});
  const auto offset = read_number(mistakes, request, "offset", 0, {0, kUnlimited});
  if (!mistakes.none()) return mistakes.answer();
  const auto total = static_cast<std::int64_t>(items.size());
  Json results = Json::array();
  for (std::int64_t i = offset; i < total && i < offset + limit; ++i)
    results.append(items.at(static_cast<std::size_t>(i)));
  return json_answer(200,
                     Json::object()
                         .set("results", results)
                         .set("total_result_count", total)
                         .set("has_previous", offset > 0)
                         .set("has_next", offset + limit < total));
}

}  // namespace spillway::voltage_park_api
