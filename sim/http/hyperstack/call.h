// SPDX-License-Identifier: GPL-2.0-or-later
//
// One call to Hyperstack's API: what the verbs are handed, and what they read from it. A verb is a
// function from the tenant's things and a call to an answer; each file of verbs has its table.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sim/http/api.h"
#include "sim/http/hyperstack/tenant.h"

namespace spillway::hyperstack_api {

struct Call {
  const ApiRequest& request;
  Json body;       // when it is an object, else absent
  std::string id;  // what the path has where its route has '*'

  [[nodiscard]] std::string query(const std::string& name) const;  // empty: not given
};

using Verb = ApiAnswer (*)(Tenant&, const Call&);

struct Route {
  const char* method;
  const char* path;  // as match_path() reads it
  Verb verb;
};

using Routes = std::vector<Route>;
using Refusal = std::optional<ApiAnswer>;

// {"status":true,"message":...}, to be added to.
[[nodiscard]] Json success(const std::string& message);

// What one page shows, and what the answer says of it. The first ten where the call asks for
// nothing; the answer's page and page_size are null then.
// Source: providers/hyperstack.md section 1 (documents: ten; recorded: null and null).
struct Page {
  std::optional<std::int64_t> number;
  std::optional<std::int64_t> size;

  [[nodiscard]] std::int64_t number_or_first() const { return number.value_or(1); }
  [[nodiscard]] std::int64_t size_or_usual() const { return size.value_or(10); }

  template <typename Item>
  [[nodiscard]] std::vector<Item> cut(const std::vector<Item>& all) const {
    const auto count = static_cast<std::int64_t>(all.size());
    const std::int64_t from = std::min(count, (number_or_first() - 1) * size_or_usual());
    const std::int64_t to = std::min(count, from + size_or_usual());
    return {all.begin() + from, all.begin() + to};
  }
  void tell(Json& answer, std::size_t count) const;
};

// {"name","available","message"}
[[nodiscard]] Json name_availability(const std::string& name, bool is_free);

// `size_name` is the parameter's name: the lists do not agree on it.
[[nodiscard]] std::variant<Page, ApiAnswer> read_page(const Call& call, const char* size_name);

// True when `text` has `part`, whatever the case; also when `part` is empty.
[[nodiscard]] bool contains(const std::string& text, const std::string& part);

// Refusals of a field of `body`, naming it. `limit` counts characters, not bytes.
[[nodiscard]] Refusal check_text(const Json& body, const char* key, std::size_t limit);
[[nodiscard]] Refusal check_optional_text(const Json& body, const char* key, std::size_t limit);
[[nodiscard]] Refusal check_optional_bool(const Json& body, const char* key);
[[nodiscard]] Refusal check_texts(const Json& body, const char* key);

}  // namespace spillway::hyperstack_api
