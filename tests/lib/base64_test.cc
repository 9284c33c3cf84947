// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/base64.h"

#include <string>

#include "tests/support/cmocka.h"

using namespace spillway;

// Source: RFC 4648, section 10, and bytes that no text has.
static void bytes_are_written_as_the_standard_has_them(void**) {
  const struct {
    std::string bytes;
    const char* text;
  } cases[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
      {std::string("\0\xff\xfe", 3), "AP/+"},
      {std::string(100, '\xff'), nullptr},
  };
  for (const auto& c : cases) {
    const auto text = encode_base64(c.bytes);
    if (c.text == nullptr) {
      assert_int_equal(text.size(), 136);
      assert_true(text.find('\n') == std::string::npos);
    } else if (text != c.text) {
      fail_msg("%s: %s", c.text, text.c_str());
    }
  }
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(bytes_are_written_as_the_standard_has_them),
  };
  return cmocka_run_group_tests_name("lib.base64", tests, nullptr, nullptr);
}
