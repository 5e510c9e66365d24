// password=..., "api_key": "...", Authorization: Basic ...: a name, a separator, a value.
#include <algorithm>
#include <array>
#include <optional>

#include "core/redaction/evaluate.hpp"
#include "core/redaction/secret_names.hpp"

namespace asmgr::redaction {
namespace {

constexpr std::size_t kMostBlanksBefore = 8;
constexpr std::size_t kMostBlanksAfter = 64;
constexpr std::size_t kDeepestQuote = 7;

struct Key {
  const SecretName* name = nullptr;
  bool quoted = false;
};

void drop_blanks(std::string_view& text) noexcept {
  for (std::size_t i = 0; i < kMostBlanksBefore && !text.empty() && is_blank(text.back()); ++i) text.remove_suffix(1);
}

// name, "name", \"name\", ["name"], then blanks.
Key key_at_end(std::string_view behind) noexcept {
  drop_blanks(behind);
  if (behind.ends_with(']')) behind.remove_suffix(1);
  bool quoted = false;
  if (!behind.empty() && is_quote(behind.back())) {
    quoted = true;
    behind.remove_suffix(1);
    for (std::size_t i = 0; i < kDeepestQuote && behind.ends_with('\\'); ++i) behind.remove_suffix(1);
  }
  return {secret_name_at_end(behind), quoted};
}

// The length of :, =, :=, ==, ===, =>; 0 when it separates no key from a value, as :: and ://; nothing when more is
// needed.
std::optional<std::size_t> separator_length(const Place& place) noexcept {
  constexpr std::string_view kSlashes = "//";
  const std::string_view text = place.ahead;
  std::size_t length = 1;
  while (length < 3 && length < text.size() && text[length] == '=') ++length;
  if (length < text.size() && text[0] == '=' && text[length] == '>') ++length;
  const std::string_view next = text.substr(length, kSlashes.size());
  const bool may_be_url = text[0] == ':' && length == 1 && kSlashes.starts_with(next);
  if (next.empty() || (may_be_url && next.size() < kSlashes.size())) {
    if (!place.complete) return std::nullopt;
    return next.empty() ? 0 : length;
  }
  return may_be_url || (text[0] == ':' && length == 1 && next[0] == ':') ? 0 : length;
}

struct Opening {
  std::size_t length = 0;  // of backslashes and the quote; 0: no quote
  bool undecided = false;
};

Opening opening_quote(std::string_view text, bool complete) noexcept {
  std::size_t backslashes = 0;
  while (backslashes < text.size() && backslashes <= kDeepestQuote && text[backslashes] == '\\') ++backslashes;
  if (backslashes == text.size()) return {0, !complete};
  return {is_quote(text[backslashes]) && backslashes <= kDeepestQuote ? backslashes + 1 : 0, false};
}

enum class Answer : std::uint8_t { no, yes, undecided };

// Whether the text begins with the word and what ends a word.
template <typename Ends>
Answer begins_with_word(std::string_view text, bool complete, std::string_view word, Ends ends) noexcept {
  const std::size_t count = std::min(text.size(), word.size());
  if (!std::ranges::equal(text.substr(0, count), word.substr(0, count), {}, to_lower)) return Answer::no;
  if (text.size() > word.size()) return ends(text[word.size()]) ? Answer::yes : Answer::no;
  if (!complete) return Answer::undecided;
  return text.size() == word.size() ? Answer::yes : Answer::no;
}

template <std::size_t kCount, typename Ends>
Answer begins_with_any(std::string_view text, bool complete, const std::array<std::string_view, kCount>& words,
                       Ends ends) noexcept {
  Answer answer = Answer::no;
  for (const std::string_view word : words) {
    const Answer one = begins_with_word(text, complete, word, ends);
    if (one == Answer::yes) return one;
    if (one == Answer::undecided) answer = one;
  }
  return answer;
}

// Values of JSON, YAML and programs that are no text.
Answer is_no_text(std::string_view value, bool complete) noexcept {
  constexpr std::array<std::string_view, 6> kWords{"null", "none", "nil", "true", "false", "undefined"};
  return begins_with_any(value, complete, kWords, [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || is_quote(c) ||
           std::string_view(",;)}]\\").find(c) != std::string_view::npos;
  });
}

Answer has_scheme(std::string_view value, bool complete) noexcept {
  constexpr std::array<std::string_view, 7> kSchemes{"basic",     "bearer", "digest",          "token",
                                                     "negotiate", "apikey", "aws4-hmac-sha256"};
  return begins_with_any(value, complete, kSchemes, is_blank);
}

bool begins_json_value(char c) noexcept {
  return (c >= '0' && c <= '9') || c == '-' || c == '{' || c == '[';
}

Verdict bare_value(const Place& place, const Key& key, std::size_t begin) {
  const std::string_view value = place.ahead.substr(begin);
  const auto category = static_cast<std::uint16_t>(key.name->category);
  if (key.name->ordinary_word && !key.quoted && place.ahead[0] == ':') return nothing();
  if (key.quoted && begins_json_value(value[0])) return nothing();
  const Answer no_text = is_no_text(value, place.complete);
  if (no_text == Answer::yes) return nothing();
  if (no_text == Answer::undecided) return undecided(begin);
  if (key.name->category == Category::authorization) {
    const Answer scheme = has_scheme(value, place.complete);
    if (scheme == Answer::undecided) return undecided(begin);
    if (scheme == Answer::yes) return found(begin, begin, run_of(CharClass::line), category);
  }
  return found(begin, begin, run_of(key.quoted ? CharClass::structured_value : CharClass::value), category);
}

Verdict quoted_value(const Place& place, const Key& key, std::size_t begin, std::size_t opening) {
  Run run;
  run.kind = RunKind::quoted;
  run.quote = place.ahead[begin + opening - 1];
  run.depth = static_cast<std::uint8_t>(opening - 1);
  return found(begin + opening, begin + opening, run, static_cast<std::uint16_t>(key.name->category));
}

}  // namespace

Verdict evaluate_keyed(const Place& place) {
  const Key key = key_at_end(place.behind);
  if (key.name == nullptr) return nothing();
  const std::optional<std::size_t> separator = separator_length(place);
  if (!separator) return undecided(1);
  if (*separator == 0) return nothing();
  std::size_t begin = *separator;
  while (begin < place.ahead.size() && begin - *separator < kMostBlanksAfter && is_blank(place.ahead[begin])) ++begin;
  if (begin == place.ahead.size()) return place.complete ? nothing() : undecided(kNowhere);
  const Opening opening = opening_quote(place.ahead.substr(begin), place.complete);
  if (opening.undecided) return undecided(begin);
  return opening.length > 0 ? quoted_value(place, key, begin, opening.length) : bare_value(place, key, begin);
}

bool may_follow_a_name(std::string_view behind) noexcept {
  drop_blanks(behind);
  if (behind.empty()) return false;
  const char last = behind.back();
  return is_quote(last) || last == ']' || secret_name_at_end(behind) != nullptr;
}

bool may_name_a_secret(std::string_view behind) noexcept {
  while (!behind.empty()) {
    const char last = behind.back();
    if (last == ' ' || last == '\\' || last == ']' || is_quote(last)) {
      behind.remove_suffix(1);
    } else if (behind.ends_with("\\t")) {
      behind.remove_suffix(2);
    } else {
      break;
    }
  }
  return secret_name_at_end(behind) != nullptr;
}

}  // namespace asmgr::redaction
