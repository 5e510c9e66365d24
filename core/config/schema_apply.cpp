// Gives a tree the types its schema says, and says what does not fit.
#include <algorithm>
#include <filesystem>

#include "core/config/scalar.hpp"
#include "core/config/schema.hpp"
#include "core/config/schema_constraints.hpp"
#include "core/config/suggest.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

constexpr std::size_t kMaxShownValue = 60;

// Inside oneOf a plain scalar is only what YAML says it is, so that `5` fits the integer branch and not the string one.
enum class Reading : std::uint8_t { lenient, exact };

std::string absolute_path(const std::string& directory, std::string_view text) {
  const std::filesystem::path joined = std::filesystem::path(directory) / std::string(text);
  return std::filesystem::absolute(joined).lexically_normal().string();
}

std::string_view kind_name(const ConfigNode& node) {
  if (node.is_map()) return "map";
  if (node.is_list()) return "list";
  return scalar_type_name(type_scalar(node).type);
}

std::vector<std::string> property_names(const boost::json::object& properties) {
  std::vector<std::string> names;
  for (const auto& [name, schema] : properties) names.emplace_back(name);
  return names;
}

class Application {
 public:
  Application(const Sources& sources, const SchemaOptions& options, Diagnostics& diagnostics)
      : sources_(sources), options_(options), diagnostics_(diagnostics) {}

  std::optional<boost::json::value> value_of(const ConfigNode& node, const boost::json::object& schema,
                                             const std::string& path, Reading reading) {
    if (!node.problem.empty()) {
      if (options_.unresolved == Unresolved::report) report(node.position, path, node.problem, node.problem_hint);
      return std::nullopt;
    }
    for (const std::string_view keyword : {"oneOf", "anyOf"}) {
      if (const boost::json::array* branches = find_array(schema, keyword)) {
        return value_of_branch(node, *branches, path, keyword == "oneOf");
      }
    }
    const std::string_view type = find_string(schema, "type").value_or(std::string_view());
    if (type == "object") return object_of(node, schema, path);
    if (type == "array") return array_of(node, schema, path);
    if (type.empty() && !node.is_scalar())
      return node.is_map() ? object_of(node, schema, path) : array_of(node, schema, path);
    return scalar_of(node, schema, type, path, reading);
  }

 private:
  void report(Position where, const std::string& path, std::string message, std::string suggestion) {
    Diagnostic diagnostic;
    diagnostic.position = where;
    diagnostic.path = path;
    diagnostic.message = std::move(message);
    diagnostic.suggestion = std::move(suggestion);
    diagnostics_.push_back(std::move(diagnostic));
  }

  // Never what came from the environment or a file, nor what the schema calls secret.
  static std::string shown(const ConfigNode& node, const boost::json::object& schema) {
    if (node.null || !node.is_scalar()) return {};
    if (node.origin != ValueOrigin::literal || find_bool(schema, "x-secret").value_or(false)) return " (not shown)";
    if (node.text.size() > kMaxShownValue) return " of " + std::to_string(node.text.size()) + " bytes";
    const bool is_text = type_scalar(node).type == ScalarType::string;
    return ' ' + (is_text ? to_text(boost::json::value(node.text)) : node.text);
  }

  std::optional<boost::json::value> wrong_type(const ConfigNode& node, const boost::json::object& schema,
                                               const std::string& path) {
    report(node.position, path,
           "expected " + expected_name(schema) + ", found " + std::string(kind_name(node)) + shown(node, schema),
           type_hint(node, schema));
    return std::nullopt;
  }

  static std::string type_hint(const ConfigNode& node, const boost::json::object& schema) {
    const std::string_view type = find_string(schema, "type").value_or(std::string_view());
    if (node.is_scalar() && node.null) {
      if (type == "object") return "write {} for an empty map, or remove the key";
      if (type == "array") return "write [] for an empty list, or remove the key";
      return "give a value, or remove the key";
    }
    if (!node.is_scalar()) return {};
    if (type == "array") return "put it in brackets: [...]";
    if (type == "object") return "expected keys below it";
    if (node.origin != ValueOrigin::literal) return {};
    return literal_hint(node, type);
  }

