// Redactor on JSON: a look at the raw text first, the parser only where something may be.
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <vector>

#include "core/model/json.hpp"
#include "core/redaction/evaluate.hpp"
#include "core/redaction/redactor.hpp"
#include "core/redaction/rule_set.hpp"
#include "core/redaction/secret_names.hpp"

namespace asmgr {
namespace {

using namespace redaction;

std::size_t trailing_backslashes(std::string_view text) noexcept {
  std::size_t count = 0;
  while (count < text.size() && text[text.size() - 1 - count] == '\\') ++count;
  return count;
}

bool begins_with(std::string_view text, const Rule& rule) noexcept {
  // A known secret may have bytes that JSON writes in another way; what comes before them is enough to look closer.
  for (std::size_t i = 0; i < rule.literal.size(); ++i) {
    const char wanted = rule.literal[i];
    if (wanted == '"' || wanted == '\\' || static_cast<unsigned char>(wanted) < 0x20) return true;
    if (i == text.size() || (rule.fold ? to_lower(text[i]) : text[i]) != wanted) return false;
  }
  return true;
}

// Whether something may begin here, given raw JSON text: at least wherever it does in the strings that the text stands
// for.
bool may_begin(const RuleSet& rules, std::string_view json, std::size_t at) {
  const std::string_view behind = json.substr(0, at);
  const std::string_view ahead = json.substr(at, kLookAhead);
  const char c = json[at];
  // \u and \/ may hide anything, unless the backslash is an escaped one itself.
  if (c == '\\' && ahead.size() > 1 && (ahead[1] == 'u' || ahead[1] == '/') && trailing_backslashes(behind) % 2 == 0)
    return true;
  if ((c == ':' || c == '=') && may_name_a_secret(behind)) return true;
  if (c == ':' && ahead.starts_with("://") &&
      evaluate(rules.rules[kUserinfoRule], {behind, ahead, true}).kind == Verdict::Kind::found) {
    return true;
  }
  for (const Beginning& beginning : rules.by_first_byte[static_cast<unsigned char>(c)]) {
    const Rule& rule = rules.rules[beginning.rule];
    // Tokens have no bytes that JSON escapes. With nothing behind them they begin a word.
    const bool exact = rule.kind == RuleKind::token || rule.kind == RuleKind::jwt;
    if (exact ? beginning.may_be_at(ahead) && evaluate(rule, {{}, ahead, true}).kind == Verdict::Kind::found
              : begins_with(ahead, rule)) {
      return true;
    }
  }
  return false;
}

bool may_hold_a_secret(const RuleSet& rules, std::string_view json) {
  if (rules.always_parse) return true;
  for (std::size_t at = rules.json_places.find(json, 0); at != std::string_view::npos;
       at = rules.json_places.find(json, at + 1)) {
    if (may_begin(rules, json, at)) return true;
  }
  return false;
}

// A value, and the category that its key gives it.
struct Visit {
  boost::json::value* value;
  const SecretName* name;
};

void visit_members(std::vector<Visit>& visits, boost::json::object& object) {
  for (auto& member : object) visits.push_back({&member.value(), secret_name_at_end(member.key())});
}

}  // namespace

std::size_t Redactor::redact_json(boost::json::object& object) const {
  if (!enabled_) return 0;
  std::size_t count = 0;
  std::vector<Visit> visits;  // not recursion: a document may be deep
  visit_members(visits, object);
  while (!visits.empty()) {
    const Visit visit = visits.back();
    visits.pop_back();
    if (auto* inner = visit.value->if_object()) {
      visit_members(visits, *inner);
    } else if (auto* array = visit.value->if_array()) {
      for (auto& item : *array) visits.push_back({&item, visit.name});
    } else if (auto* string = visit.value->if_string()) {
      if (visit.name != nullptr) {
        const std::string& placeholder = rules_->placeholders[static_cast<std::size_t>(visit.name->category)];
        if (string->empty() || std::string_view(*string) == placeholder) continue;
        *string = placeholder;
        ++count;
      } else if (auto redacted = changed(*string)) {
        *string = redacted->text;
        count += redacted->count;
      }
    }
  }
  return count;
}

std::optional<RedactedText> Redactor::redact_json_text(std::string_view json) const {
  if (!enabled_ || !may_hold_a_secret(*rules_, json)) return std::nullopt;
  auto object = parse_json_object(json, "data");
  if (!object) return changed(json);
  const std::size_t count = redact_json(*object);
  if (count == 0) return std::nullopt;
  return RedactedText{to_text(*object), count};
}

std::optional<RedactedText> Redactor::redact_event_data(EventType type, std::string_view data) const {
  if (!scans(type)) return std::nullopt;
  return redact_json_text(data);
}

}  // namespace asmgr
