// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/http.h"

#include <cstdlib>

#include "lib/text.h"
#include "tests/lib/loopback_server.h"
#include "tests/support/cmocka.h"

using namespace spillway;
using std::chrono::milliseconds;

namespace {

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

Result<HttpAnswer> get(const std::string& url) {
  HttpRequest request;
  request.url = url;
  return make_curl_transport("spillway-test/1")->send(request);
}

HttpAnswer answer_of(const Result<HttpAnswer>& result) {
  if (!result) fail_msg("%s", result.error().message.c_str());
  return *result;
}

Error error_of(const Result<HttpAnswer>& result) {
  if (result) fail_msg("status %d, no error", result->status);
  return result.error();
}

void assert_code(const Result<HttpAnswer>& result, ErrorCode code) {
  const Error error = error_of(result);
  if (error.code != code) {
    fail_msg("%s, not %s: %s",
             error_code_name(error.code),
             error_code_name(code),
             error.message.c_str());
  }
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

void answer_has_status_headers_and_body(void**) {
  LoopbackServer server(
      {{{"HTTP/1.1 201 Created\r\nX-Thing:  a b \r\nRetry-After: 7\r\n"
         "Content-Length: 5\r\n\r\nhello"}}});
  const HttpAnswer answer = answer_of(get(server.url("/path?q=1")));
  assert_int_equal(answer.status, 201);
  assert_string_equal(answer.body.c_str(), "hello");
  assert_non_null(answer.header("x-thing"));
  assert_string_equal(answer.header("x-thing")->c_str(), "a b");
  assert_string_equal(answer.header("retry-after")->c_str(), "7");
  assert_null(answer.header("x-absent"));
  assert_true(server.requests().at(0).starts_with("GET /path?q=1 HTTP/1.1\r\n"));
}

void request_is_sent_as_described(void**) {
  LoopbackServer server({{{kOk}}});
  HttpRequest request;
  request.method = "POST";
  request.url = server.url("/launch");
  request.headers = {{"Content-Type", "application/json"}, {"X-Empty", ""}};
  request.secret = Secret("s3cret");
  request.body = "{\"a\":1}";
  (void)answer_of(make_curl_transport("spillway-test/1")->send(request));
  const std::string sent = server.requests().at(0);
  for (const char* part : {"POST /launch HTTP/1.1\r\n",
                           "Authorization: Bearer s3cret\r\n",
                           "User-Agent: spillway-test/1\r\n",
                           "Content-Type: application/json\r\n",
                           "X-Empty:",
                           "Content-Length: 7\r\n",
                           "\r\n\r\n{\"a\":1}"}) {
    if (!contains(sent, part)) fail_msg("'%s' is not in '%s'", part, sent.c_str());
  }
  assert_false(contains(to_lower(sent), "expect:"));
}

void post_without_body_says_so_and_claims_no_type(void**) {
  LoopbackServer server({{{kOk}}});
  HttpRequest request;
  request.method = "POST";
  request.url = server.url("/");
  (void)answer_of(make_curl_transport("spillway-test/1")->send(request));
  const std::string sent = to_lower(server.requests().at(0));
  assert_true(contains(sent, "content-length: 0\r\n"));
  assert_false(contains(sent, "content-type:"));
  assert_false(contains(sent, "authorization:"));
}

void other_methods_are_sent_by_their_name(void**) {
  LoopbackServer server({{{kOk}}, {{kOk}}, {{"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"}}});
  for (const char* method : {"DELETE", "PUT", "HEAD"}) {
    HttpRequest request;
    request.method = method;
    request.url = server.url("/");
    const Result<HttpAnswer> answer = make_curl_transport("spillway-test/1")->send(request);
    if (!answer) fail_msg("%s: %s", method, answer.error().message.c_str());
    if (!server.requests().back().starts_with(std::string(method) + " / ")) {
      fail_msg("%s is sent as '%s'", method, server.requests().back().c_str());
    }
  }
}

void any_status_is_an_answer_and_redirects_are_not_followed(void**) {
  for (const int status : {301, 307, 400, 401, 404, 429, 500, 503}) {
    LoopbackServer server({{{"HTTP/1.1 " + std::to_string(status) +
                             " Word\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n"}}});
    const Result<HttpAnswer> answer = get(server.url("/"));
    if (!answer) fail_msg("%d: %s", status, answer.error().message.c_str());
    if (answer->status != status) fail_msg("%d is seen as %d", status, answer->status);
    if (server.requests().size() != 1) fail_msg("%d: asked again", status);
  }
}

void headers_of_interim_answers_are_dropped(void**) {
  LoopbackServer server({{{"HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n" + kOk}}});
  const HttpAnswer answer = answer_of(get(server.url("/")));
  assert_int_equal(answer.status, 200);
  assert_null(answer.header("x-early"));
}

void questions_share_a_connection(void**) {
  LoopbackServer server({{{kOk, kOk}}});
  const auto transport = make_curl_transport("spillway-test/1");
  HttpRequest request;
  request.url = server.url("/");
  (void)answer_of(transport->send(request));
  (void)answer_of(transport->send(request));
  assert_int_equal(server.requests().size(), 2);
}

// libcurl repeats a request by itself when a kept connection dies under it.
void order_is_never_sent_twice(void**) {
  const Connection dies_at_the_second{{kOk, ""}};
  LoopbackServer server({dies_at_the_second, {{""}}, {{kOk}}});
  const auto transport = make_curl_transport("spillway-test/1");
  HttpRequest question;
  question.url = server.url("/list");
  (void)answer_of(transport->send(question));
  HttpRequest order;
  order.method = "POST";
  order.url = server.url("/launch");
  assert_code(transport->send(order), ErrorCode::kUnknownOutcome);
  std::size_t orders = 0;
  for (const std::string& sent : server.requests())
    orders += sent.starts_with("POST") ? 1 : 0;
  assert_int_equal(orders, 1);
}

void server_that_cannot_be_reached_is_transient(void**) {
  const DeafPort deaf;
  assert_code(get(deaf.url()), ErrorCode::kTransient);
}

void name_that_does_not_resolve_is_transient(void**) {
  // Longer than a label may be, so that no name server is asked.
  assert_code(get("http://" + std::string(70, 'a') + "/"), ErrorCode::kTransient);
}

void time_out_before_the_connection_stands_is_transient(void**) {
  const FullPort full;
  HttpRequest request;
  request.url = full.url();
  request.timeout = milliseconds(300);
  const Result<HttpAnswer> answer = make_curl_transport("spillway-test/1")->send(request);
  assert_code(answer, ErrorCode::kTransient);
  assert_true(contains(answer.error().message, "timed out"));
}

void time_out_after_sending_is_an_unknown_outcome(void**) {
  LoopbackServer server({{{""}, true}});
  HttpRequest request;
  request.method = "POST";
  request.url = server.url("/");
  // Long enough to connect on a loaded machine.
  request.timeout = milliseconds(2'000);
  assert_code(make_curl_transport("spillway-test/1")->send(request), ErrorCode::kUnknownOutcome);
  assert_int_equal(server.requests().size(), 1);
}

void connection_lost_after_sending_is_an_unknown_outcome(void**) {
  const std::string cases[] = {
      "",
      "HTTP/1.1 200 OK\r\nContent-Le",
      "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
  };
  for (const std::string& wire : cases) {
    LoopbackServer server({{{wire}}});
    const Result<HttpAnswer> answer = get(server.url("/"));
    if (answer) fail_msg("'%s' is an answer", wire.c_str());
    if (answer.error().code != ErrorCode::kUnknownOutcome) {
      fail_msg("'%s': %s", wire.c_str(), answer.error().message.c_str());
    }
  }
}

void answer_that_is_no_http_is_a_protocol_error(void**) {
  LoopbackServer server({{{"220 mail.example.org ESMTP ready, what do you want?\r\n"}}});
  assert_code(get(server.url("/")), ErrorCode::kProtocol);
}

void answer_larger_than_the_limit_is_a_protocol_error(void**) {
  const std::string wire = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + std::string(1000, 'x');
  LoopbackServer server({{{wire}}, {{wire}}});
  HttpRequest request;
  request.url = server.url("/");
  request.answer_limit = 1000;
  assert_int_equal(answer_of(make_curl_transport("t")->send(request)).body.size(), 1000);
  request.answer_limit = 999;
  const Error error = error_of(make_curl_transport("t")->send(request));
  assert_true(error.code == ErrorCode::kProtocol);
  assert_true(contains(error.message, "larger than 999 bytes"));
}

void malformed_urls_are_refused(void**) {
  const char* const cases[] = {
      "",
      "example.org",
      "/path",
      "http://",
      "http://a b/",
      "http://127.0.0.1:99999/",
      "http://127.0.0.1:port/",
      "ftp://127.0.0.1/",
      "file:///etc/passwd",
      "gopher://127.0.0.1/",
      "http://127.0.0.1/\r\nX: y",
  };
  for (const char* url : cases) {
    const Result<HttpAnswer> answer = get(url);
    if (answer) fail_msg("'%s' is accepted", url);
    if (answer.error().code != ErrorCode::kInvalid) {
      fail_msg("'%s': %s", url, answer.error().message.c_str());
    }
  }
}

void connecting_sends_nothing_and_tells_who_does_not_listen(void**) {
  LoopbackServer server({{{kOk}}});
  const auto reached = try_connection(server.url("/"), "", milliseconds(60'000));
  if (!reached) fail_msg("%s", reached.error().message.c_str());
  assert_int_equal(server.requests().size(), 0);
  const DeafPort deaf;
  const auto refused = try_connection(deaf.url(), "", milliseconds(60'000));
  assert_true(!refused && refused.error().code == ErrorCode::kTransient);
  assert_true(contains(refused.error().message, deaf.url()));
  const FullPort full;
  const auto slow = try_connection(full.url(), "", milliseconds(100));
  assert_true(!slow && slow.error().code == ErrorCode::kTransient);
  assert_true(try_connection("ftp://127.0.0.1/", "", milliseconds(100)).error().code ==
              ErrorCode::kInvalid);
}

void headers_with_line_ends_are_refused_unsent(void**) {
  LoopbackServer server({{{kOk}}});
  HttpRequest request;
  request.url = server.url("/");
  request.headers = {{"X-Thing", "a\r\nX-Forged: b"}};
  assert_code(make_curl_transport("t")->send(request), ErrorCode::kInvalid);
  request.headers = {{"X-Thing\n", "a"}};
  assert_code(make_curl_transport("t")->send(request), ErrorCode::kInvalid);
  request.headers = {};
  request.secret = Secret("s3cret\nX-Forged: b");
  const Error error = error_of(make_curl_transport("t")->send(request));
  assert_true(error.code == ErrorCode::kInvalid);
  assert_false(contains(error.message, "s3cret"));
  assert_int_equal(server.requests().size(), 0);
}

void certificate_that_nobody_vouches_for_is_transient_and_sees_no_request(void**) {
  Connection speaks_tls;
  speaks_tls.tls = true;
  LoopbackServer server({speaks_tls});
  const Result<HttpAnswer> answer = get(server.url("/", "https"));
  assert_code(answer, ErrorCode::kTransient);
  assert_true(contains(answer.error().message, "certificate"));
  assert_int_equal(server.requests().size(), 0);
}

void messages_leave_out_the_query(void**) {
  const DeafPort deaf;
  const Error error = error_of(get(deaf.url() + "?token=s3cret"));
  assert_true(contains(error.message, "GET " + deaf.url()));
  assert_false(contains(error.message, "s3cret"));
}

}  // namespace

int main() {
  for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    (void)::unsetenv(name);
  }
  const CMUnitTest tests[] = {
      cmocka_unit_test(answer_has_status_headers_and_body),
      cmocka_unit_test(request_is_sent_as_described),
      cmocka_unit_test(post_without_body_says_so_and_claims_no_type),
      cmocka_unit_test(other_methods_are_sent_by_their_name),
      cmocka_unit_test(any_status_is_an_answer_and_redirects_are_not_followed),
      cmocka_unit_test(headers_of_interim_answers_are_dropped),
      cmocka_unit_test(questions_share_a_connection),
      cmocka_unit_test(order_is_never_sent_twice),
      cmocka_unit_test(server_that_cannot_be_reached_is_transient),
      cmocka_unit_test(name_that_does_not_resolve_is_transient),
      cmocka_unit_test(time_out_before_the_connection_stands_is_transient),
      cmocka_unit_test(time_out_after_sending_is_an_unknown_outcome),
      cmocka_unit_test(connection_lost_after_sending_is_an_unknown_outcome),
      cmocka_unit_test(answer_that_is_no_http_is_a_protocol_error),
      cmocka_unit_test(answer_larger_than_the_limit_is_a_protocol_error),
      cmocka_unit_test(malformed_urls_are_refused),
      cmocka_unit_test(connecting_sends_nothing_and_tells_who_does_not_listen),
      cmocka_unit_test(headers_with_line_ends_are_refused_unsent),
      cmocka_unit_test(certificate_that_nobody_vouches_for_is_transient_and_sees_no_request),
      cmocka_unit_test(messages_leave_out_the_query),
  };
  return cmocka_run_group_tests_name("lib.http", tests, nullptr, nullptr);
}
