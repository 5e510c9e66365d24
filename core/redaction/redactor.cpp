#include "core/redaction/redactor.hpp"

#include <limits>

#include "core/redaction/cover_finder.hpp"
#include "core/redaction/cover_writer.hpp"
#include "core/redaction/rule_set.hpp"

namespace asmgr {

Redactor::Redactor(std::unique_ptr<const redaction::RuleSet> rules, const RedactionOptions& options)
    : rules_(std::move(rules)), enabled_(options.enabled), scans_metadata_(options.scan_metadata) {}
Redactor::Redactor(Redactor&&) noexcept = default;
Redactor& Redactor::operator=(Redactor&&) noexcept = default;
Redactor::~Redactor() = default;

Result<Redactor> Redactor::make(RedactionOptions options) {
  auto rules = redaction::RuleSet::make(options);
  if (!rules) return rules.error();
  return Redactor(std::make_unique<const redaction::RuleSet>(std::move(*rules)), options);
}

RedactedText Redactor::redact_text(std::string_view text) const {
  if (auto redacted = changed(text)) return std::move(*redacted);
  return {std::string(text), 0};
}

std::optional<RedactedText> Redactor::changed(std::string_view text) const {
  using namespace redaction;
  if (!enabled_ || text.empty()) return std::nullopt;
  CoverFinder finder(*rules_);
  finder.look(text, 0, Extent::final);
  std::vector<Cover> covers;
  finder.append_covers(covers);
  if (covers.empty()) return std::nullopt;
  RedactedText redacted;
  redacted.text.reserve(text.size());
  CoverWriter writer(*rules_, std::numeric_limits<Position>::max());
  writer.write(redacted.text, text, 0, covers, text.size());
  writer.finish();
  redacted.count = writer.count();
  if (redacted.count == 0) return std::nullopt;
  return redacted;
}

bool Redactor::scans(EventType type) noexcept {
  switch (type) {
    case EventType::session_created:
    case EventType::session_started:
    case EventType::session_paused:
    case EventType::session_resumed:
    case EventType::session_completed:
    case EventType::session_cancelled:
    case EventType::run_started:
    case EventType::run_cancelled:
    case EventType::run_timeout:
    case EventType::error_recovered:
    case EventType::token_usage_updated:
    case EventType::turn_completed:
    case EventType::workspace_snapshot_taken:
    case EventType::workspace_diff_computed:
      return false;
    default:
      return true;
  }
}

}  // namespace asmgr
