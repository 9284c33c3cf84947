// SPDX-License-Identifier: GPL-2.0-or-later
//
// The structured cloud-init of an order ("cloudinit_script" of a rental, "cloud_init" of a virtual
// machine): {"packages","write_files","runcmd"} and nothing else. What cloud-init would make of it
// becomes one shell script, which the simulated machine runs as its user-data:
//
// - Files are written first, each below SPILLWAY_ROOT, with their mode; owners are not set, and
//   packages are taken as installed.
// - Then the commands run in their order, whether one fails or not: a text as a line of shell, a
//   list word for word. Where the path of a written file stands whole in a command, SPILLWAY_ROOT
//   is put before it. What the files contain is left as it is.
// Source: cloud-init's documentation of write_files and runcmd; providers/voltage-park.md 2.3.
#pragma once

#include <string>

#include "sim/http/voltage-park/fields.h"

namespace spillway::voltage_park_api {

// The script of the member `key`, "" where there is nothing to do. Mistakes are kept in `fields`.
[[nodiscard]] std::string read_cloud_init(Fields& fields, const char* key);

}  // namespace spillway::voltage_park_api
