// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace spillway {

// The text of sim/http/namespaces.sh, built in.
[[nodiscard]] const std::string& namespaces_script();

}  // namespace spillway