  static std::string literal_hint(const ConfigNode& node, std::string_view type) {
    const std::string& text = node.text;
    if (type == "boolean") {
      std::string lower = text;
      for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      if (lower == "yes" || lower == "on" || lower == "y" || lower == "1") return "write true";
      if (lower == "no" || lower == "off" || lower == "n" || lower == "0") return "write false";
      if (node.quoted && (lower == "true" || lower == "false")) return "remove the quotes";
      return "write true or false";
    }
    if (type != "integer" && type != "number") return {};
    ConfigNode plain = node;
    plain.quoted = false;
    const ScalarType as_plain = type_scalar(plain).type;
    if (node.quoted && (as_plain == ScalarType::integer || as_plain == ScalarType::number)) return "remove the quotes";
    const std::size_t digit = text.find_first_not_of('0');
    const bool leading_zero = text.size() > 1 && text[0] == '0' && digit != std::string::npos &&
                              text.find_first_not_of("0123456789.") == std::string::npos;
    if (leading_zero) return "write it without the leading zero, or 0o" + text.substr(1) + " for octal";
    return {};
  }

  std::optional<boost::json::value> scalar_of(const ConfigNode& node, const boost::json::object& schema,
                                              std::string_view type, const std::string& path, Reading reading) {
    if (!node.is_scalar()) return wrong_type(node, schema, path);
    TypedScalar typed = type_scalar(node);
    if (type == "string") {
      if (node.null) return wrong_type(node, schema, path);
      if (reading == Reading::exact && typed.type != ScalarType::string) return wrong_type(node, schema, path);
      return string_of(node, schema, path);
    }
    if (!type.empty() && !fits(typed, type)) return wrong_type(node, schema, path);
    if (const auto problem = broken_constraint(typed.value, schema)) return broken(node, schema, path, *problem);
    return std::move(typed.value);
  }

  static bool fits(TypedScalar& typed, std::string_view type) {
    if (type == "null") return typed.type == ScalarType::null;
    if (type == "boolean") return typed.type == ScalarType::boolean;
    if (type == "number") return typed.type == ScalarType::number || typed.type == ScalarType::integer;
    if (type != "integer") return false;
    if (typed.type == ScalarType::integer) return true;
    if (typed.type != ScalarType::number) return false;
    // 1e3 is an integer too.
    const double number = typed.value.as_double();
    if (number != static_cast<double>(static_cast<std::int64_t>(std::clamp(number, -9e15, 9e15)))) return false;
    typed.value = static_cast<std::int64_t>(number);
    return true;
  }

  std::optional<boost::json::value> broken(const ConfigNode& node, const boost::json::object& schema,
                                           const std::string& path, const BrokenConstraint& problem) {
    const std::string value = shown(node, schema);
    const bool has_words = value.starts_with(" \"") || value == ' ' + node.text;
    report(node.position, path, (has_words ? value.substr(1) : std::string("the value")) + ' ' + problem.message,
           problem.suggestion);
    return std::nullopt;
  }

  std::optional<boost::json::value> string_of(const ConfigNode& node, const boost::json::object& schema,
                                              const std::string& path) {
    boost::json::value value(node.text);
    if (const auto problem = broken_constraint(value, schema)) return broken(node, schema, path, *problem);
    if (const auto unit = find_string(schema, "x-unit")) {
      const std::optional<std::int64_t> number = in_unit(node.text, *unit);
      if (!number) return broken(node, schema, path, wrong_unit(*unit));
      value = *number;
      if (const auto problem = broken_range(value, schema)) return broken(node, schema, path, *problem);
    } else if (find_bool(schema, "x-path").value_or(false) && !node.text.empty()) {
      const std::string& directory =
          node.begins_with_environment ? options_.working_directory : sources_[node.position.source].directory;
      value = absolute_path(directory, node.text);
    }
    return value;
  }

