// Patterns of tool names.
//
// Input: the pattern in the first line, a name in the rest.
#include "plugins/tool_rules/glob.hpp"

#include <optional>
#include <stdexcept>

#include "plugins/tool_rules/text_fold.hpp"
#include "tests/fuzz/law.hpp"

namespace asmgr::fuzz {
namespace {

using tool_rules::Glob;
using tool_rules::LetterCase;
using Text = std::u32string_view;

// Long names only take longer; the plain matcher below takes exponential time for many stars.
constexpr std::size_t kMaxBytes = 60;
constexpr std::size_t kMaxStars = 4;

// A second matcher, as simple as it can be; the pattern is a good one.
bool matches_plainly(Text pattern, Text name);

// `pattern` begins behind the bracket.
bool set_matches_plainly(Text pattern, Text name) {
  const bool negated = pattern[0] == U'!' || pattern[0] == U'^';
  if (negated) pattern.remove_prefix(1);
  bool listed = false;
  for (bool first = true; first || pattern[0] != U']'; first = false) {
    const char32_t from = pattern[0];
    const bool is_range = pattern.size() > 2 && pattern[1] == U'-' && pattern[2] != U']';
    const char32_t to = is_range ? pattern[2] : from;
    listed = listed || (!name.empty() && name[0] >= from && name[0] <= to);
    pattern.remove_prefix(is_range ? 3 : 1);
  }
  return !name.empty() && listed != negated && matches_plainly(pattern.substr(1), name.substr(1));
}

bool matches_plainly(Text pattern, Text name) {
  if (pattern.empty()) return name.empty();
  switch (pattern[0]) {
    case U'*':
      return matches_plainly(pattern.substr(1), name) || (!name.empty() && matches_plainly(pattern, name.substr(1)));
    case U'?':
      return !name.empty() && matches_plainly(pattern.substr(1), name.substr(1));
    case U'[':
      return set_matches_plainly(pattern.substr(1), name);
    case U'\\':
      pattern.remove_prefix(1);
      break;
    default:
      break;
  }
  return !name.empty() && pattern[0] == name[0] && matches_plainly(pattern.substr(1), name.substr(1));
}

std::optional<Glob> glob_of(std::string_view pattern, LetterCase letter_case) {
  try {
    return Glob(pattern, letter_case);
  } catch (const std::invalid_argument& problem) {
    require(*problem.what() != '\0', "a refusal says why", pattern);
    return std::nullopt;
  }
}

std::string escaped(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '*' || c == '?' || c == '[' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::size_t count_of(std::string_view text, char wanted) {
  std::size_t count = 0;
  for (const char c : text) count += c == wanted ? 1 : 0;
  return count;
}

// Invisible characters between all others; in full width where there is such a form.
std::string look_alike(std::string_view name) {
  std::string out;
  for (const char c : name) {
    out += "\u200b";
    if (c > ' ' && c < 0x7f) {
      // U+FF01 to U+FF5E
      const unsigned point = 0xFF01U + static_cast<unsigned>(c - '!');
      out += static_cast<char>(0xE0U | (point >> 12U));
      out += static_cast<char>(0x80U | ((point >> 6U) & 0x3FU));
      out += static_cast<char>(0x80U | (point & 0x3FU));
    } else {
      out += c;
    }
  }
  return out;
}

bool is_visible_ascii(std::string_view text) {
  for (const char c : text) {
    if (c <= ' ' || c >= 0x7f) return false;
  }
  return true;
}

void check_matches(const Glob& glob, const Glob& any_case, std::string_view pattern, std::string_view name) {
  const std::string shown = std::string(pattern) + "\n" + std::string(name);
  const tool_rules::Name plain(name, LetterCase::exact);
  const bool matches = glob.matches(plain);
  if (count_of(pattern, '*') <= kMaxStars && pattern.size() + name.size() <= kMaxBytes) {
    const bool expected = matches_plainly(tool_rules::decode(pattern), tool_rules::decode(name));
    require(matches == expected, "the pattern matches as a plain matcher says", shown);
  }
  require(!matches || glob.matches_look_of(plain), "what matches looks like what matches", shown);
  const bool has_negation =
      pattern.find("[!") != std::string_view::npos || pattern.find("[^") != std::string_view::npos;
  require(!matches || has_negation || any_case.matches({name, LetterCase::ignore}), "ignoring case matches no less",
          shown);
  const bool is_simple = is_visible_ascii(pattern) && pattern.find_first_of("[?\\") == std::string_view::npos;
  const std::string disguised = look_alike(name);
  if (matches && is_simple && is_visible_ascii(name))
    require(glob.matches_look_of({disguised, LetterCase::exact}), "a name in other letters looks like one that matches",
            shown);
}

void check_name(std::string_view name) {
  if (tool_rules::folded(tool_rules::decode(name)).empty() || name.front() == ' ' || name.back() == ' ') return;
  const Glob literal(escaped(name), LetterCase::exact);
  require(literal.is_literal(), "an escaped name is a literal", name);
  const tool_rules::Name read(name, LetterCase::exact);
  require(literal.matches(read), "an escaped name matches itself", name);
  require(Glob("*", LetterCase::exact).matches(read), "a star matches every name", name);
}

}  // namespace
}  // namespace asmgr::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace asmgr;
  std::string_view text = fuzz::as_text(data, size);
  const std::string_view pattern = fuzz::take_line(text);
  fuzz::check_name(text);
  const auto glob = fuzz::glob_of(pattern, tool_rules::LetterCase::exact);
  const auto any_case = fuzz::glob_of(pattern, tool_rules::LetterCase::ignore);
  fuzz::require(glob.has_value() == any_case.has_value(), "a pattern is good or bad in any case", pattern);
  if (glob) fuzz::check_matches(*glob, *any_case, pattern, text);
  return 0;
}
