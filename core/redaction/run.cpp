#include "core/redaction/run.hpp"

#include <algorithm>

namespace asmgr::redaction {
namespace {

// Deeper nesting of JSON text in JSON text is not told apart from backslashes of a value.
constexpr std::size_t kMostGivenBack = 15;
constexpr std::string_view kEndMarker = "-----END ";
constexpr std::size_t kMarkerDashes = 5;

bool may_end_with_backslashes(CharClass set) noexcept {
  return set == CharClass::value || set == CharClass::structured_value;
}

RunStep advance_class(Run& run, std::string_view text) noexcept {
  const std::size_t count = count_in(text, run.char_class);
  if (may_end_with_backslashes(run.char_class)) {
    std::size_t trailing = 0;
    while (trailing < count && text[count - 1 - trailing] == '\\') ++trailing;
    run.backslashes = trailing == count ? run.backslashes + count : trailing;
  }
  if (count == text.size()) return {count, false};
  // Backslashes belong to the value unless a quote follows: then they belong to that.
  if (!is_quote(text[count])) run.backslashes = 0;
  return {count, true};
}

// In JSON text that stands in a string `levels` deep a quote has 2^levels - 1 backslashes before it, and one that is
// part of the value has more of them.
bool closes(const Run& run) noexcept {
  const std::size_t depth = run.depth;
  return run.backslashes < depth || run.backslashes % (2 * (depth + 1)) == depth;
}

RunStep advance_quoted(Run& run, std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\') {
      ++run.backslashes;
      continue;
    }
    if (c == run.quote && closes(run)) return {i, true};
    run.backslashes = 0;
    if (c == '\n' || c == '\r') return {i, true};
  }
  return {text.size(), false};
}

RunStep advance_pem(Run& run, std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (run.in_end_line) {
      run.progress = c == '-' ? run.progress + 1 : 0;
      if (run.progress == kMarkerDashes) return {i + 1, true};
      continue;
    }
    if (c == '-') {
      run.progress =
          run.progress < kMarkerDashes ? run.progress + 1 : (run.progress == kMarkerDashes ? kMarkerDashes : 1);
    } else {
      run.progress = c == kEndMarker[run.progress] ? run.progress + 1 : 0;
    }
    if (run.progress == kEndMarker.size()) {
      run.in_end_line = true;
      run.progress = 0;
    }
  }
  return {text.size(), false};
}

RunStep advance_secret(Run& run, std::string_view text, std::string_view secret) noexcept {
  const std::string_view rest = secret.substr(run.progress);
  const auto [end, ignored] = std::ranges::mismatch(rest, text);
  const auto count = static_cast<std::size_t>(end - rest.begin());
  run.progress += count;
  return {count, run.progress == secret.size() || count < text.size()};
}

}  // namespace

bool end_together(const Run& a, const Run& b) noexcept {
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case RunKind::char_class:
      return a.char_class == b.char_class;
    case RunKind::quoted:
      return a.quote == b.quote && a.depth == b.depth;
    case RunKind::pem:
    case RunKind::rest:
      return true;
    case RunKind::none:
    case RunKind::secret:
      return false;
  }
  return false;
}

RunStep advance(Run& run, std::string_view text, const std::vector<std::string>& known_secrets) noexcept {
  switch (run.kind) {
    case RunKind::none:
      return {0, true};
    case RunKind::char_class:
      return advance_class(run, text);
    case RunKind::quoted:
      return advance_quoted(run, text);
    case RunKind::pem:
      return advance_pem(run, text);
    case RunKind::secret:
      return advance_secret(run, text, known_secrets[run.secret]);
    case RunKind::rest:
      return {text.size(), false};
  }
  return {0, true};
}

std::size_t open_tail(const Run& run) noexcept {
  if (run.kind == RunKind::quoted) return std::min<std::size_t>(run.backslashes, run.depth);
  return std::min(run.backslashes, kMostGivenBack);
}

}  // namespace asmgr::redaction
