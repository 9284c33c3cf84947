// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lambda's instance types as offers: each type in each region. Pure.
#pragma once

#include <string>
#include <vector>

#include "core/offer.h"
#include "lib/time.h"
#include "providers/lambda/answer.h"
#include "providers/provider.h"

namespace spillway {

[[nodiscard]] const Capabilities& lambda_capabilities();

// The GPU's model as pools name it: "h100", "gh200", "rtx6000"; empty for a type without GPUs.
// Rule: the word after "gpu_<n>x_" in the type's name; for a name of another form, the description
// up to its parenthesis without the maker's and the family's name. Memory and socket are not part
// of it: where they matter the pool names the type.
[[nodiscard]] std::string lambda_gpu_model(const LambdaType& type);

// Each type in each of `regions`. Lambda tells "some" or "none" of a region, never a count: stock
// is unknown or 0. The "some" is advisory; an order may still be refused.
[[nodiscard]] std::vector<Offer> make_lambda_offers(const std::vector<LambdaType>& types,
                                                    const std::vector<std::string>& regions,
                                                    TimePoint seen_at);

}  // namespace spillway