  std::optional<boost::json::value> array_of(const ConfigNode& node, const boost::json::object& schema,
                                             const std::string& path) {
    if (!node.is_list()) return wrong_type(node, schema, path);
    const std::int64_t fewest = find_int(schema, "minItems").value_or(0);
    if (static_cast<std::int64_t>(node.items.size()) < fewest) {
      report(node.position, path, "needs at least " + std::to_string(fewest) + (fewest == 1 ? " item" : " items"), "");
    }
    static const boost::json::object kAnything;
    const boost::json::object* items = find_object(schema, "items");
    boost::json::array out;
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      auto value = value_of(node.items[i], items == nullptr ? kAnything : *items, path_join(path, i), Reading::lenient);
      if (value) out.push_back(std::move(*value));
    }
    return out;
  }

  std::optional<boost::json::value> object_of(const ConfigNode& node, const boost::json::object& schema,
                                              const std::string& path) {
    if (!node.is_map()) return wrong_type(node, schema, path);
    static const boost::json::object kNothing;
    const boost::json::object* declared = find_object(schema, "properties");
    const boost::json::object& properties = declared == nullptr ? kNothing : *declared;
    boost::json::object out;
    add_declared(node, properties, path, out);
    add_undeclared(node, schema, properties, path, out);
    report_missing(node, schema, path);
    return out;
  }

  void add_declared(const ConfigNode& node, const boost::json::object& properties, const std::string& path,
                    boost::json::object& out) {
    for (const auto& [name, schema] : properties) {
      if (!schema.is_object()) continue;
      const ConfigNode* child = node.find(name);
      if (child == nullptr) {
        const boost::json::value* fallback = find(schema.get_object(), "default");
        if (fallback != nullptr) out[name] = default_of(*fallback, schema.get_object(), directory_of(node));
        continue;
      }
      auto value = value_of(*child, schema.get_object(), path_join(path, name), Reading::lenient);
      if (value) out[name] = std::move(*value);
    }
  }

  void add_undeclared(const ConfigNode& node, const boost::json::object& schema, const boost::json::object& properties,
                      const std::string& path, boost::json::object& out) {
    static const boost::json::object kAnything;
    const boost::json::value* additional = find(schema, "additionalProperties");
    const bool closed = additional != nullptr && additional->is_bool() && !additional->get_bool();
    const bool typed = additional != nullptr && additional->is_object();
    for (const ConfigMember& member : node.members) {
      if (properties.contains(member.key)) continue;
      const std::string member_path = path_join(path, member.key);
      if (closed) {
        report(member.key_position, member_path, "unknown key", suggest(member.key, property_names(properties)));
        continue;
      }
      auto value = value_of(member.value, typed ? additional->get_object() : kAnything, member_path, Reading::lenient);
      if (value) out[member.key] = std::move(*value);
    }
  }

  void report_missing(const ConfigNode& node, const boost::json::object& schema, const std::string& path) {
    const boost::json::array* required = find_array(schema, "required");
    if (required == nullptr) return;
    for (const boost::json::value& name : *required) {
      if (!name.is_string() || node.find(name.get_string()) != nullptr) continue;
      const std::string key(name.get_string());
      report(node.position, path, "missing required key '" + key + "'", "add '" + key + "'");
    }
  }

  [[nodiscard]] const std::string& directory_of(const ConfigNode& node) const {
    return sources_[node.position.source].directory;
  }

  // A default is written as a person would write the value: "30s", "./x.db".
  static boost::json::value default_of(const boost::json::value& value, const boost::json::object& schema,
                                       const std::string& directory) {
    if (value.is_string()) {
      const std::string_view text = value.get_string();
      if (const auto unit = find_string(schema, "x-unit")) return in_unit(text, *unit).value_or(0);
      if (find_bool(schema, "x-path").value_or(false) && !text.empty()) {
        return boost::json::value(absolute_path(directory, text));
      }
      return value;
    }
    const boost::json::object* properties = find_object(schema, "properties");
    if (!value.is_object() || properties == nullptr) return value;
    boost::json::object out = value.get_object();
    for (const auto& [name, property] : *properties) {
      if (!property.is_object()) continue;
      const boost::json::value* given = find(value.get_object(), name);
      const boost::json::value* fallback = given != nullptr ? given : find(property.get_object(), "default");
      if (fallback != nullptr) out[name] = default_of(*fallback, property.get_object(), directory);
    }
    return out;
  }

  struct Attempt {
    std::optional<boost::json::value> value;
    Diagnostics problems;
    const boost::json::object* schema = nullptr;
  };

  std::vector<Attempt> try_branches(const ConfigNode& node, const boost::json::array& branches, const std::string& path,
                                    Reading reading) {
    std::vector<Attempt> attempts;
    for (const boost::json::value& branch : branches) {
      if (!branch.is_object()) continue;
      Attempt attempt;
      attempt.schema = &branch.get_object();
      Application trial(sources_, options_, attempt.problems);
      attempt.value = trial.value_of(node, *attempt.schema, path, reading);
      attempts.push_back(std::move(attempt));
    }
    return attempts;
  }

  std::optional<boost::json::value> value_of_branch(const ConfigNode& node, const boost::json::array& branches,
                                                    const std::string& path, bool only_one) {
    std::vector<Attempt> attempts;
    for (const Reading reading : {Reading::exact, Reading::lenient}) {
      attempts = try_branches(node, branches, path, reading);
      std::vector<Attempt*> fitting;
      for (Attempt& attempt : attempts) {
        if (attempt.value && attempt.problems.empty()) fitting.push_back(&attempt);
      }
      if (fitting.size() > 1 && only_one) {
        report(node.position, path, "fits more than one of the forms it may have", "say it more exactly");
        return std::nullopt;
      }
      if (!fitting.empty()) return std::move(fitting.front()->value);
    }
    return explain_branches(node, attempts, path);
  }

  // The problems of the one branch that is of the node's kind; without such a branch, what kinds there are.
  std::optional<boost::json::value> explain_branches(const ConfigNode& node, std::vector<Attempt>& attempts,
                                                     const std::string& path) {
    std::vector<Attempt*> same_kind;
    std::string expected;
    for (Attempt& attempt : attempts) {
      const std::string_view type = find_string(*attempt.schema, "type").value_or(std::string_view());
      const bool is_same = node.is_map()    ? type == "object"
                           : node.is_list() ? type == "array"
                                            : type != "object" && type != "array";
      if (is_same) same_kind.push_back(&attempt);
      const std::string name = expected_name(*attempt.schema);
      if (expected.find(name) == std::string::npos) expected += (expected.empty() ? "" : " or ") + name;
    }
    if (same_kind.size() == 1) {
      for (Diagnostic& problem : same_kind.front()->problems) diagnostics_.push_back(std::move(problem));
      return std::nullopt;
    }
    report(node.position, path, "expected " + expected + ", found " + std::string(kind_name(node)), "");
    return std::nullopt;
  }

  const Sources& sources_;
  const SchemaOptions& options_;
  Diagnostics& diagnostics_;
};

