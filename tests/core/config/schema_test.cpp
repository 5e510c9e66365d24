#include "core/config/schema.hpp"

#include <gtest/gtest.h>

#include "core/config/host_schema.hpp"
#include "core/model/json.hpp"
#include "tests/core/config/config_fixture.hpp"

namespace asmgr {
namespace {

boost::json::object object(std::string_view text) {
  return *parse_json_object(text, "test");
}

struct Applied {
  std::string value;     // JSON text; "-" when there is none
  std::string problems;  // one "path: message" per line
};

Applied typed(std::string_view yaml, std::string_view schema, const SchemaOptions& options = {}) {
  ReadOptions read = test_options();
  read.working_directory = "/base";
  Diagnostics diagnostics;
  const ConfigTree tree = read_config_text(std::string(yaml), "test.yaml", read, diagnostics);
  const auto value = apply_schema(tree.root, object(schema), "", tree.sources, options, diagnostics);
  Applied applied{value ? to_text(*value) : "-", ""};
  for (const Diagnostic& one : diagnostics) applied.problems += one.path + ": " + one.message + "\n";
  return applied;
}

std::string property(std::string_view schema) {
  return R"({"type":"object","properties":{"x":)" + std::string(schema) + R"(},"additionalProperties":false})";
}

TEST(Schema, ReadsScalarsAsTheTypeItNames) {
  EXPECT_EQ(typed("x: 5", property(R"({"type":"integer"})")).value, R"({"x":5})");
  EXPECT_EQ(typed("x: 1e3", property(R"({"type":"integer"})")).value, R"({"x":1000})");
  EXPECT_EQ(typed("x: 5", property(R"({"type":"number"})")).value, R"({"x":5})");
  EXPECT_EQ(typed("x: 0.5", property(R"({"type":"number"})")).value, R"({"x":0.5})");
  EXPECT_EQ(typed("x: true", property(R"({"type":"boolean"})")).value, R"({"x":true})");
  EXPECT_EQ(typed("x: ~", property(R"({"type":"null"})")).value, R"({"x":null})");
}

TEST(Schema, KeepsAStringAsItIsWritten) {
  for (const char* text : {"0123", "yes", "1.50", "true", "12"}) {
    EXPECT_EQ(typed("x: " + std::string(text), property(R"({"type":"string"})")).value,
              "{\"x\":\"" + std::string(text) + "\"}");
  }
}

TEST(Schema, DoesNotTakeQuotedScalarsForNumbers) {
  const Applied applied = typed("x: '5'", property(R"({"type":"integer"})"));
  EXPECT_EQ(applied.problems, "x: expected integer, found string \"5\"\n");
  EXPECT_EQ(applied.value, "{}");
}

TEST(Schema, TypesFreeValuesByTheCoreSchema) {
  EXPECT_EQ(typed("x: {a: 1, b: [yes, true, 0123, '1', ~]}", property(R"({"type":"object"})")).value,
            R"({"x":{"a":1,"b":["yes",true,"0123","1",null]}})");
}

TEST(Schema, FillsDefaultsOfWhatIsMissingAndOfDefaultMaps) {
  const std::string schema = R"({"type":"object","properties":{
    "a":{"type":"integer","default":7},
    "wait":{"type":"string","x-unit":"duration","default":"1.5s"},
    "inner":{"type":"object","default":{},"properties":{"size":{"type":"string","x-unit":"size","default":"1KiB"}}},
    "absent":{"type":"object","properties":{"y":{"type":"integer","default":1}}}}})";
  EXPECT_EQ(typed("{}", schema).value, R"({"a":7,"wait":1500,"inner":{"size":1024}})");
  EXPECT_EQ(typed("inner: {}\nabsent: {}\n", schema).value,
            R"({"a":7,"wait":1500,"inner":{"size":1024},"absent":{"y":1}})");
}

