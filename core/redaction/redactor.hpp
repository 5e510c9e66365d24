// Takes secrets out of texts and JSON before they leave memory.
#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/model/error.hpp"
#include "core/model/event.hpp"
#include "core/redaction/redaction_options.hpp"

namespace asmgr {

namespace redaction {
struct RuleSet;
}

struct RedactedText {
  std::string text;
  std::size_t count = 0;  // secrets that were replaced
};

// Immutable: any number of threads may use one at once. Works on bytes, so text that is no UTF-8 is fine. Takes time in
// proportion to the text, whatever is in it.
class Redactor {
 public:
  // Errors: config_invalid, naming the pattern or option that cannot be used and why.
  [[nodiscard]] static Result<Redactor> make(RedactionOptions options);
  Redactor(Redactor&&) noexcept;
  Redactor& operator=(Redactor&&) noexcept;
  ~Redactor();

  // When not, every function answers that nothing was found.
  [[nodiscard]] bool enabled() const noexcept { return enabled_; }
  [[nodiscard]] bool scans_metadata() const noexcept { return scans_metadata_; }

  [[nodiscard]] RedactedText redact_text(std::string_view text) const;

  // Changes strings at any depth, in place: what redact_text finds in them, and the whole of those whose key says that
  // they are secret ("api_key"; also the strings of an array with such a key). Keys, numbers, booleans and null stay.
  // The number of secrets.
  std::size_t redact_json(boost::json::object& object) const;

  // The same for an object's text. Nothing when there is nothing to change: then, as a rule, the text was neither
  // parsed nor copied. Text that cannot be parsed is taken as text.
  [[nodiscard]] std::optional<RedactedText> redact_json_text(std::string_view json) const;

  // The same for the data of an event; types that carry no text of others are passed over (scans()).
  [[nodiscard]] std::optional<RedactedText> redact_event_data(EventType type, std::string_view data) const;
  [[nodiscard]] static bool scans(EventType type) noexcept;

 private:
  friend class StreamRedactor;
  Redactor(std::unique_ptr<const redaction::RuleSet> rules, const RedactionOptions& options);
  [[nodiscard]] std::optional<RedactedText> changed(std::string_view text) const;

  std::unique_ptr<const redaction::RuleSet> rules_;
  bool enabled_;
  bool scans_metadata_;
};

}  // namespace asmgr
