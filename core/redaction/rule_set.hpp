// All that a redactor looks for, made once and shared by every text and thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/error.hpp"
#include "core/redaction/category.hpp"
#include "core/redaction/char_class.hpp"
#include "core/redaction/extra_pattern.hpp"
#include "core/redaction/prefilter.hpp"
#include "core/redaction/redaction_options.hpp"

namespace asmgr::redaction {

// How far behind and ahead of a place a rule may look. What stands at a place is a function of these bytes alone, so it
// does not matter in which pieces a text arrives.
inline constexpr std::size_t kLookBehind = 96;
inline constexpr std::size_t kLookAhead = 256;
// One secret of a stream is swallowed up to this; also how far a match of an extra pattern is followed.
inline constexpr std::size_t kLongestSecret = 64 * 1024;

enum class RuleKind : std::uint8_t { token, jwt, bearer, pem, known_secret, extra, userinfo, keyed };

using RuleIndex = std::uint32_t;

// One thing that may begin at a place.
struct Rule {
  RuleKind kind = RuleKind::token;
  std::uint16_t category = 0;               // index into RuleSet::placeholders
  std::string literal;                      // what it begins with; lower case when `fold`
  bool fold = false;                        // the literal's case does not count
  CharClass char_class = CharClass::alnum;  // token: of what follows
  std::size_t least = 0;                    // token: how many of them make it one
  bool word_start = false;                  // no letter or digit before it
  std::size_t source = 0;                   // index into known_secrets or extras
};

// A rule and its first bytes, to pass over it without a look at the rule.
struct Beginning {
  RuleIndex rule = 0;
  char second = 0;
  char third = 0;
  std::uint8_t known = 1;  // how many bytes are known, 1 to 3
  bool fold = false;

  // Whether the rule may begin where `text` does, its first byte being right. At the text's end: as far as it goes.
  [[nodiscard]] bool may_be_at(std::string_view text) const noexcept {
    const auto same = [this](char c, char wanted) { return (fold ? to_lower(c) : c) == wanted; };
    if (known >= 2 && text.size() >= 2 && !same(text[1], second)) return false;
    return known < 3 || text.size() < 3 || same(text[2], third);
  }
};

struct RuleSet {
  // Errors: config_invalid, for the first pattern or replacement that cannot be used.
  [[nodiscard]] static Result<RuleSet> make(RedactionOptions options);

  std::vector<Rule> rules;
  std::array<std::vector<Beginning>, 256> by_first_byte;  // rules that may begin with that byte
  std::array<bool, 256> holds{};  // bytes that may be the first of a secret: not let out before the next one is there
  Prefilter places;
  Prefilter json_places;      // for raw JSON text: also where an escape may hide something
  bool always_parse = false;  // raw JSON text cannot tell whether an extra pattern or a known secret is in it
  std::vector<std::string> known_secrets;
  std::vector<ExtraPattern> extras;
  std::vector<std::string> placeholders;  // what stands for a secret, by category
};

// The rules that begin with a separator, known by their index.
inline constexpr RuleIndex kUserinfoRule = 0;
inline constexpr RuleIndex kKeyedRule = 1;

}  // namespace asmgr::redaction
