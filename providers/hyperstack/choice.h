// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which of Hyperstack's environments and images the configuration means: pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/config.h"
#include "lib/result.h"
#include "providers/hyperstack/answer.h"

namespace spillway {

// The configured environment. Errors: kInvalid; the message begins "environment: " and says what
// to do.
[[nodiscard]] Result<HyperstackEnvironment> choose_hyperstack_environment(
    const ProviderConfig& config, const std::vector<HyperstackEnvironment>& environments);

// The name of the newest image that the configured pattern matches: '*' stands for any text,
// capitals do not matter. Names are compared part by part, numbers as numbers ("CUDA 12.10" is
// newer than "CUDA 12.8"), and the greatest is the newest; of two that begin alike the longer.
// Errors: kInvalid; the message begins "image: " and names those that come near.
[[nodiscard]] Result<std::string> choose_hyperstack_image(
    const std::string& pattern, const std::vector<HyperstackImage>& images);

// Whole `name`; '*' in `pattern` stands for any text, also none.
[[nodiscard]] bool matches_pattern(std::string_view name, std::string_view pattern);

}  // namespace spillway
