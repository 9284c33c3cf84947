// SPDX-License-Identifier: GPL-2.0-or-later
//
// Voltage Park's structured cloud-init: what it may say, and what a machine makes of it.
#include <sys/stat.h>

#include <cstdlib>
#include <string>

#include "lib/file.h"
#include "sim/http/voltage-park/cloud_init.h"
#include "tests/support/cmocka.h"
#include "tests/support/temporary_folder.h"

using namespace spillway;
using namespace spillway::voltage_park_api;

namespace {

Json parse(const std::string& text) {
  const auto json = Json::parse(text, "test");
  if (!json) fail_msg("%s", text.c_str());
  return *json;
}

// The script of `text`, or "place type" of the first mistake.
std::string script_of(const std::string& text) {
  Mistakes mistakes;
  Fields fields(mistakes, Json::object().set("script", parse(text)), {});
  std::string script = read_cloud_init(fields, "script");
  if (mistakes.none()) return script;
  const Json first = mistakes.list().at(0);
  std::string place;
  for (std::size_t i = 1; i < first.get("loc").size(); ++i)
    place += first.get("loc").at(i).as_decimal().value_or("?") + " ";
  return place + first.string("type").value_or("?");
}

// A machine's root, in which the script of `text` has run to its end.
class Machine {
 public:
  explicit Machine(const std::string& text) {
    const std::string script = script_of(text);
    if (script.rfind("#!/bin/sh\n", 0) != 0) fail_msg("no script: %s", script.c_str());
    const std::string file = folder_.file("user data");
    if (!write_file_atomically(file, script, 0700)) fail_msg("%s", file.c_str());
    const std::string command = "mkdir '" + root() + "' && cd '" + root() +
                                "' && env -i PATH=/usr/bin:/bin SPILLWAY_ROOT='" + root() +
                                "' sh '" + file + "' >log 2>&1";
    status_ = std::system(command.c_str());  // NOLINT: a shell is what is tested
  }

  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] std::string root() const { return folder_.file("root of it"); }
  [[nodiscard]] std::string read(const std::string& path) const {
    const auto text = read_file(root() + path);
    return text ? *text : "missing";
  }
  [[nodiscard]] unsigned mode(const std::string& path) const {
    struct stat found {};
    if (stat((root() + path).c_str(), &found) != 0) return 0;
    return found.st_mode & 07777U;
  }

 private:
  TemporaryFolder folder_;  // with blanks in its names
  int status_ = -1;
};

void nothing_to_do_is_no_script(void**) {
  for (const char* text : {"{}",
                           "null",
                           R"({"packages":["jq"]})",
                           R"({"write_files":[],"runcmd":[],"packages":[]})",
                           R"({"write_files":null,"runcmd":null,"packages":null})"}) {
    if (!script_of(text).empty()) fail_msg("%s: %s", text, script_of(text).c_str());
  }
}

void wrong_forms_are_refused(void**) {
  const std::pair<const char*, const char*> cases[] = {
      {R"("#!/bin/sh")", "type_error.dict"},
      {"[]", "type_error.dict"},
      {R"({"users":[]})", "users value_error.extra"},
      {R"({"bootcmd":["x"]})", "bootcmd value_error.extra"},
      {R"({"packages":"jq"})", "packages type_error.list"},
      {R"({"packages":[["jq","1"]]})", "packages 0 type_error.str"},
      {R"({"write_files":{}})", "write_files type_error.list"},
      {R"({"write_files":["/a"]})", "write_files 0 type_error.dict"},
      {R"({"write_files":[{"content":""}]})", "write_files 0 path value_error.missing"},
      {R"({"write_files":[{"path":"/a"}]})", "write_files 0 content value_error.missing"},
      {R"({"write_files":[{"path":"/a","content":1}]})", "write_files 0 content type_error.str"},
      {R"({"write_files":[{"path":"a","content":""}]})", "write_files 0 path value_error"},
      {R"({"write_files":[{"path":"","content":""}]})", "write_files 0 path value_error"},
      {R"({"write_files":[{"path":"/","content":""}]})", "write_files 0 path value_error"},
      {R"({"write_files":[{"path":"/a/","content":""}]})", "write_files 0 path value_error"},
      {R"({"write_files":[{"path":"/../a","content":""}]})", "write_files 0 path value_error"},
      {R"({"write_files":[{"path":"/a/../../b","content":""}]})", "write_files 0 path value_error"},
      {R"({"write_files":[{"path":"/a","content":"","encoding":"gzip"}]})",
       "write_files 0 encoding type_error.enum"},
      {R"({"write_files":[{"path":"/a","content":"!","encoding":"b64"}]})",
       "write_files 0 content value_error"},
      {R"({"write_files":[{"path":"/a","content":"","permissions":600}]})",
       "write_files 0 permissions type_error.str"},
      {R"({"write_files":[{"path":"/a","content":"","permissions":"rw"}]})",
       "write_files 0 permissions value_error"},
      {R"({"write_files":[{"path":"/a","content":"","permissions":"0800"}]})",
       "write_files 0 permissions value_error"},
      {R"({"write_files":[{"path":"/a","content":"","permissions":"00600"}]})",
       "write_files 0 permissions value_error"},
      {R"({"write_files":[{"path":"/a","content":"","owner":""}]})",
       "write_files 0 owner value_error"},
      {R"({"write_files":[{"path":"/a","content":"","append":true}]})",
       "write_files 0 append value_error.extra"},
      {R"({"write_files":[{"path":"/a","content":""},{"path":"b","content":""}]})",
       "write_files 1 path value_error"},
      {R"({"runcmd":"true"})", "runcmd type_error.list"},
      {R"({"runcmd":["true",1]})", "runcmd 1 type_error"},
      {R"({"runcmd":[["echo",1]]})", "runcmd 0 type_error"},
      {R"({"runcmd":[[]]})", "runcmd 0 type_error"},
      {R"({"runcmd":[{"sh":"x"}]})", "runcmd 0 type_error"},
  };
  for (const auto& [text, mistake] : cases) {
    if (script_of(text) != mistake) fail_msg("%s: %s", text, script_of(text).c_str());
  }
}

void files_are_written_below_the_root_with_their_mode(void**) {
  const Machine machine(R"({"write_files":[
      {"path":"/opt/a/plain","content":"it's\n$HOME `id` \\n \"x\"\n","permissions":"0600"},
      {"path":"/run/coded","content":"AAECQQo=","encoding":"b64","owner":"root:root"},
      {"path":"/coded","content":"QQ==","encoding":"base64","permissions":"755"},
      {"path":"/etc/empty","content":"","encoding":"text/plain"}]})");
  assert_int_equal(machine.status(), 0);
  assert_string_equal(machine.read("/opt/a/plain").c_str(), "it's\n$HOME `id` \\n \"x\"\n");
  assert_int_equal(machine.mode("/opt/a/plain"), 0600);
  assert_true(machine.read("/run/coded") == std::string("\0\1\2A\n", 5));
  assert_int_equal(machine.mode("/run/coded"), 0644);
  assert_string_equal(machine.read("/coded").c_str(), "A");
  assert_int_equal(machine.mode("/coded"), 0755);
  assert_string_equal(machine.read("/etc/empty").c_str(), "");
  assert_string_equal(machine.read("/log").c_str(), "");
}

