// Whether a schema keeps to the subset.
#include <re2/re2.h>

#include <algorithm>
#include <array>

#include "core/config/schema.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

constexpr std::size_t kMaxSchemaDepth = 32;

constexpr std::array<std::string_view, 21> kKeywords{
    "type",  "description", "default", "enum",    "const",     "properties", "required", "additionalProperties",
    "items", "minItems",    "minimum", "maximum", "minLength", "maxLength",  "pattern",  "oneOf",
    "anyOf", "x-secret",    "x-path",  "x-unit",  "x-meanings"};
// Words about the document, which no value is checked against; fine at its top.
constexpr std::array<std::string_view, 3> kDocumentKeywords{"$schema", "$id", "title"};
constexpr std::array<std::string_view, 7> kTypes{"object", "array", "string", "integer", "number", "boolean", "null"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_of_type(const boost::json::value& value, std::string_view type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "integer") return value.is_int64() || value.is_uint64();
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_bool();
  return value.is_null();
}

class Checker {
 public:
  std::vector<std::string> problems;

  void check(const boost::json::object& schema, const std::string& pointer, std::size_t depth) {
    if (depth > kMaxSchemaDepth) return problem(pointer, "nested too deep");
    for (const auto& [key, value] : schema) check_keyword(key, value, pointer, depth);
    check_required(schema, pointer);
    check_default(schema, pointer);
    check_explained(schema, pointer);
    if ((schema.contains("oneOf") || schema.contains("anyOf")) &&
        (schema.contains("type") || schema.contains("properties"))) {
      problem(pointer, "oneOf and anyOf stand alone: put 'type' and 'properties' into their branches");
    }
  }

 private:
  void problem(const std::string& pointer, std::string_view what) {
    problems.push_back((pointer.empty() ? "/" : pointer) + ": " + std::string(what));
  }

  void check_keyword(std::string_view key, const boost::json::value& value, const std::string& pointer,
                     std::size_t depth) {
    if (depth == 0 && contains(kDocumentKeywords, key)) return;
    const std::string here = pointer + '/' + std::string(key);
    if (!contains(kKeywords, key)) return problem(here, "this keyword is not part of the supported subset");
    if (key == "type") {
      if (!value.is_string() || !contains(kTypes, value.get_string()))
        problem(here, "must be the name of one JSON type");
    } else if (key == "properties") {
      check_properties(value, here, depth);
    } else if (key == "items") {
      check_subschema(value, here, depth);
    } else if (key == "additionalProperties") {
      if (!value.is_bool()) check_subschema(value, here, depth);
    } else if (key == "oneOf" || key == "anyOf") {
      check_branches(value, here, depth);
    } else {
      check_plain_keyword(key, value, here);
    }
  }

  void check_plain_keyword(std::string_view key, const boost::json::value& value, const std::string& here) {
    if (key == "enum") {
      if (!value.is_array() || value.get_array().empty()) problem(here, "must be a list of values");
    } else if (key == "minItems" || key == "minLength" || key == "maxLength") {
      if (!value.is_int64() || value.get_int64() < 0) problem(here, "must be an integer of at least 0");
    } else if (key == "minimum" || key == "maximum") {
      if (!value.is_number()) problem(here, "must be a number");
    } else if (key == "description") {
      if (!value.is_string()) problem(here, "must be a string");
    } else if (key == "x-secret" || key == "x-path") {
      if (!value.is_bool()) problem(here, "must be true or false");
    } else if (key == "x-unit") {
      const bool known = value.is_string() && (value.get_string() == "duration" || value.get_string() == "size");
      if (!known) problem(here, "must be 'duration' or 'size'");
    } else if (key == "x-meanings") {
      check_meanings(value, here);
    } else if (key == "pattern") {
      check_pattern(value, here);
    } else if (key == "required") {
      const bool names =
          value.is_array() && std::all_of(value.get_array().begin(), value.get_array().end(),
                                          [](const boost::json::value& name) { return name.is_string(); });
      if (!names) problem(here, "must be a list of property names");
    }
  }

  void check_pattern(const boost::json::value& value, const std::string& here) {
    if (!value.is_string()) return problem(here, "must be a string");
    const std::string_view text = value.get_string();
    const RE2 pattern(re2::StringPiece(text.data(), text.size()), RE2::Quiet);
    if (!pattern.ok()) problem(here, "is not a regular expression of RE2: " + pattern.error());
  }

  void check_meanings(const boost::json::value& value, const std::string& here) {
    const bool texts = value.is_object() && std::all_of(value.get_object().begin(), value.get_object().end(),
                                                        [](const auto& member) { return member.value().is_string(); });
    if (!texts) problem(here, "must be an object of sentences, one for each value that is explained");
  }

  void check_subschema(const boost::json::value& value, const std::string& here, std::size_t depth) {
    if (!value.is_object()) return problem(here, "must be a schema");
    check(value.get_object(), here, depth + 1);
  }

  void check_properties(const boost::json::value& value, const std::string& here, std::size_t depth) {
    if (!value.is_object()) return problem(here, "must be an object of schemas");
    for (const auto& [name, schema] : value.get_object()) {
      check_subschema(schema, here + '/' + std::string(name), depth);
    }
  }

  void check_branches(const boost::json::value& value, const std::string& here, std::size_t depth) {
    if (!value.is_array() || value.get_array().empty()) return problem(here, "must be a list of schemas");
    std::size_t index = 0;
    for (const boost::json::value& branch : value.get_array()) {
      check_subschema(branch, here + '/' + std::to_string(index++), depth);
    }
  }

  void check_required(const boost::json::object& schema, const std::string& pointer) {
    const boost::json::array* required = find_array(schema, "required");
    const boost::json::object* properties = find_object(schema, "properties");
    if (required == nullptr) return;
    for (const boost::json::value& name : *required) {
      const bool known = name.is_string() && properties != nullptr && properties->contains(name.get_string());
      if (!known) problem(pointer + "/required", "names a property that is not in 'properties'");
    }
  }

  void check_default(const boost::json::object& schema, const std::string& pointer) {
    const boost::json::value* value = find(schema, "default");
    const std::optional<std::string_view> type = find_string(schema, "type");
    if (value == nullptr || !type) return;
    if (!is_of_type(*value, *type)) problem(pointer + "/default", "is not of the property's own type");
    const boost::json::array* allowed = find_array(schema, "enum");
    const bool listed = allowed == nullptr || std::find(allowed->begin(), allowed->end(), *value) != allowed->end();
    if (!listed) problem(pointer + "/default", "is not among the values of 'enum'");
  }

  void check_explained(const boost::json::object& schema, const std::string& pointer) {
    const boost::json::object* meanings = find_object(schema, "x-meanings");
    if (meanings == nullptr) return;
    const boost::json::array* allowed = find_array(schema, "enum");
    for (const auto& [name, meaning] : *meanings) {
      const bool listed =
          allowed != nullptr && std::find(allowed->begin(), allowed->end(), boost::json::value(name)) != allowed->end();
      if (!listed) problem(pointer + "/x-meanings", "explains '" + std::string(name) + "', which 'enum' does not have");
    }
  }
};

}  // namespace

std::vector<std::string> check_schema(const boost::json::object& schema) {
  Checker checker;
  checker.check(schema, "", 0);
  return std::move(checker.problems);
}

}  // namespace asmgr
