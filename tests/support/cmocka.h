// SPDX-License-Identifier: GPL-2.0-or-later
//
// The only place that includes <cmocka.h>, with the four headers that it wants before it.
#pragma once

#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>

extern "C" {
#include <cmocka.h>
}
// Some of cmocka's macros carry common words.
#undef fail