// What a machine says whose commands are `runcmd`, with a script at /opt/s/u.sh that tells its
// arguments; ROOT stands for its root.
std::string said(const std::string& runcmd) {
  const Machine machine(
      R"({"write_files":[{"path":"/opt/s/u.sh","content":"echo ran \"$@\" >>\"$SPILLWAY_ROOT/said\""}],)"
      R"("runcmd":)" +
      runcmd + "}");
  std::string text = machine.read("/said");
  const std::size_t root = text.find(machine.root());
  return root == std::string::npos ? text : text.replace(root, machine.root().size(), "ROOT");
}

void commands_find_the_files_that_were_written(void**) {
  const std::pair<const char*, const char*> cases[] = {
      {R"(["sh /opt/s/u.sh"])", "ran\n"},
      {R"([["sh","/opt/s/u.sh"]])", "ran\n"},
      {R"([["sh","/opt/s/u.sh","a b","it's"]])", "ran a b it's\n"},
      {R"(["sh '/opt/s/u.sh' 'c d'"])", "ran c d\n"},
      {R"(["sh \"/opt/s/u.sh\" \"it's\""])", "ran it's\n"},
      {R"(["sh /opt/s/u.sh x; sh /opt/s/u.sh y"])", "ran x\nran y\n"},
      {R"json(["(sh /opt/s/u.sh z)"])json", "ran z\n"},
      {R"([["sh","-c","echo \"it's $0\" >\"$SPILLWAY_ROOT/said\"","it's /opt/s/u.sh"]])",
       "it's it's ROOT/opt/s/u.sh\n"},
      {R"(["f=/opt/s/u.sh; sh \"$f\""])", "ran\n"},
      {R"(["sh $SPILLWAY_ROOT/opt/s/u.sh"])", "missing"},  // its blanks part the words
      {R"(["sh \"$SPILLWAY_ROOT/opt/s/u.sh\""])", "ran\n"},
      {R"(["sh \"${SPILLWAY_ROOT}/opt/s/u.sh\""])", "ran\n"},
      {R"(["false", "sh /opt/s/u.sh after", "exit 3", "sh /opt/s/u.sh never"])", "ran after\n"},
      {R"([["echo","/opt/s/u.sh/x"], ["sh","/opt/s/u.sh"]])", "ran\n"},
  };
  for (const auto& [runcmd, expected] : cases) {
    if (said(runcmd) != expected) fail_msg("%s: %s", runcmd, said(runcmd).c_str());
  }
}

void paths_that_only_begin_alike_are_left_alone(void**) {
  for (const char* path :
       {"/opt/s/u.sh2", "/opt/s/u.sh.old", "/opt/s/u.sh/x", "/mnt/opt/s/u.sh", "x/opt/s/u.sh"}) {
    const std::string runcmd =
        R"([["sh","-c","echo \"$0\" >\"$SPILLWAY_ROOT/said\"",")" + std::string(path) + "\"]]";
    if (said(runcmd) != std::string(path) + "\n") fail_msg("%s: %s", path, said(runcmd).c_str());
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(nothing_to_do_is_no_script),
      cmocka_unit_test(wrong_forms_are_refused),
      cmocka_unit_test(files_are_written_below_the_root_with_their_mode),
      cmocka_unit_test(commands_find_the_files_that_were_written),
      cmocka_unit_test(paths_that_only_begin_alike_are_left_alone),
  };
  return cmocka_run_group_tests_name("sim.voltage_park_cloud_init", tests, nullptr, nullptr);
}
