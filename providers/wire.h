// SPDX-License-Identifier: GPL-2.0-or-later
//
// What drivers share of building requests and reading answers, whichever the cloud: pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config.h"
#include "lib/http.h"
#include "lib/json.h"
#include "lib/result.h"
#include "lib/secret.h"
#include "lib/time.h"

namespace spillway {

// Bytes of a cloud's own words in one message.
inline constexpr std::size_t kWordsLimit = 300;

// A cloud's clock that is further off ours than this is not believed.
inline constexpr std::chrono::minutes kMostSkew{10};

// ---- requests

// The configured base URL, or the provider's own; without '/' at its end.
[[nodiscard]] std::string base_url_of(const ProviderConfig& config, const char* own);

// For one part of a path or query: RFC 3986, section 2.1.
[[nodiscard]] std::string percent_encode(std::string_view text);

// ---- answers

// kProtocol, with the reason.
[[nodiscard]] Error not_understood(const std::string& why);

// What a body that is not the API's looks like, on one line. Half a JSON is not shown: it may be
// cut out of a list that holds secrets.
[[nodiscard]] std::string describe_foreign_body(std::string_view body);

// The error of a call that only asks: it has no effect that could be in doubt.
[[nodiscard]] Error without_doubt(Error error);

// The wait that the answer asks for; only the form in seconds, up to a day.
[[nodiscard]] std::optional<std::chrono::seconds> read_retry_after(const HttpAnswer& answer);

// When the cloud answered, by its own clock, which its bill goes by; `now` when the answer does not
// tell, or is out of all reason.
[[nodiscard]] TimePoint time_of(const HttpAnswer& answer, TimePoint now);

// A count that fits an int, else 0: what is absent fits no pool.
[[nodiscard]] int small_count(const Json& object, const char* key);

// A text that may be absent or null (then empty), but nothing else. Errors: kProtocol.
[[nodiscard]] Result<std::string> read_optional_text(const Json& row, const char* key);

// Dollars of an hour, from a number or a text; what is finer than a micro-dollar is rounded up.
// Nothing when it is absent, malformed or absurd.
[[nodiscard]] std::optional<Money> read_hourly_rate(const Json& rate);

// The same, and nothing for zero: an unknown price is never cheap.
[[nodiscard]] std::optional<Money> read_hourly_price(const Json& price);

// ---- words

// True when one of `phrases` is part of `words`; capitals do not matter.
[[nodiscard]] bool mentions(std::string_view words, const std::vector<std::string>& phrases);

// The error without the secret, which a proxy's page may quote.
[[nodiscard]] Error without_secret(Error error, const Secret& secret);

// After a name that is not known: "did you mean ops?", or the names there are.
[[nodiscard]] std::string suggest_name(const std::string& wrong,
                                       const std::vector<std::string>& names);

}  // namespace spillway
