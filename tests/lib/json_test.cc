// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/json.h"

#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

Json parsed(std::string_view text) {
  const Result<Json> json = Json::parse(text, "test");
  if (!json) fail_msg("%s", json.error().message.c_str());
  return *json;
}

void texts_are_read_and_dumped_in_their_order(void**) {
  struct Case {
    const char* text;
    const char* dump;
  };
  const Case cases[] = {
      {"{}", "{}"},
      {" [ ] ", "[]"},
      {"null", "null"},
      {"true", "true"},
      {"-7", "-7"},
      {"\"text\"", "\"text\""},
      {"{\"z\": 1, \"a\": [null, false, {\"b\": \"\\u00e9\"}]}",
       "{\"z\":1,\"a\":[null,false,{\"b\":\"\xC3\xA9\"}]}"},
      {"9223372036854775807", "9223372036854775807"},
  };
  for (const Case& c : cases) {
    const Result<Json> json = Json::parse(c.text, "test");
    if (!json) fail_msg("'%s': %s", c.text, json.error().message.c_str());
    if (json->dump() != c.dump) fail_msg("'%s' is dumped as '%s'", c.text, json->dump().c_str());
  }
}

void what_is_not_json_is_refused(void**) {
  const std::string cases[] = {
      "",
      " ",
      "<html>502</html>",
      "{",
      "{\"a\":1",
      "[1,",
      "[1,]",
      "{\"a\":1,}",
      "{\"a\":1,\"a\":2}",
      "{a:1}",
      "{'a':1}",
      "{} {}",
      "{} x",
      "1 2",
      "nul",
      "True",
      "NaN",
      "01",
      "+1",
      "1.",
      ".5",
      "9223372036854775808",
      "1e999",
      "\"open",
      "\"line\nend\"",
      "\"\xFF\"",
      "\"\\u0000\"",
      "\"\\ud800\"",
      "\xEF\xBB\xBF{}",
      std::string("{}\0", 3),
      std::string(5000, '['),
  };
  for (const std::string& text : cases) {
    const Result<Json> json = Json::parse(text, "lambda");
    if (json) fail_msg("'%s' is accepted", text.c_str());
    if (json.error().code != ErrorCode::kProtocol) fail_msg("'%s': not kProtocol", text.c_str());
    if (!json.error().message.starts_with("lambda: not JSON: line ")) {
      fail_msg("'%s': %s", text.c_str(), json.error().message.c_str());
    }
  }
}

void message_does_not_quote_the_text(void**) {
  const Result<Json> json = Json::parse("{\"token\":\"hunter2\"", "lambda");
  assert_false(static_cast<bool>(json));
  assert_int_equal(json.error().message.find("hunter2"), std::string::npos);
}

void members_of_another_type_are_nothing(void**) {
  const Json json = parsed("{\"s\":\"t\",\"i\":5,\"r\":2.5,\"b\":true,\"n\":null,\"a\":[1]}");
  assert_string_equal(json.string("s").value_or("").c_str(), "t");
  assert_int_equal(json.integer("i").value_or(0), 5);
  assert_true(json.boolean("b").value_or(false));
  assert_false(json.string("i").has_value());
  assert_false(json.integer("s").has_value());
  assert_false(json.integer("r").has_value());
  assert_false(json.integer("b").has_value());
  assert_false(json.boolean("i").has_value());
  assert_false(json.string("n").has_value());
  assert_true(json.get("n").is_null());
  assert_false(json.get("n").is_absent());
}

void absent_members_are_absent_all_the_way_down(void**) {
  const Json json = parsed("{\"a\":[1,2]}");
  assert_true(json.get("x").is_absent());
  assert_true(json.get("x").get("y").at(3).is_absent());
  assert_false(json.get("x").is_null());
  assert_false(json.get("x").string("y").has_value());
  assert_true(json.get("a").at(2).is_absent());
  assert_true(json.at(0).is_absent());
  assert_int_equal(json.get("a").size(), 2);
  assert_int_equal(json.size(), 1);
  assert_int_equal(Json().size(), 0);
  assert_string_equal(Json().dump().c_str(), "");
}

void prices_are_read_as_their_shortest_decimal(void**) {
  struct Case {
    const char* text;
    const char* decimal;
  };
  const Case cases[] = {
      {"2.49", "2.49"},
      {"2.490", "2.49"},
      {"12", "12"},
      {"12.0", "12"},
      {"0.1", "0.1"},
      {"1e3", "1000"},
      {"1e-6", "0.000001"},
      {"-0.5", "-0.5"},
      {"\"3.50\"", "3.50"},
  };
  for (const Case& c : cases) {
    const std::string decimal = parsed(c.text).as_decimal().value_or("nothing");
    if (decimal != c.decimal) fail_msg("%s is read as %s", c.text, decimal.c_str());
  }
  assert_false(parsed("null").as_decimal().has_value());
  assert_false(parsed("true").as_decimal().has_value());
}

void built_values_are_dumped_in_insertion_order(void**) {
  Json list = Json::array();
  list.append(Json::of(1)).append(Json::of("two")).append(Json::null());
  Json json = Json::object();
  json.set("z", list).set("text", "a\"b").set("yes", true).set("n", std::int64_t{1} << 40);
  assert_string_equal(json.dump().c_str(),
                      "{\"z\":[1,\"two\",null],\"text\":\"a\\\"b\",\"yes\":true,"
                      "\"n\":1099511627776}");
  assert_string_equal(Json::object().set("a", 1).dump_indented().c_str(), "{\n  \"a\": 1\n}\n");
}

