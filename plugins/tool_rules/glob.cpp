#include "glob.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "text_fold.hpp"

namespace asmgr::tool_rules {

Name::Name(std::string_view name, LetterCase letter_case) : text(name), characters(decode(name)) {
  look = folded(characters);
  if (letter_case == LetterCase::ignore) {
    characters = lowered(std::move(characters));
    look = lowered(std::move(look));
  }
  looks_as_it_is = look == characters;
}

Glob::Glob(std::string_view pattern, LetterCase letter_case) : pattern_(pattern), letter_case_(letter_case) {
  if (pattern.empty()) throw std::invalid_argument("is empty; write a tool's name, or * for every tool");
  const std::u32string text = decode(pattern);
  if (folded(text).empty()) throw std::invalid_argument("has nothing to see in it; write a tool's name");
  if (text.front() == U' ' || text.back() == U' ')
    throw std::invalid_argument("begins or ends with a blank, which no tool's name does; remove it");
  parse(text);
  folded_ = folded_tokens();
  looks_as_it_is_ = folded_ == tokens_;
}

void Glob::parse(const std::u32string& pattern) {
  for (std::size_t i = 0; i < pattern.size();) {
    const char32_t c = pattern[i++];
    Token token;
    if (c == U'*') {
      token.kind = Kind::many;
    } else if (c == U'?') {
      token.kind = Kind::one;
    } else if (c == U'[') {
      i = parse_set(pattern, i);
      literal_ = false;
      continue;
    } else if (c == U'\\') {
      if (i == pattern.size()) throw std::invalid_argument("ends with a \\ that has nothing after it");
      token.literal = pattern[i++];
    } else {
      token.literal = c;
    }
    if (token.kind != Kind::literal) literal_ = false;
    if (letter_case_ == LetterCase::ignore) token.literal = lower(token.literal);
    tokens_.push_back(std::move(token));
  }
}

// `at` is behind the bracket; returns the place behind the closing one.
std::size_t Glob::parse_set(const std::u32string& pattern, std::size_t at) {
  Token token;
  token.kind = Kind::set;
  if (at < pattern.size() && (pattern[at] == U'!' || pattern[at] == U'^')) {
    token.negated = true;
    ++at;
  }
  // A bracket right at the start stands for itself.
  for (bool first = true; at < pattern.size(); first = false) {
    const char32_t from = pattern[at++];
    if (from == U']' && !first) {
      tokens_.push_back(std::move(token));
      return at;
    }
    char32_t to = from;
    if (at + 1 < pattern.size() && pattern[at] == U'-' && pattern[at + 1] != U']') {
      to = pattern[at + 1];
      at += 2;
    }
    if (to < from) throw std::invalid_argument("has a set whose range runs backwards");
    token.ranges.push_back(Range{from, to});
    if (letter_case_ == LetterCase::ignore) add_lower(token, from, to);
  }
  throw std::invalid_argument("has a [ without its ]; write \\[ for the character itself");
}

// Names are compared in small letters: a range that holds capitals holds theirs, whatever else lies between its ends.
void Glob::add_lower(Token& token, char32_t from, char32_t to) {
  for (char32_t c = from; c <= std::min(to, kLastCapital); ++c) {
    if (const char32_t small = lower(c); small != c) token.ranges.push_back(Range{small, small});
  }
}

bool Glob::Token::accepts(char32_t c) const {
  if (kind == Kind::literal) return c == literal;
  if (kind != Kind::set) return true;
  const bool listed = std::any_of(ranges.begin(), ranges.end(),
                                  [&](const Range& range) { return c >= range.first && c <= range.last; });
  return listed != negated;
}

bool Glob::Token::accepts(const Token& other) const {
  if (*this == other) return true;
  if (other.kind == Kind::literal) return accepts(other.literal);
  return kind == Kind::one && other.kind == Kind::set;
}

// Greedy with one place to go back to: linear in pattern times name.
template <typename Sequence>
bool Glob::run(const std::vector<Token>& tokens, const Sequence& name) {
  constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
  std::size_t token = 0;
  std::size_t at = 0;
  std::size_t star = kNone;
  std::size_t star_at = 0;
  while (at < name.size()) {
    if (token < tokens.size() && tokens[token].kind == Kind::many) {
      star = token++;
      star_at = at;
    } else if (token < tokens.size() && tokens[token].accepts(name[at])) {
      ++token;
      ++at;
    } else if (star != kNone) {
      token = star + 1;
      at = ++star_at;
    } else {
      return false;
    }
  }
  return std::all_of(tokens.begin() + static_cast<std::ptrdiff_t>(token), tokens.end(),
                     [](const Token& rest) { return rest.kind == Kind::many; });
}

std::vector<Glob::Token> Glob::folded_tokens() const {
  std::vector<Token> out;
  for (const Token& token : tokens_) {
    Token shown = token;
    if (token.kind == Kind::literal) {
      shown.literal = folded(token.literal);
      if (shown.literal == 0) continue;
      if (letter_case_ == LetterCase::ignore) shown.literal = lower(shown.literal);
    }
    out.push_back(std::move(shown));
  }
  return out;
}

bool Glob::matches(const Name& name) const {
  if (literal_ && name.characters.size() != tokens_.size()) return false;
  return run(tokens_, name.characters);
}

bool Glob::matches_look_of(const Name& name) const {
  if (matches(name)) return true;
  if (looks_as_it_is_ && name.looks_as_it_is) return false;  // the same question again
  return run(folded_, name.look);
}

bool Glob::covers(const Glob& other) const {
  return run(folded_, other.folded_);
}

}  // namespace asmgr::tool_rules
