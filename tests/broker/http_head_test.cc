// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/http_head.h"

#include <string>

#include "tests/support/cmocka.h"

using namespace spillway;

struct Accepted {
  const char* head;
  const char* method;
  const char* path;
  const char* query;
  const char* host;
};

static void heads_of_machines_are_read(void**) {
  const Accepted cases[] = {
      {"GET / HTTP/1.1\r\nHost: h", "GET", "/", "", "h"},
      {"GET / HTTP/1.0\r\nhOsT:h:1 \t", "GET", "/", "", "h:1"},
      {"POST /v1/join HTTP/1.1\r\nHost: a b\r\nX-Empty:", "POST", "/v1/join", "", "a b"},
      {"GET /v1/archive?os=ubuntu-24.04 HTTP/1.1\r\nHost: h",
       "GET",
       "/v1/archive",
       "os=ubuntu-24.04",
       "h"},
      {"GET /a?b?c HTTP/1.1\r\nHost: h", "GET", "/a", "b?c", "h"},
      {"GET /%2e HTTP/1.1\r\nHost: h", "GET", "/%2e", "", "h"},
  };
  for (const auto& c : cases) {
    const auto request = parse_http_head(c.head);
    if (!request) fail_msg("%s: %s", c.head, request.error().message.c_str());
    const auto* host = request->header("host");
    if (request->method != c.method || request->path != c.path || request->query != c.query ||
        host == nullptr || *host != c.host)
      fail_msg("%s: read otherwise", c.head);
  }
}

static void other_heads_are_refused(void**) {
  std::string many = "GET / HTTP/1.1";
  for (int i = 0; i < 65; ++i)
    many += "\r\nX-" + std::to_string(i) + ": x";
  const std::string cases[] = {
      "",
      "GET",
      "GET /",
      "GET / HTTP/1.1 ",
      "GET  / HTTP/1.1",
      " GET / HTTP/1.1",
      "GET / HTTP/2.0",
      "GET / http/1.1",
      "GET / HTTP/1.1\n",
      "GET * HTTP/1.1",
      "GET http://h/ HTTP/1.1",
      "G(T / HTTP/1.1",
      "GET /\t HTTP/1.1",
      "GET /\x7f HTTP/1.1",
      "GET /\xc3\xa4 HTTP/1.1",
      std::string("GET /\0 HTTP/1.1", 15),
      "GET / HTTP/1.1\r\nHost",
      "GET / HTTP/1.1\r\n: h",
      "GET / HTTP/1.1\r\nHost : h",
      "GET / HTTP/1.1\r\nHost: h\r\n folded: x",
      "GET / HTTP/1.1\r\nHost: h\nX: y",
      "GET / HTTP/1.1\r\nHost: h\r\nHOST: i",
      "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2",
      "GET / HTTP/1.1\r\nHost: \x01",
      "\x16\x03\x01\x02",
      many,
  };
  for (const auto& head : cases) {
    if (parse_http_head(head)) fail_msg("accepted: %s", head.c_str());
  }
}

static void answers_tell_their_length_and_end_the_connection(void**) {
  JoinAnswer answer{503, {{"Retry-After", "7"}}, "text/plain", "not now\n"};
  const auto head = format_http_head(answer, 8);
  assert_int_equal(head.find("HTTP/1.1 503 Service Unavailable\r\nDate: "), 0);
  for (const char* line : {"\r\nConnection: close\r\n",
                           "\r\nRetry-After: 7\r\n",
                           "\r\nContent-Type: text/plain\r\n",
                           "\r\nContent-Length: 8\r\n\r\n"}) {
    if (head.find(line) == std::string::npos) fail_msg("%s: not in %s", line, head.c_str());
  }
  const auto empty = format_http_head({204, {}, "", ""}, 0);
  assert_true(empty.find("Content-Length") == std::string::npos);
  assert_true(empty.ends_with("\r\n\r\n"));
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(heads_of_machines_are_read),
      cmocka_unit_test(other_heads_are_refused),
      cmocka_unit_test(answers_tell_their_length_and_end_the_connection),
  };
  return cmocka_run_group_tests_name("broker.http_head", tests, nullptr, nullptr);
}