TEST(Schema, TurnsUnitsIntoIntegersAndBoundsThem) {
  const std::string duration = property(R"({"type":"string","x-unit":"duration","minimum":100,"maximum":60000})");
  EXPECT_EQ(typed("x: 250ms", duration).value, R"({"x":250})");
  EXPECT_EQ(typed("x: 1m", duration).value, R"({"x":60000})");
  EXPECT_EQ(typed("x: 2m", duration).problems, "x: \"2m\" is more than 60000\n");
  EXPECT_EQ(typed("x: 0", duration).problems, "x: 0 is less than 100\n");
  EXPECT_EQ(typed("x: 10MB", property(R"({"type":"string","x-unit":"size"})")).value, R"({"x":10000000})");
}

TEST(Schema, MakesPathsAbsoluteFromTheFileTheyStandIn) {
  const std::string schema = property(R"({"type":"string","x-path":true,"default":"./d"})");
  EXPECT_EQ(typed("x: a/../b", schema).value, R"({"x":"/base/b"})");
  EXPECT_EQ(typed("x: /etc/x", schema).value, R"({"x":"/etc/x"})");
  EXPECT_EQ(typed("{}", schema).value, R"({"x":"/base/d"})");
}

TEST(Schema, MakesPathsFromTheEnvironmentRelativeToTheWorkingDirectory) {
  SchemaOptions options;
  options.working_directory = "/work-here";
  const std::string schema = property(R"({"type":"string","x-path":true})");
  EXPECT_EQ(typed("x: ${env:GREETING}/x.db", schema, options).value, R"({"x":"/work-here/hello/x.db"})");
  EXPECT_EQ(typed("x: data/${env:GREETING}", schema, options).value, R"({"x":"/base/data/hello"})");
}

TEST(Schema, ChoosesTheOneFormThatFits) {
  const std::string schema =
      property(R"({"oneOf":[{"type":"string"},{"type":"integer"},{"type":"array","items":{"type":"integer"}}]})");
  EXPECT_EQ(typed("x: five", schema).value, R"({"x":"five"})");
  EXPECT_EQ(typed("x: 5", schema).value, R"({"x":5})");
  EXPECT_EQ(typed("x: '5'", schema).value, R"({"x":"5"})");
  EXPECT_EQ(typed("x: [1, 2]", schema).value, R"({"x":[1,2]})");
  EXPECT_EQ(typed("x: [a]", schema).problems, "x[0]: expected integer, found string \"a\"\n");
  EXPECT_EQ(typed("x: {}", schema).problems, "x: expected string or integer or list, found map\n");
}

TEST(Schema, RefusesWhatFitsTwoOfOneOfButNotOfAnyOf) {
  const std::string branches = R"([{"type":"integer"},{"type":"number"}])";
  EXPECT_EQ(typed("x: 5", property("{\"oneOf\":" + branches + "}")).problems,
            "x: fits more than one of the forms it may have\n");
  EXPECT_EQ(typed("x: 5", property("{\"anyOf\":" + branches + "}")).value, R"({"x":5})");
}

TEST(Schema, ChecksConstAndEnumOfAnyType) {
  EXPECT_EQ(typed("x: 2", property(R"({"type":"integer","const":1})")).problems, "x: 2 must be 1\n");
  EXPECT_EQ(typed("x: 1", property(R"({"type":"integer","const":1})")).value, R"({"x":1})");
  EXPECT_EQ(typed("x: 3", property(R"({"enum":[1,2,"off"]})")).problems, "x: 3 is not one of: 1, 2, off\n");
  EXPECT_EQ(typed("x: off", property(R"({"enum":[1,2,"off"]})")).value, R"({"x":"off"})");
}

TEST(Schema, CountsCharactersAndNotBytes) {
  EXPECT_EQ(typed("x: äöü", property(R"({"type":"string","maxLength":3})")).problems, "");
  EXPECT_EQ(typed("x: äöüß", property(R"({"type":"string","maxLength":3})")).problems,
            "x: \"äöüß\" is longer than 3 characters\n");
}

TEST(Schema, NeverShowsASecret) {
  const std::string schema = property(R"({"type":"string","x-secret":true,"minLength":20})");
  EXPECT_EQ(typed("x: hunter2", schema).problems, "x: the value is shorter than 20 characters\n");
  const Applied from_environment = typed("x: ${env:TOKEN}", property(R"({"type":"integer"})"));
  EXPECT_EQ(from_environment.problems, "x: expected integer, found string (not shown)\n");
}