void invalid_utf8_is_replaced_not_lost(void**) {
  assert_string_equal(Json::of("ok \xFF\xC3\xA9 \xC3").as_string().value_or("").c_str(),
                      "ok ?\xC3\xA9 ?");
}

void absent_values_are_not_set(void**) {
  assert_string_equal(Json::object().set("a", Json()).dump().c_str(), "{}");
  assert_string_equal(Json::array().append(Json()).dump().c_str(), "[]");
}

void copies_share_the_value_and_outlive_the_whole(void**) {
  Json inner;
  {
    const Json outer = parsed("{\"inner\":{\"a\":1}}");
    inner = outer.get("inner");
    const Json copy = inner;  // NOLINT: the copy is the point
    assert_int_equal(copy.integer("a").value_or(0), 1);
  }
  assert_int_equal(inner.integer("a").value_or(0), 1);
  const Json moved = std::move(inner);
  assert_int_equal(moved.integer("a").value_or(0), 1);
}

void for_each_goes_through_the_members_in_order(void**) {
  std::string keys;
  parsed("{\"b\":1,\"a\":2,\"c\":3}").for_each([&](const std::string& key, const Json& value) {
    keys += key + std::to_string(value.as_integer().value_or(0));
  });
  assert_string_equal(keys.c_str(), "b1a2c3");
  parsed("[1]").for_each([&](const std::string& key, const Json&) { keys += key; });
  assert_string_equal(keys.c_str(), "b1a2c3");
}

}  // namespace

static void rows_are_given_one_by_one_and_the_rest_is_kept(void**) {
  std::string seen;
  const auto note = [&](const Json& row) { seen += row.dump() + ";"; };
  const auto object = Json::parse_rows(
      " {\"a\" : {\"data\":[9]}, \"data\":[1 , {\"b\":[2]},\"]\",[3],null] ,\"c\":\"x\\u00e9\"}\n",
      "t",
      "data",
      note);
  assert_true(bool(object));
  assert_string_equal(seen.c_str(), "1;{\"b\":[2]};\"]\";[3];null;");
  assert_int_equal(object->get("data").size(), 0);
  assert_true(object->get("data").is_array());
  assert_int_equal(*object->get("a").get("data").at(0).as_integer(), 9);
  assert_string_equal(object->string("c")->c_str(), "x\xC3\xA9");
}

static void rows_are_taken_and_refused_as_whole_texts_are(void**) {
  for (const char* text : {"{}",
                           "{\"data\":[]}",
                           "{\"data\":7}",
                           "{\"data\":null}",
                           "{\"data\":{\"data\":[1]}}",
                           "{\"data\":[1,2]}",
                           "{\"x\":[1],\"data\":[2]}",
                           "{ }",
                           "\t{\"data\":[[]]}\r\n",
                           // no JSON
                           "",
                           " ",
                           "{",
                           "}",
                           "{]",
                           "{\"data\"}",
                           "{\"data\":}",
                           "{\"data\":[}",
                           "{\"data\":[1,]}",
                           "{\"data\":[,1]}",
                           "{\"data\":[1 2]}",
                           "{\"data\":[1]",
                           "{\"data\":[1]}}",
                           "{\"data\":[1]} x",
                           "{\"data\":[1],}",
                           "{,}",
                           "{\"data\":[1]\"a\":2}",
                           "{7:[1]}",
                           "{data:[1]}",
                           "{\"data\":[1],\"data\":[2]}",
                           "{\"a\":1,\"a\":2}",
                           "{\"data\":[{\"a\":1,\"a\":2}]}",
                           "{\"data\":[\"\xff\"]}",
                           "{\"data\":[01]}",
                           "{\"data\":[nul]}",
                           "{\"a\":tru,\"data\":[]}",
                           "{\"data\":[1]}\v",
                           "{'data':[1]}"}) {
    const bool whole = static_cast<bool>(Json::parse(text, "t"));
    const auto rows = Json::parse_rows(text, "t", "data", [](const Json&) {});
    if (static_cast<bool>(rows) != whole) fail_msg("%s: %s", whole ? "refused" : "taken", text);
    if (!rows && rows.error().code != ErrorCode::kProtocol) fail_msg("another error: %s", text);
  }
  // What is no object is none.
  for (const char* text : {"[]", "[1]", "7", "null", "\"data\""}) {
    if (Json::parse_rows(text, "t", "data", [](const Json&) {})) fail_msg("taken: %s", text);
  }
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(texts_are_read_and_dumped_in_their_order),
      cmocka_unit_test(what_is_not_json_is_refused),
      cmocka_unit_test(message_does_not_quote_the_text),
      cmocka_unit_test(members_of_another_type_are_nothing),
      cmocka_unit_test(absent_members_are_absent_all_the_way_down),
      cmocka_unit_test(prices_are_read_as_their_shortest_decimal),
      cmocka_unit_test(built_values_are_dumped_in_insertion_order),
      cmocka_unit_test(invalid_utf8_is_replaced_not_lost),
      cmocka_unit_test(absent_values_are_not_set),
      cmocka_unit_test(copies_share_the_value_and_outlive_the_whole),
      cmocka_unit_test(rows_are_given_one_by_one_and_the_rest_is_kept),
      cmocka_unit_test(rows_are_taken_and_refused_as_whole_texts_are),
      cmocka_unit_test(for_each_goes_through_the_members_in_order),
  };
  return cmocka_run_group_tests_name("lib.json", tests, nullptr, nullptr);
}
