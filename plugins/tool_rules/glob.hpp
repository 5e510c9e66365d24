// Patterns of names: * any characters, ? one, [a-z] or [!a-z] one of a set, \ takes the next character as it is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace asmgr::tool_rules {

enum class LetterCase : std::uint8_t { exact, ignore };

// A name as many patterns are asked of it. Borrows the text.
struct Name {
  Name(std::string_view name, LetterCase letter_case);

  std::string_view text;
  std::u32string characters;  // in small letters when their case does not count
  std::u32string look;        // the same, as it looks
  bool looks_as_it_is = false;
};

class Glob {
 public:
  // Throws std::invalid_argument with what is wrong with the pattern.
  Glob(std::string_view pattern, LetterCase letter_case);

  [[nodiscard]] const std::string& pattern() const noexcept { return pattern_; }
  // Without *, ? and sets: one name.
  [[nodiscard]] bool is_literal() const noexcept { return literal_; }

  // The name, character by character. It was read in the letter case of the pattern, here and below.
  [[nodiscard]] bool matches(const Name& name) const;
  // Or a name that looks like one that matches.
  [[nodiscard]] bool matches_look_of(const Name& name) const;
  // Whether every name that `other` matches looks like one that this matches. No also where that is hard to tell.
  [[nodiscard]] bool covers(const Glob& other) const;
  // Whether both are the same pattern, read the same way.
  [[nodiscard]] bool is_same_as(const Glob& other) const { return tokens_ == other.tokens_; }

 private:
  struct Range {
    char32_t first;
    char32_t last;
    bool operator==(const Range&) const = default;
  };
  enum class Kind : std::uint8_t { literal, one, many, set };
  struct Token {
    Kind kind = Kind::literal;
    char32_t literal = 0;
    bool negated = false;
    std::vector<Range> ranges;

    [[nodiscard]] bool accepts(char32_t c) const;
    // Whatever the other one takes, except that only `many` takes `many`.
    [[nodiscard]] bool accepts(const Token& other) const;
    bool operator==(const Token&) const = default;
  };

  void parse(const std::u32string& pattern);
  std::size_t parse_set(const std::u32string& pattern, std::size_t at);
  static void add_lower(Token& token, char32_t from, char32_t to);
  // The name is a sequence of characters, or of tokens.
  template <typename Sequence>
  [[nodiscard]] static bool run(const std::vector<Token>& tokens, const Sequence& name);
  [[nodiscard]] std::vector<Token> folded_tokens() const;

  std::string pattern_;
  LetterCase letter_case_;
  bool literal_ = true;
  std::vector<Token> tokens_;
  std::vector<Token> folded_;
  bool looks_as_it_is_ = false;
};

}  // namespace asmgr::tool_rules
