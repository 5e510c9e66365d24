#include "rule.hpp"

#include <asmgr/toolkit/json_view.hpp>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "command_line.hpp"
#include "paths.hpp"

namespace asmgr::tool_rules {
namespace {

namespace json = boost::json;
using asmgr::sdk::as_json;
using asmgr::sdk::as_view;

std::string_view tool_of(const json::value& written) {
  if (written.is_string()) return as_view(written.get_string());
  if (!written.is_object()) throw RuleProblem("", "must be a tool's name, a glob, or {tool: ...}");
  const json::value* tool = written.get_object().if_contains("tool");
  if (tool == nullptr || !tool->is_string()) throw RuleProblem("/tool", "is missing; write a tool's name or a glob");
  return as_view(tool->get_string());
}

Glob glob_of(const json::value& written, LetterCase letter_case) {
  const std::string_view pattern = tool_of(written);
  try {
    return Glob(pattern, letter_case);
  } catch (const std::invalid_argument& problem) {
    throw RuleProblem(written.is_string() ? "" : "/tool",
                      "the pattern \"" + std::string(pattern) + "\" " + problem.what());
  }
}

// A condition of an entry; nullptr when it has none of that name.
const json::string* condition(const json::object& written, const char* key) {
  const json::value* value = written.if_contains(key);
  if (value == nullptr || value->is_null()) return nullptr;
  if (!value->is_string() || value->get_string().empty())
    throw RuleProblem("/" + std::string(key), "must be a non-empty string");
  return &value->get_string();
}

// Null counts as absent.
const json::value* member(const json::value& input, std::string_view key) {
  const json::value* value = input.get_object().if_contains(as_json(key));
  return value == nullptr || value->is_null() ? nullptr : value;
}

// Asks a condition of each string in a value: itself, or the elements of a list.
template <typename Condition>
Certainty each_text(const json::value& value, Condition&& holds) {
  if (value.is_string()) return holds(as_view(value.get_string()));
  if (!value.is_array()) return Certainty::maybe;
  Verdict verdict;
  for (const json::value& element : value.get_array())
    verdict.add(element.is_string() ? holds(as_view(element.get_string())) : Certainty::maybe);
  return verdict.certainty();
}

}  // namespace

Rule::Rule(const json::value& written, const Reading& reading)
    : written_(written), tool_(glob_of(written, reading.names)), cwd_(reading.cwd) {
  if (written.is_object()) read_conditions(written.get_object());
}

void Rule::read_conditions(const json::object& written) {
  for (const auto& [key, value] : written) {
    static_cast<void>(value);
    const bool known =
        key == "tool" || key == "path_under" || key == "command_prefix" || key == "field" || key == "matches";
    if (!known) throw RuleProblem("/" + std::string(key), "is not a condition of a tool rule");
  }
  if (const json::string* path = condition(written, "path_under")) path_under_ = joined(cwd_, as_view(*path));
  if (const json::string* prefix = condition(written, "command_prefix")) {
    command_prefix_ = words_of(as_view(*prefix));
    if (command_prefix_.empty()) throw RuleProblem("/command_prefix", "has no word in it");
  }
  if (const json::string* field = condition(written, "field")) field_ = as_view(*field);
  if (const json::string* pattern = condition(written, "matches")) {
    if (field_.empty()) throw RuleProblem("/matches", "needs 'field': which part of the tool's input it is about");
    matches_ = std::make_unique<RE2>(re2::StringPiece(pattern->data(), pattern->size()), RE2::Quiet);
    if (!matches_->ok()) throw RuleProblem("/matches", "is not a regular expression of RE2: " + matches_->error());
  }
  if (!field_.empty() && !has_conditions())
    throw RuleProblem("/field", "does nothing without path_under, command_prefix or matches");
}

std::optional<std::string> Rule::plain_name() const {
  if (has_conditions() || !tool_.is_literal()) return std::nullopt;
  std::string name;
  const std::string& pattern = tool_.pattern();
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
    name += pattern[i];
  }
  return name;
}

