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
// cmocka's macro fail() carries a common word, and its fail_msg() needs it.
#undef fail
#undef fail_msg
// NOLINTNEXTLINE: cmocka's name
#define fail_msg(...)                   \
  do {                                  \
    print_error("ERROR: " __VA_ARGS__); \
    print_error("\n");                  \
    _fail(__FILE__, __LINE__);          \
  } while (0)
