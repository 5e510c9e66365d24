#include "rule.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <asmgr/toolkit/json_view.hpp>
#include <boost/json/object.hpp>

namespace asmgr::content {
namespace {

namespace json = boost::json;
using asmgr::sdk::as_view;

void refuse_unknown_keys(const json::object& written) {
  for (const auto& [key, value] : written) {
    static_cast<void>(value);
    const bool known = key == "on" || key == "matches" || key == "action" || key == "name" || key == "ignore_case";
    if (!known)
      throw RuleProblem("/" + std::string(key),
                        "is not a key of a rule; it has on, matches, action, name and ignore_case");
  }
}

// Null counts as absent.
const json::value* rule_member(const json::object& written, const char* key) {
  const json::value* value = written.if_contains(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

// Empty when it is absent.
std::string_view text_member(const json::object& written, const char* key) {
  const json::value* value = rule_member(written, key);
  if (value == nullptr) return {};
  if (!value->is_string() || value->get_string().empty())
    throw RuleProblem("/" + std::string(key), "must be a non-empty string");
  return as_view(value->get_string());
}

On read_on(const json::object& written) {
  const std::string_view name = text_member(written, "on");
  if (name == "prompt") return On::prompt;
  if (name == "output") return On::output;
  throw RuleProblem("/on", name.empty() ? "is missing; write prompt or output" : "must be prompt or output");
}

std::uint32_t read_action(const json::object& written) {
  const std::string_view name = text_member(written, "action");
  if (name.empty() || name == "cancel") return ASMGR_CANCEL;
  if (name == "request_approval") return ASMGR_REQUEST_APPROVAL;
  if (name == "warn") return ASMGR_WARN;
  throw RuleProblem("/action", "must be cancel, request_approval or warn");
}

bool read_ignore_case(const json::object& written) {
  const json::value* value = rule_member(written, "ignore_case");
  if (value == nullptr) return false;
  if (!value->is_bool()) throw RuleProblem("/ignore_case", "must be true or false");
  return value->get_bool();
}

// Whether an expression has none of * + {n,}. Where that is not plain (such characters in sets), it says no.
bool is_without_loops(std::string_view pattern) noexcept {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\') {
      ++i;
    } else if (c == '*' || c == '+' || (c == ',' && i + 1 < pattern.size() && pattern[i + 1] == '}')) {
      return false;
    }
  }
  return true;
}

// In a program without loops every instruction is passed once at most, and each takes one byte at most.
std::size_t longest_match(const RE2& expression) {
  if (!is_without_loops(expression.pattern())) return kLongestCarried;
  return std::min(static_cast<std::size_t>(expression.ProgramSize()), kLongestCarried);
}

}  // namespace

Rule::Rule(const json::value& written, std::string default_name) : name_(std::move(default_name)) {
  if (!written.is_object()) throw RuleProblem("", "must be {on: prompt|output, matches: expression}");
  const json::object& object = written.get_object();
  refuse_unknown_keys(object);
  on_ = read_on(object);
  action_ = read_action(object);
  ignore_case_ = read_ignore_case(object);
  if (const std::string_view name = text_member(object, "name"); !name.empty()) name_ = name;

  const std::string_view pattern = text_member(object, "matches");
  if (pattern.empty()) throw RuleProblem("/matches", "is missing; write a regular expression of RE2");
  RE2::Options options(RE2::Quiet);
  options.set_case_sensitive(!ignore_case_);
  expression_ = std::make_unique<RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (!expression_->ok()) throw RuleProblem("/matches", "is not a regular expression of RE2: " + expression_->error());
  if (matches({}, 0, 0))
    throw RuleProblem("/matches", "matches the empty text, so it would match everything; say what must be there");
  reach_ = longest_match(*expression_);
}

Rule::Rule(Rule&&) noexcept = default;
Rule& Rule::operator=(Rule&&) noexcept = default;
Rule::~Rule() = default;

std::string Rule::pattern() const {
  return ignore_case_ ? "(?i)" + expression_->pattern() : expression_->pattern();
}

bool Rule::matches(std::string_view text, std::size_t begin, std::size_t end) const {
  return expression_->Match(re2::StringPiece(text.data(), text.size()), begin, end, RE2::UNANCHORED, nullptr, 0);
}

std::string_view name_of(On on) noexcept {
  return on == On::prompt ? "prompt" : "output";
}

std::string_view action_name(std::uint32_t action) noexcept {
  switch (action) {
    case ASMGR_WARN:
      return "warn";
    case ASMGR_REQUEST_APPROVAL:
      return "request_approval";
    default:
      return "cancel";
  }
}

}  // namespace asmgr::content