void collect_secrets(const ConfigNode& node, const boost::json::object& schema, std::vector<const ConfigNode*>& out) {
  if (find_bool(schema, "x-secret").value_or(false)) {
    out.push_back(&node);
    return;
  }
  for (const std::string_view keyword : {"oneOf", "anyOf"}) {
    const boost::json::array* branches = find_array(schema, keyword);
    if (branches == nullptr) continue;
    for (const boost::json::value& branch : *branches) {
      if (branch.is_object()) collect_secrets(node, branch.get_object(), out);
    }
  }
  if (const boost::json::object* items = find_object(schema, "items")) {
    for (const ConfigNode& item : node.items) collect_secrets(item, *items, out);
  }
  const boost::json::object* properties = find_object(schema, "properties");
  const boost::json::object* additional = find_object(schema, "additionalProperties");
  for (const ConfigMember& member : node.members) {
    const boost::json::object* property = properties == nullptr ? nullptr : find_object(*properties, member.key);
    if (property == nullptr) property = additional;
    if (property != nullptr) collect_secrets(member.value, *property, out);
  }
}

}  // namespace

std::string expected_name(const boost::json::object& schema) {
  if (const auto unit = find_string(schema, "x-unit")) return std::string(*unit);
  const std::string_view type = find_string(schema, "type").value_or(std::string_view());
  if (type == "object") return "map";
  if (type == "array") return "list";
  if (type == "null") return "nothing";
  return type.empty() ? "another value" : std::string(type);
}

std::optional<boost::json::value> apply_schema(const ConfigNode& node, const boost::json::object& schema,
                                               std::string_view path, const Sources& sources,
                                               const SchemaOptions& options, Diagnostics& diagnostics) {
  return Application(sources, options, diagnostics).value_of(node, schema, std::string(path), Reading::lenient);
}

std::vector<const ConfigNode*> secret_values(const ConfigNode& node, const boost::json::object& schema) {
  std::vector<const ConfigNode*> out;
  collect_secrets(node, schema, out);
  return out;
}

}  // namespace asmgr
