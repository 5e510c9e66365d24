// -----BEGIN RSA PRIVATE KEY----- to its END line, also with \n in place of line ends and in pieces of program text.
#include "core/redaction/evaluate.hpp"

namespace asmgr::redaction {
namespace {

constexpr std::string_view kPemDashes = "-----";
constexpr std::size_t kLongestLabel = 64;
constexpr std::size_t kMostBetween = 64;
// A word of that many base64 characters is the body; a shorter one is prose about a BEGIN line.
constexpr std::size_t kShortestBody = 16;

bool is_private(std::string_view label) noexcept {
  return label.ends_with("PRIVATE KEY") || label.ends_with("PRIVATE KEY BLOCK");
}

// Line ends, blanks, quotes and what joins strings in programs. `\n` counts as a whole.
std::size_t skip_between(std::string_view text) noexcept {
  constexpr std::string_view kBetween = " \t\r\n\"'`+,|>\\";
  std::size_t length = 0;
  while (length < text.size() && length < kMostBetween) {
    const char c = text[length];
    const bool escaped = length > 0 && text[length - 1] == '\\' && (c == 'n' || c == 'r' || c == 't');
    if (!escaped && kBetween.find(c) == std::string_view::npos) break;
    ++length;
  }
  return length;
}

}  // namespace

Verdict evaluate_pem(const Rule& rule, const Place& place) {
  const std::string_view text = place.ahead;
  const Verdict more = place.complete ? nothing() : undecided(0);
  std::size_t end = rule.literal.size();
  while (end < text.size() && end < rule.literal.size() + kLongestLabel &&
         (is_in(text[end], CharClass::upper_digit) || text[end] == ' ')) {
    ++end;
  }
  const std::string_view dashes = text.substr(end, kPemDashes.size());
  if (!kPemDashes.starts_with(dashes)) return nothing();
  if (dashes.size() < kPemDashes.size()) return more;
  if (!is_private(text.substr(rule.literal.size(), end - rule.literal.size()))) return nothing();
  const std::size_t header = end + kPemDashes.size();

  Run body;
  body.kind = RunKind::pem;
  body.progress = kPemDashes.size();
  const Verdict block = found(0, header, body, rule.category);
  const std::size_t word = header + skip_between(text.substr(header));
  const std::size_t length = count_in(text.substr(word), CharClass::base64, kShortestBody);
  if (length == kShortestBody) return block;
  if (word + length == text.size()) return place.complete ? block : undecided(0);
  // Header fields ("Proc-Type: ...") and an END line have these.
  const char next = text[word + length];
  return next == ':' || next == '-' ? block : found(0, header, Run{}, rule.category);
}

}  // namespace asmgr::redaction
