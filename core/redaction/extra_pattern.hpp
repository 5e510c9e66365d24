// One regular expression of the operator's.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/model/error.hpp"
#include "core/redaction/redaction_options.hpp"

namespace re2 {
class RE2;
}

namespace asmgr::redaction {

// Immutable; matching is safe from any thread.
class ExtraPattern {
 public:
  // `name` is how the errors call it ("redaction.patterns[2]"). Errors: config_invalid with {"pattern", "regex"}.
  [[nodiscard]] static Result<ExtraPattern> make(const RedactionPattern& pattern, std::string_view name);
  ExtraPattern(ExtraPattern&&) noexcept;
  ExtraPattern& operator=(ExtraPattern&&) noexcept;
  ~ExtraPattern();

  // What every match begins with; may be empty. Then it begins with a byte of [first_byte, last_byte].
  [[nodiscard]] const std::string& literal() const noexcept { return literal_; }
  [[nodiscard]] unsigned char first_byte() const noexcept { return first_byte_; }
  [[nodiscard]] unsigned char last_byte() const noexcept { return last_byte_; }

  // The length of the match that begins exactly at `at`; what stands before counts for \b and ^.
  [[nodiscard]] std::optional<std::size_t> match_at(std::string_view text, std::size_t at) const;
  // Whether there is one anywhere, in one linear pass.
  [[nodiscard]] bool is_in(std::string_view text) const;

 private:
  explicit ExtraPattern(std::unique_ptr<re2::RE2> regex);
  void learn_beginning();

  std::unique_ptr<re2::RE2> regex_;
  std::string literal_;
  unsigned char first_byte_ = 0;
  unsigned char last_byte_ = 255;
};

}  // namespace asmgr::redaction
