// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/join_endpoints.h"

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "lib/file.h"
#include "lib/secret.h"
#include "tests/broker/join_desk_fake.h"
#include "tests/support/cmocka.h"
#include "tests/support/temporary_folder.h"

using namespace spillway;

namespace {

const std::string kGoodBody =
    R"({"addresses":["127.77.0.5","2001:db8::5"],"hostname":"ip-10-0-0-5","gpus":8,)"
    R"("gpu_model":"NVIDIA H100 80GB HBM3","infiniband_ports":8,"infiniband_gbps":400,)"
    R"("memory_mib":1843200,"cpus":208,"os":"ubuntu-24.04","wireguard_key":""})";

// A folder with one file to deliver, a desk, and endpoints on a clock that stands still.
struct Service {
  explicit Service(JoinConfig config) : endpoints(std::move(config), "", desk, clock) {}
  explicit Service(std::vector<DeliveredFile> deliver = {})
      : endpoints(delivering(std::move(deliver)), "#!/bin/sh\n:\n", desk, clock) {}
  static JoinConfig delivering(std::vector<DeliveredFile> deliver) {
    JoinConfig config;
    config.deliver = std::move(deliver);
    config.mounts = {{"head:/home", "/home", "nfs4", ""}};
    return config;
  }
  ManualClock clock{from_unix_seconds(1'764'000'000)};
  FakeDesk desk;
  JoinEndpoints endpoints;
};

JoinRequest make_request(const std::string& method,
                         const std::string& path,
                         const std::string& body = "") {
  JoinRequest request{method, path, "203.0.113.7", {}, body};
  request.headers = {{"authorization", "Bearer " + FakeDesk::kToken}};
  if (method == "POST") {
    request.headers.emplace_back("content-type", "application/json");
    request.headers.emplace_back("content-length", std::to_string(body.size()));
  }
  return request;
}

void set_header(JoinRequest& request, const std::string& name, const std::string& value) {
  std::erase_if(request.headers, [&](const auto& header) { return header.first == name; });
  if (!value.empty()) request.headers.emplace_back(name, value);
}

const std::string* find_header(const JoinAnswer& answer, const std::string& name) {
  for (const auto& [key, value] : answer.headers) {
    if (key == name) return &value;
  }
  return nullptr;
}

}  // namespace

struct HeadCase {
  const char* name;
  const char* method;
  const char* path;
  const char* header;  // set to `value`, or removed when that is empty
  const char* value;
  int status;
};

static void heads_are_judged_before_bodies_are_read(void**) {
  const char* const kBad63 =
      "Bearer 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde";
  const char* const kBad65 =
      "Bearer 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0";
  const char* const kUpper =
      "Bearer 0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef";
  const char* const kBasic =
      "Basic  0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
  const HeadCase cases[] = {
      {"root", "GET", "/", "", "", 404},
      {"other", "GET", "/v1/machines", "", "", 404},
      {"slash", "GET", "/v1/bootstrap/", "", "", 404},
      {"case", "GET", "/V1/bootstrap", "", "", 404},
      {"empty path", "GET", "", "", "", 404},
      {"dots", "GET", "/v1/../v1/bootstrap", "", "", 404},
      {"post bootstrap", "POST", "/v1/bootstrap", "", "", 405},
      {"head bootstrap", "HEAD", "/v1/bootstrap", "", "", 405},
      {"get join", "GET", "/v1/join", "", "", 405},
      {"put join", "PUT", "/v1/join", "", "", 405},
      {"delete ready", "DELETE", "/v1/ready", "", "", 405},
      {"no token", "GET", "/v1/bootstrap", "authorization", "", 401},
      {"short token", "GET", "/v1/bootstrap", "authorization", kBad63, 401},
      {"long token", "GET", "/v1/bootstrap", "authorization", kBad65, 401},
      {"upper token", "GET", "/v1/bootstrap", "authorization", kUpper, 401},
      {"basic", "GET", "/v1/bootstrap", "authorization", kBasic, 401},
      {"token alone", "POST", "/v1/join", "authorization", "Bearer", 401},
      {"chunked", "POST", "/v1/join", "transfer-encoding", "chunked", 411},
      {"no length", "POST", "/v1/join", "content-length", "", 411},
      {"negative length", "POST", "/v1/join", "content-length", "-1", 413},
      {"long", "POST", "/v1/join", "content-length", "65537", 413},
      {"overflow", "POST", "/v1/join", "content-length", "18446744073709551617", 413},
      {"gzip", "POST", "/v1/join", "content-encoding", "gzip", 415},
      {"no type", "POST", "/v1/join", "content-type", "", 415},
      {"form", "POST", "/v1/join", "content-type", "application/x-www-form-urlencoded", 415},
      {"multipart",
       "POST",
       "/v1/unhealthy",
       "content-type",
       "multipart/form-data; boundary=x",
       415},
  };
  for (const auto& c : cases) {
    Service service;
    JoinRequest request = make_request(c.method, c.path);
    if (c.header[0] != '\0') set_header(request, c.header, c.value);
    const auto answer = service.endpoints.refuse_unread(request);
    if (!answer) fail_msg("%s: went on", c.name);
    if (answer->status != c.status) fail_msg("%s: %d", c.name, answer->status);
    if (service.desk.calls().size() != 1 || service.desk.count("refusal 203.0.113.7 ") != 1)
      fail_msg("%s: the desk heard other than one refusal", c.name);
  }
}

static void good_heads_go_on(void**) {
  Service service;
  JoinRequest join = make_request("POST", "/v1/join", kGoodBody);
  set_header(join, "content-type", "Application/JSON; charset=utf-8");
  assert_false(service.endpoints.refuse_unread(join).has_value());
  set_header(join, "content-length", "65536");
  assert_false(service.endpoints.refuse_unread(join).has_value());
  assert_false(service.endpoints.refuse_unread(make_request("GET", "/v1/bootstrap")).has_value());
  assert_true(service.desk.calls().empty());
}

static void bootstrap_goes_to_holders_of_a_token_only(void**) {
  Service service;
  const auto served = service.endpoints.answer(make_request("GET", "/v1/bootstrap"));
  assert_int_equal(served.status, 200);
  assert_string_equal(served.body.c_str(), "#!/bin/sh\n:\n");
  JoinRequest stranger = make_request("GET", "/v1/bootstrap");
  set_header(stranger, "authorization", "Bearer " + std::string(64, 'f'));
  const auto refused = service.endpoints.answer(stranger);
  assert_int_equal(refused.status, 403);
  assert_true(refused.body.find("#!/bin/sh") == std::string::npos);
  assert_int_equal(service.desk.count("refusal"), 1);
  assert_int_equal(service.desk.count("admit"),
                   1);  // a token that is not ours asks the desk nothing
}

static void join_answers_with_node_and_files(void**) {
  const TemporaryFolder folder;
  assert_true(static_cast<bool>(
      write_file_atomically(folder.path() + "/key", std::string("k\0\xff", 3), 0600)));
  Service service({{folder.path() + "/key", "/etc/munge/munge.key", "0400", "munge"}});
  const auto answer = service.endpoints.answer(make_request("POST", "/v1/join", kGoodBody));
  assert_int_equal(answer.status, 200);
  assert_string_equal(answer.content_type.c_str(), "application/json");
  assert_string_equal(answer.body.c_str(),
                      R"({"node":"h100-001","cluster":"hpc1","slurm":"","gpu":"","gpus":8,)"
                      R"("cpus":0,"memory_mib":0,"disk_mib":0,"infiniband_ports":0,)"
                      R"("infiniband_gbps":0,"bandwidth_gbps":0,"slurmctld":["head:6817"],)"
                      R"("hosts":[],"mounts":[{"type":"nfs4","options":"",)"
                      R"("what":"head:/home","where":"/home"}],"files":[{)"
                      R"("to":"/etc/munge/munge.key","mode":"0400","owner":"munge",)"
                      R"("base64":"awD/"}]})"
                      "\n");
  assert_int_equal(service.desk.count("join 203.0.113.7"), 1);
  assert_int_equal(service.desk.facts().gpus, 8);
}

static void join_answers_in_lines_when_asked(void**) {
  const TemporaryFolder folder;
  assert_true(static_cast<bool>(write_file_atomically(folder.path() + "/empty", "", 0600)));
  assert_true(static_cast<bool>(write_file_atomically(folder.path() + "/conf", "a=b\n", 0600)));
  Service service({{folder.path() + "/empty", "/etc/none", "0644", "root"},
                   {folder.path() + "/conf", "/etc/my slurm/slurm.conf", "0644", "slurm"}});
  JoinRequest request = make_request("POST", "/v1/join", kGoodBody);
  set_header(request, "accept", "text/plain");
  const auto answer = service.endpoints.answer(request);
  assert_string_equal(answer.content_type.c_str(), "text/plain");
  assert_string_equal(answer.body.c_str(),
                      "node h100-001\ncluster hpc1\ngpus 8\ncpus 0\nmemory_mib 0\n"
                      "disk_mib 0\ninfiniband_ports 0\ninfiniband_gbps 0\nbandwidth_gbps 0\n"
                      "slurmctld head:6817\nmount nfs4 - head:/home /home\n"
                      "file 0644 root - /etc/none\n"
                      "file 0644 slurm YT1iCg== /etc/my slurm/slurm.conf\n");
}

static void a_tunnel_and_hosts_are_lines(void**) {
  Service service;
  auto& reply = service.desk.reply;
  reply.slurm_release = "24.11";
  reply.shape = {"h100", 8, 96, 921'600, true, 10'240, 8, 400, 300};
  reply.hosts = {{"10.90.0.1", "head"}};
  reply.tunnel = Tunnel{"10.90.0.7/16",
                        {"KEY=", "head.example.org:51820", {"10.90.0.0/16", "192.168.10.0/24"}}};
  JoinRequest request = make_request("POST", "/v1/join", kGoodBody);
  set_header(request, "accept", "text/plain");
  assert_string_equal(service.endpoints.answer(request).body.c_str(),
                      "node h100-001\ncluster hpc1\nslurm 24.11\ngpu h100\ngpus 8\ncpus 96\n"
                      "memory_mib 921600\ndisk_mib 10240\ninfiniband_ports 8\n"
                      "infiniband_gbps 400\nbandwidth_gbps 300\nslurmctld head:6817\n"
                      "host 10.90.0.1 head\ntunnel 10.90.0.7/16\n"
                      "peer KEY= head.example.org:51820 10.90.0.0/16,192.168.10.0/24\n"
                      "mount nfs4 - head:/home /home\n");
}

static void delivered_files_are_read_anew_at_each_join(void**) {
  const TemporaryFolder folder;
  Service service({{folder.path() + "/key", "/key", "0400", "root"}});
  JoinRequest request = make_request("POST", "/v1/join", kGoodBody);
  set_header(request, "accept", "text/plain");
  const auto early = service.endpoints.answer(request);
  assert_int_equal(early.status, 503);
  assert_non_null(find_header(early, "Retry-After"));
  assert_true(early.body.find(folder.path()) == std::string::npos);  // no path of ours to strangers
  for (const char* content : {"one", "two"}) {
    assert_true(static_cast<bool>(write_file_atomically(folder.path() + "/key", content, 0600)));
    const auto answer = service.endpoints.answer(request);
    const std::string encoded = std::string(content) == "one" ? "b25l" : "dHdv";
    if (answer.body.find("file 0400 root " + encoded + " /key\n") == std::string::npos)
      fail_msg("%s: %s", content, answer.body.c_str());
  }
  assert_int_equal(service.desk.count("refusal"), 0);
}

struct ErrorCase {
  ErrorCode code;
  int status;
  bool again;
};

static void errors_of_the_desk_become_final_or_not(void**) {
  const ErrorCase cases[] = {
      {ErrorCode::kUnauthorized, 403, false},
      {ErrorCode::kInvalid, 400, false},
      {ErrorCode::kTransient, 503, true},
      {ErrorCode::kIo, 503, true},
      {ErrorCode::kNotFound, 503, true},
      {ErrorCode::kProtocol, 503, true},
  };
  for (const auto& c : cases) {
    Service service;
    service.desk.next_error = Error{c.code, "why", {}};
    service.desk.errors = 1;
    const auto answer = service.endpoints.answer(make_request("POST", "/v1/join", kGoodBody));
    if (answer.status != c.status || (find_header(answer, "Retry-After") != nullptr) != c.again)
      fail_msg("%s: %d", error_code_name(c.code), answer.status);
  }
}

static void retry_after_is_what_the_desk_says(void**) {
  Service service;
  service.desk.next_error = Error{ErrorCode::kTransient, "why", std::chrono::seconds(17)};
  service.desk.errors = 1;
  const auto answer = service.endpoints.answer(make_request("POST", "/v1/join", kGoodBody));
  assert_string_equal(find_header(answer, "Retry-After")->c_str(), "17");
}

static void malformed_facts_do_not_reach_the_desks_join(void**) {
  Service service;
  const auto answer = service.endpoints.answer(make_request("POST", "/v1/join", "{\"gpus\":8}"));
  assert_int_equal(answer.status, 400);
  assert_int_equal(service.desk.count("join"), 0);
  assert_int_equal(service.desk.count("refusal"), 1);
}

static void strangers_get_no_files(void**) {
  const TemporaryFolder folder;
  assert_true(static_cast<bool>(write_file_atomically(folder.path() + "/key", "secret", 0600)));
  Service service({{folder.path() + "/key", "/key", "0400", "root"}});
  JoinRequest request = make_request("POST", "/v1/join", kGoodBody);
  set_header(request, "authorization", "Bearer " + std::string(64, 'f'));
  const auto answer = service.endpoints.answer(request);
  assert_int_equal(answer.status, 403);
  assert_string_equal(answer.body.c_str(), "unknown token, or its lease has ended\n");
}

static void body_longer_than_its_length_said_is_refused(void**) {
  Service service;
  JoinRequest request = make_request("POST", "/v1/join", std::string(70'000, ' '));
  set_header(request, "content-length", "10");
  assert_int_equal(service.endpoints.answer(request).status, 413);
}

static void ready_reaches_the_desk(void**) {
  Service service;
  const auto answer = service.endpoints.answer(make_request("POST", "/v1/ready", "{}"));
  assert_int_equal(answer.status, 204);
  assert_int_equal(service.desk.count("ready 203.0.113.7"), 1);
}

static void ready_tells_the_neighbours_and_the_partner(void**) {
  Service service;
  service.desk.ready_reply = {{{"KEY=", "10.0.2.101:51820", {"10.90.0.8/32"}}},
                              PairTest{TestRole::kCall, "10.90.0.8"}};
  JoinRequest request = make_request("POST", "/v1/ready", "{}");
  set_header(request, "accept", "text/plain");
  const auto answer = service.endpoints.answer(request);
  assert_int_equal(answer.status, 200);
  assert_string_equal(answer.body.c_str(),
                      "peer KEY= 10.0.2.101:51820 10.90.0.8/32\ntest call 10.90.0.8\n");
}

static void ready_of_a_stranger_is_refused(void**) {
  Service service;
  service.desk.complaint_error = Error{ErrorCode::kUnauthorized, "lease is over", {}};
  assert_int_equal(service.endpoints.answer(make_request("POST", "/v1/ready", "{}")).status, 403);
}

static void complaints_reach_the_desk_on_one_line(void**) {
  Service service;
  const auto request =
      make_request("POST", "/v1/unhealthy", R"({"what":"gpus: 7 of 8\n\u001b[2J"})");
  assert_int_equal(service.endpoints.answer(request).status, 204);
  assert_int_equal(service.desk.count("unhealthy 203.0.113.7 gpus: 7 of 8  [2J"), 1);
}

static void the_end_of_a_long_log_comes_with_a_complaint(void**) {
  Service service;
  const auto body =
      R"({"what":"gpus","log":"first\n)" + std::string(4'000, 'x') + R"(\n\n\u001b[2J last\n"})";
  const auto request = make_request("POST", "/v1/unhealthy", body);
  assert_int_equal(service.endpoints.answer(request).status, 204);
  const auto log = service.desk.log();
  assert_true(log.size() < 1'000);
  assert_true(log.find("first") == std::string::npos);
  assert_true(log.ends_with("x\n [2J last") || log.ends_with("...\n [2J last"));
}

static void complaints_without_words_are_refused(void**) {
  for (const char* body : {"",
                           "{}",
                           "[]",
                           "{\"what\":\"\"}",
                           "{\"what\":\" \"}",
                           "{\"what\":7}",
                           "{\"what\":null}",
                           "what"}) {
    Service service;
    const auto answer = service.endpoints.answer(make_request("POST", "/v1/unhealthy", body));
    if (answer.status != 400) fail_msg("%s: %d", body, answer.status);
    if (service.desk.count("unhealthy") != 0) fail_msg("%s: reached the desk", body);
  }
}

static void refusals_of_one_peer_are_noted_a_few_times(void**) {
  Service service;
  const JoinRequest request = make_request("GET", "/admin");
  for (int i = 0; i < 1'000; ++i)
    assert_int_equal(service.endpoints.answer(request).status, 404);
  assert_int_equal(service.desk.count("refusal"), RefusalLimit::kPerPeer);
  service.clock.advance(RefusalLimit::kWindow);
  assert_int_equal(service.endpoints.answer(request).status, 404);
  assert_int_equal(service.desk.count("refusal"), RefusalLimit::kPerPeer + 1);
}

static void refusals_of_many_peers_are_noted_up_to_a_limit(void**) {
  Service service;
  JoinRequest request = make_request("GET", "/admin");
  for (int i = 0; i < 1'000; ++i) {
    request.peer = "10.0.0." + std::to_string(i);
    assert_int_equal(service.endpoints.answer(request).status, 404);
  }
  assert_int_equal(service.desk.count("refusal"), RefusalLimit::kOverall);
}

static void an_ipv6_network_is_one_peer(void**) {
  Service service;
  JoinRequest request = make_request("GET", "/admin");
  for (int i = 0; i < 100; ++i) {
    request.peer = "2001:db8::" + std::to_string(i);
    (void)service.endpoints.answer(request);
  }
  assert_int_equal(service.desk.count("refusal"), RefusalLimit::kPerPeer);
}

static void noise_of_strangers_does_not_hide_a_token_that_is_no_longer_good(void**) {
  Service service;
  JoinRequest request = make_request("GET", "/admin");
  for (int i = 0; i < 1'000; ++i) {
    request.peer = "10.0.0." + std::to_string(i);
    (void)service.endpoints.answer(request);
  }
  service.desk.next_error = Error{ErrorCode::kUnauthorized, "lease 7 has ended", {}};
  service.desk.errors = 1;
  assert_int_equal(service.endpoints.answer(make_request("POST", "/v1/join", kGoodBody)).status,
                   403);
  assert_int_equal(service.desk.count("refusal 203.0.113.7 POST /v1/join: lease 7 has ended"), 1);
}

static void a_system_with_an_archive_is_told_its_sum_and_may_get_it(void**) {
  const TemporaryFolder folder;
  JoinConfig config;
  config.archives = {{"ubuntu-24.04", folder.path() + "/slurm.tar"},
                     {"debian-12", folder.path() + "/missing.tar"}};
  assert_true(static_cast<bool>(write_file_atomically(folder.path() + "/slurm.tar", "content")));
  Service service(config);
  JoinRequest join = make_request("POST", "/v1/join", kGoodBody);
  set_header(join, "accept", "text/plain");
  const auto told = service.endpoints.answer(join);
  assert_non_null(strstr(told.body.c_str(), ("archive " + sha256_hex("content") + " 7\n").c_str()));
  const auto in_json = service.endpoints.answer(make_request("POST", "/v1/join", kGoodBody));
  assert_non_null(
      strstr(in_json.body.c_str(),
             (R"("archive":{"sha256":")" + sha256_hex("content") + R"(","bytes":7})").c_str()));
  JoinRequest get = make_request("GET", "/v1/archive");
  get.query = "os=ubuntu-24.04";
  const auto answer = service.endpoints.answer(get);
  assert_int_equal(answer.status, 200);
  assert_string_equal(answer.download->read(0, 100).c_str(), "content");
  for (const char* query : {"", "os=", "os=debian-13", "system=ubuntu-24.04", "ubuntu-24.04"}) {
    get.query = query;
    if (service.endpoints.answer(get).status != 404) fail_msg("%s: not refused", query);
  }
  get.query = "os=debian-12";
  const auto later = service.endpoints.answer(get);
  assert_int_equal(later.status, 503);
  assert_non_null(find_header(later, "Retry-After"));
  assert_true(later.body.find(folder.path()) == std::string::npos);
}

static void archives_are_for_holders_of_a_token_only(void**) {
  const TemporaryFolder folder;
  JoinConfig config;
  config.archives = {{"ubuntu-24.04", folder.path() + "/slurm.tar"}};
  assert_true(static_cast<bool>(write_file_atomically(folder.path() + "/slurm.tar", "content")));
  Service service(config);
  JoinRequest get = make_request("GET", "/v1/archive");
  get.query = "os=ubuntu-24.04";
  set_header(get, "authorization", "Bearer " + std::string(64, 'f'));
  const auto answer = service.endpoints.answer(get);
  assert_int_equal(answer.status, 403);
  assert_null(answer.download.get());
}

static void a_clock_set_back_does_not_silence_refusals(void**) {
  Service service;
  const JoinRequest request = make_request("GET", "/admin");
  for (int i = 0; i < 10; ++i)
    (void)service.endpoints.answer(request);
  service.clock.advance(-std::chrono::hours(5));
  (void)service.endpoints.answer(request);
  assert_int_equal(service.desk.count("refusal"), RefusalLimit::kPerPeer + 1);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(heads_are_judged_before_bodies_are_read),
      cmocka_unit_test(good_heads_go_on),
      cmocka_unit_test(bootstrap_goes_to_holders_of_a_token_only),
      cmocka_unit_test(join_answers_with_node_and_files),
      cmocka_unit_test(join_answers_in_lines_when_asked),
      cmocka_unit_test(a_tunnel_and_hosts_are_lines),
      cmocka_unit_test(delivered_files_are_read_anew_at_each_join),
      cmocka_unit_test(errors_of_the_desk_become_final_or_not),
      cmocka_unit_test(retry_after_is_what_the_desk_says),
      cmocka_unit_test(malformed_facts_do_not_reach_the_desks_join),
      cmocka_unit_test(strangers_get_no_files),
      cmocka_unit_test(body_longer_than_its_length_said_is_refused),
      cmocka_unit_test(ready_reaches_the_desk),
      cmocka_unit_test(ready_tells_the_neighbours_and_the_partner),
      cmocka_unit_test(ready_of_a_stranger_is_refused),
      cmocka_unit_test(complaints_reach_the_desk_on_one_line),
      cmocka_unit_test(the_end_of_a_long_log_comes_with_a_complaint),
      cmocka_unit_test(complaints_without_words_are_refused),
      cmocka_unit_test(refusals_of_one_peer_are_noted_a_few_times),
      cmocka_unit_test(refusals_of_many_peers_are_noted_up_to_a_limit),
      cmocka_unit_test(an_ipv6_network_is_one_peer),
      cmocka_unit_test(noise_of_strangers_does_not_hide_a_token_that_is_no_longer_good),
      cmocka_unit_test(a_system_with_an_archive_is_told_its_sum_and_may_get_it),
      cmocka_unit_test(archives_are_for_holders_of_a_token_only),
      cmocka_unit_test(a_clock_set_back_does_not_silence_refusals),
  };
  return cmocka_run_group_tests_name("broker.join_endpoints", tests, nullptr, nullptr);
}