bool Rule::has_conditions_of(const Rule& other) const {
  const auto expression = [](const Rule& rule) { return rule.matches_ ? rule.matches_->pattern() : std::string(); };
  return path_under_ == other.path_under_ && command_prefix_ == other.command_prefix_ && field_ == other.field_ &&
         expression(*this) == expression(other);
}

bool Rule::covers(const Rule& other) const {
  return tool_.covers(other.tool_) && (!has_conditions() || has_conditions_of(other));
}

bool Rule::is_same_as(const Rule& other) const {
  return tool_.is_same_as(other.tool_) && has_conditions_of(other);
}

bool Rule::surely_covers(const ToolCall& call) const {
  return tool_.matches(call.name) && conditions_hold(call) == Certainty::yes;
}

bool Rule::may_cover(const ToolCall& call) const {
  return tool_.matches_look_of(call.name) && conditions_hold(call) != Certainty::no;
}

Certainty Rule::conditions_hold(const ToolCall& call) const {
  if (!has_conditions()) return Certainty::yes;
  if (call.input == nullptr) return Certainty::maybe;
  Certainty certainty = Certainty::yes;
  if (path_under_) certainty = all_of(certainty, path_holds(*call.input, call.links));
  if (!command_prefix_.empty()) certainty = all_of(certainty, command_holds(*call.input));
  if (matches_) certainty = all_of(certainty, text_holds(*call.input));
  return certainty;
}

const json::value* Rule::field_of(const json::value& input, std::string_view otherwise) const {
  if (field_.empty()) return member(input, otherwise);
  if (field_.front() != '/') return member(input, field_);
  json::error_code problem;
  const json::value* value = input.find_pointer(as_json(field_), problem);
  return value == nullptr || value->is_null() ? nullptr : value;
}

Certainty Rule::path_holds(const json::value& input, Links links) const {
  // Where relative paths start: the call's own directory when it names one.
  std::string base = cwd_;
  if (const json::value* cwd = member(input, "cwd"))
    base = cwd->is_string() ? appended(cwd_, as_view(cwd->get_string())) : std::string();

  const auto holds = [&](const json::value& value, const std::string& from) {
    return each_text(value, [&](std::string_view path) { return lies_under(path, from, *path_under_, links); });
  };
  if (!field_.empty()) {
    const json::value* value = field_of(input, {});
    return value == nullptr ? Certainty::no : holds(*value, field_ == "cwd" ? cwd_ : base);
  }
  Verdict verdict;
  for (const char* key : {"path", "file_path"}) {
    if (const json::value* value = member(input, key)) verdict.add(holds(*value, base));
  }
  if (const json::value* cwd = member(input, "cwd")) verdict.add(holds(*cwd, cwd_));
  return verdict.certainty();
}

Certainty Rule::command_holds(const json::value& input) const {
  const json::value* command = field_of(input, "command");
  if (command == nullptr) return Certainty::no;
  if (command->is_string()) return starts_with(as_view(command->get_string()), command_prefix_);
  if (!command->is_array()) return Certainty::maybe;
  std::vector<std::string> arguments;
  for (const json::value& argument : command->get_array()) {
    if (!argument.is_string()) return Certainty::maybe;
    arguments.emplace_back(as_view(argument.get_string()));
  }
  return starts_with(arguments, command_prefix_);
}

Certainty Rule::text_holds(const json::value& input) const {
  const json::value* value = field_of(input, {});
  if (value == nullptr) return Certainty::no;
  const auto found = [&](std::string_view text) {
    return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *matches_) ? Certainty::yes : Certainty::no;
  };
  if (value->is_string() || value->is_array()) return each_text(*value, found);
  return found(json::serialize(*value)) == Certainty::yes ? Certainty::maybe : Certainty::no;
}

}  // namespace asmgr::tool_rules
