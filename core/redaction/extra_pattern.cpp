#include "core/redaction/extra_pattern.hpp"

#include <re2/re2.h>

#include <algorithm>

namespace asmgr::redaction {
namespace {

constexpr int kLongestLiteral = 32;
constexpr std::size_t kLongestCategory = 64;

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

bool is_category(std::string_view name) {
  return !name.empty() && name.size() <= kLongestCategory && std::ranges::all_of(name, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  });
}

std::string explain(const RE2& regex) {
  const std::string& part = regex.error_arg();
  if (part.starts_with("(?=") || part.starts_with("(?!") || part.starts_with("(?<") || part.starts_with("(?>")) {
    return "'" + part +
           "' is look-ahead, look-behind or an atomic group, which a matcher of linear time does not have; write what "
           "stands "
           "around the secret as part of the pattern, or use \\b";
  }
  if (regex.error_code() == RE2::ErrorBadUTF8) return "it is no UTF-8";
  return regex.error();
}

Error refuse(std::string_view name, const RedactionPattern& pattern, const std::string& why) {
  std::string message(name);
  message += " ('" + pattern.category + "', regex '" + pattern.regex + "') cannot be used: " + why;
  return Error(ErrorCode::config_invalid, std::move(message))
      .with_detail("pattern", boost::json::value(name))
      .with_detail("regex", boost::json::value(pattern.regex))
      .with_detail("reason", boost::json::value(why));
}

// RE2 tells how a match begins for one that stands at the start of a text, where \b and \B have only one outcome.
// Without them the expression matches more, and what it begins with holds everywhere. Empty: cannot be said.
std::string without_word_boundaries(const std::string& regex) {
  if (regex.find("\\Q") != std::string::npos) return {};
  std::string out;
  for (std::size_t i = 0; i < regex.size(); ++i) {
    if (regex[i] != '\\' || i + 1 == regex.size()) {
      out += regex[i];
      continue;
    }
    const char escaped = regex[++i];
    if (escaped == 'b' || escaped == 'B') {
      out += "(?:)";
    } else {
      out += {'\\', escaped};
    }
  }
  return out;
}

}  // namespace

ExtraPattern::ExtraPattern(std::unique_ptr<re2::RE2> regex) : regex_(std::move(regex)) {
  learn_beginning();
}
ExtraPattern::ExtraPattern(ExtraPattern&&) noexcept = default;
ExtraPattern& ExtraPattern::operator=(ExtraPattern&&) noexcept = default;
ExtraPattern::~ExtraPattern() = default;

Result<ExtraPattern> ExtraPattern::make(const RedactionPattern& pattern, std::string_view name) {
  if (!is_category(pattern.category))
    return refuse(name, pattern, "its category must be 1 to 64 of letters, digits, '_', '-' and '.'");
  if (pattern.regex.empty()) return refuse(name, pattern, "it is empty; give an expression or take the entry away");
  auto regex = std::make_unique<RE2>(piece(pattern.regex), RE2::Quiet);
  if (!regex->ok()) return refuse(name, pattern, explain(*regex));
  if (RE2::FullMatch("", *regex))
    return refuse(name, pattern, "it matches the empty text, so every place; let it need at least one character");
  return ExtraPattern(std::move(regex));
}

void ExtraPattern::learn_beginning() {
  const std::string plain = without_word_boundaries(regex_->pattern());
  if (plain.empty()) return;
  const RE2 widened(plain, RE2::Quiet);
  std::string least;
  std::string most;
  if (!widened.ok() || !widened.PossibleMatchRange(&least, &most, kLongestLiteral) || least.empty() || most.empty())
    return;
  const auto [end, ignored] = std::ranges::mismatch(least, most);
  literal_.assign(least.begin(), end);
  first_byte_ = static_cast<unsigned char>(least.front());
  last_byte_ = static_cast<unsigned char>(most.front());
}

std::optional<std::size_t> ExtraPattern::match_at(std::string_view text, std::size_t at) const {
  re2::StringPiece found;
  if (!regex_->Match(piece(text), at, text.size(), RE2::ANCHOR_START, &found, 1) || found.empty()) return std::nullopt;
  return found.size();
}

bool ExtraPattern::is_in(std::string_view text) const {
  return regex_->Match(piece(text), 0, text.size(), RE2::UNANCHORED, nullptr, 0);
}

}  // namespace asmgr::redaction