TEST(Schema, FindsTheSecretValues) {
  Diagnostics diagnostics;
  const ConfigTree tree =
      read_config_text("a: 1\nkeys: [{k: one}, {k: two}]\nheaders: {x: three}\n", "t", {}, diagnostics);
  const auto secrets = secret_values(tree.root, object(R"({"type":"object","properties":{
    "keys":{"type":"array","items":{"type":"object","properties":{"k":{"type":"string","x-secret":true}}}},
    "headers":{"type":"object","additionalProperties":{"oneOf":[{"type":"string","x-secret":true},{"type":"null"}]}}}})"));
  ASSERT_EQ(secrets.size(), 3U);
  EXPECT_EQ(secrets[0]->text, "one");
  EXPECT_EQ(secrets[2]->text, "three");
}

TEST(SchemaCheck, AcceptsTheSubset) {
  for (const char* plugin : {"sqlite", "model", "limits"}) {
    EXPECT_TRUE(check_schema(test_schema(plugin)).empty()) << check_schema(test_schema(plugin)).front();
  }
}

TEST(SchemaCheck, NamesWhatIsBeyondIt) {
  const auto first = [](std::string_view schema) {
    const std::vector<std::string> problems = check_schema(object(schema));
    return problems.empty() ? std::string() : problems.front();
  };
  EXPECT_EQ(first(R"({"type":"object","$ref":"x"})"), "/$ref: this keyword is not part of the supported subset");
  EXPECT_EQ(first(R"({"properties":{"a":{"format":"uri"}}})"),
            "/properties/a/format: this keyword is not part of the supported subset");
  EXPECT_EQ(first(R"({"type":["string","null"]})"), "/type: must be the name of one JSON type");
  EXPECT_EQ(first(R"({"type":"text"})"), "/type: must be the name of one JSON type");
  EXPECT_EQ(first(R"({"required":["a"]})"), "/required: names a property that is not in 'properties'");
  EXPECT_EQ(first(R"({"type":"string","x-unit":"weight"})"), "/x-unit: must be 'duration' or 'size'");
  EXPECT_EQ(first(R"({"type":"string","enum":["a"],"x-meanings":{"a":1}})"),
            "/x-meanings: must be an object of sentences, one for each value that is explained");
  EXPECT_EQ(first(R"({"type":"string","enum":["a"],"x-meanings":{"a":"x","b":"y"}})"),
            "/x-meanings: explains 'b', which 'enum' does not have");
  EXPECT_EQ(first(R"({"type":"integer","default":"1"})"), "/default: is not of the property's own type");
  EXPECT_EQ(first(R"({"type":"string","enum":["a"],"default":"b"})"), "/default: is not among the values of 'enum'");
  EXPECT_EQ(first(R"({"enum":[]})"), "/enum: must be a list of values");
  EXPECT_EQ(first(R"({"type":"string","minLength":-1})"), "/minLength: must be an integer of at least 0");
  EXPECT_EQ(first(R"({"items":[{}]})"), "/items: must be a schema");
  EXPECT_EQ(first(R"({"oneOf":[]})"), "/oneOf: must be a list of schemas");
  EXPECT_EQ(first(R"({"properties":{"a":1}})"), "/properties/a: must be a schema");
  const boost::json::object look_ahead{{"type", "string"}, {"pattern", "(?=look-ahead)"}};
  EXPECT_NE(first(to_text(look_ahead)).find("is not a regular expression of RE2"), std::string::npos);
}

TEST(HostSchema, IsTheFileInConfigsAndKeepsToTheSubset) {
  const Result<boost::json::object> parsed = parse_json_object(host_schema_text(), "configs/asmgr.schema.json");
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(*parsed, host_schema());
  for (const std::string& problem : check_schema(host_schema())) ADD_FAILURE() << problem;
}

}  // namespace
}  // namespace asmgr
