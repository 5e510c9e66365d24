#include "core/redaction/evaluate.hpp"

#include <algorithm>
#include <array>

namespace asmgr::redaction {
namespace {

constexpr std::size_t kShortestJwtPart = 10;
constexpr std::size_t kShortestBearer = 20;
constexpr std::size_t kMostBlanks = 8;
// A user without a password that is this long is taken for a token.
constexpr std::size_t kShortestTokenUser = 20;

bool is_hex(char c) noexcept {
  return (c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'f');
}

// The letter before may be the end of an escape: \n in JSON text, %3D in a URL.
bool ends_with_escape(std::string_view behind) noexcept {
  const std::size_t size = behind.size();
  if (size >= 2 && behind[size - 2] == '\\')
    return std::string_view("nrtbf").find(behind.back()) != std::string_view::npos;
  return size >= 3 && behind[size - 3] == '%' && is_hex(behind[size - 2]) && is_hex(behind[size - 1]);
}

bool starts_word(std::string_view behind, CharClass word) noexcept {
  return behind.empty() || !is_in(behind.back(), word) || ends_with_escape(behind);
}

// Whether `ahead` begins with the rule's literal, or may do so when more arrives.
Verdict::Kind compare(const Rule& rule, const Place& place) noexcept {
  const std::size_t count = std::min(rule.literal.size(), place.ahead.size());
  const std::string_view wanted = std::string_view(rule.literal).substr(0, count);
  const std::string_view there = place.ahead.substr(0, count);
  if (there != wanted && !(rule.fold && std::ranges::equal(there, wanted, {}, to_lower))) return Verdict::Kind::nothing;
  if (count == rule.literal.size()) return Verdict::Kind::found;
  return place.complete ? Verdict::Kind::nothing : Verdict::Kind::undecided;
}

Verdict evaluate_token(const Rule& rule, const Place& place) {
  if (rule.word_start && !starts_word(place.behind, CharClass::alnum)) return nothing();
  const std::size_t prefix = rule.literal.size();
  const std::size_t count = count_in(place.ahead.substr(prefix), rule.char_class, rule.least);
  if (count >= rule.least) return found(0, prefix + count, run_of(rule.char_class), rule.category);
  const bool at_end = prefix + count == place.ahead.size();
  return at_end && !place.complete ? undecided(0) : nothing();
}

// What the header of a token begins with in base64: {"alg" {"typ" {"kid" {"x5t" {"nonce".
bool has_usual_jwt_header(std::string_view text) noexcept {
  constexpr std::array<std::string_view, 5> kHeaders{"eyJhbGci", "eyJ0eXAi", "eyJraWQi", "eyJ4NXQi", "eyJub25j"};
  return std::ranges::any_of(kHeaders, [&](std::string_view header) { return text.starts_with(header); });
}

Verdict evaluate_jwt(const Rule& rule, const Place& place) {
  if (!starts_word(place.behind, CharClass::base64url)) return nothing();
  const std::string_view text = place.ahead;
  const Verdict token = found(0, 0, run_of(CharClass::jwt), rule.category);
  const std::size_t header = count_in(text, CharClass::base64url);
  if (header == text.size()) {
    if (!place.complete) return undecided(0);
    // A header that is longer than what can be seen.
    return text.size() == kLookAhead && has_usual_jwt_header(text) ? token : nothing();
  }
  if (header < kShortestJwtPart || text[header] != '.') return nothing();
  const std::size_t payload = count_in(text.substr(header + 1), CharClass::base64url, kShortestJwtPart);
  if (payload == kShortestJwtPart) return token;
  if (header + 1 + payload < text.size()) return nothing();
  if (!place.complete) return undecided(0);
  return text.size() == kLookAhead ? token : nothing();
}

Verdict evaluate_bearer(const Rule& rule, const Place& place) {
  if (!starts_word(place.behind, CharClass::alnum)) return nothing();
  const std::string_view text = place.ahead;
  std::size_t begin = rule.literal.size();
  while (begin < text.size() && begin < rule.literal.size() + kMostBlanks && is_blank(text[begin])) ++begin;
  if (begin == text.size()) return place.complete ? nothing() : undecided(kNowhere);
  if (begin == rule.literal.size()) return nothing();
  const std::size_t count = count_in(text.substr(begin), CharClass::token68, kShortestBearer);
  if (count == kShortestBearer) return found(begin, begin + count, run_of(CharClass::token68), rule.category);
  const bool at_end = begin + count == text.size();
  return at_end && !place.complete ? undecided(begin) : nothing();
}

Verdict evaluate_known_secret(const Rule& rule) {
  Run run;
  run.kind = RunKind::secret;
  run.secret = static_cast<std::uint32_t>(rule.source);
  run.progress = rule.literal.size();
  return found(0, rule.literal.size(), run, rule.category);
}

// Schemes whose passwords are often written without escapes: there / and ? may be part of one.
bool is_database_scheme(std::string_view behind) noexcept {
  constexpr std::array<std::string_view, 10> kSchemes{"postgres", "postgresql", "mysql", "mariadb",     "redis",
                                                      "rediss",   "mongodb",    "amqp",  "mongodb+srv", "mssql"};
  return std::ranges::any_of(kSchemes, [&](std::string_view scheme) {
    if (behind.size() < scheme.size()) return false;
    const std::string_view end = behind.substr(behind.size() - scheme.size());
    return std::ranges::equal(end, scheme, {}, to_lower);
  });
}

// host:5432/ is no user with a password.
bool is_host_and_port(std::string_view userinfo) noexcept {
  const std::size_t slash = userinfo.find('/');
  if (slash == std::string_view::npos) return false;
  const std::string_view authority = userinfo.substr(0, slash);
  const std::size_t colon = authority.find(':');
  return colon == std::string_view::npos ||
         std::ranges::all_of(authority.substr(colon + 1), [](char c) { return c >= '0' && c <= '9'; });
}

// scheme://user:password@host: the part before the last @. Scheme and host stay, since they say which service it was.
Verdict evaluate_userinfo(const Rule& rule, const Place& place) {
  constexpr std::string_view kSeparator = "://";
  const std::string_view text = place.ahead;
  if (!text.starts_with(kSeparator))
    return kSeparator.starts_with(text) && !place.complete ? undecided(kNowhere) : nothing();
  if (place.behind.empty() || !is_in(place.behind.back(), CharClass::alnum)) return nothing();
  const bool database = is_database_scheme(place.behind);
  const std::string_view rest = text.substr(kSeparator.size());
  const std::size_t length = count_in(rest, database ? CharClass::connection : CharClass::authority);
  const bool cut = length == rest.size();
  if (cut && !place.complete) return undecided(kSeparator.size());
  const std::string_view url = rest.substr(0, length);
  const std::size_t at = url.rfind('@');
  if (at == std::string_view::npos) {
    // A password that is longer than what can be seen.
    const bool overlong =
        cut && text.size() == kLookAhead && database && url.find(':') != url.npos && !is_host_and_port(url);
    return overlong ? found(kSeparator.size(), kSeparator.size(), run_of(CharClass::connection), rule.category)
                    : nothing();
  }
  const std::string_view userinfo = url.substr(0, at);
  const bool secret = userinfo.find(':') != std::string_view::npos ? !is_host_and_port(userinfo)
                                                                   : userinfo.size() >= kShortestTokenUser && !database;
  if (!secret) return nothing();
  return found(kSeparator.size(), kSeparator.size() + at, Run{}, rule.category);
}

}  // namespace

Verdict evaluate(const Rule& rule, const Place& place) {
  if (rule.kind == RuleKind::userinfo) return evaluate_userinfo(rule, place);
  if (rule.kind == RuleKind::keyed) return evaluate_keyed(place);
  const Verdict::Kind literal = compare(rule, place);
  if (literal == Verdict::Kind::nothing) return nothing();
  if (literal == Verdict::Kind::undecided) return undecided(rule.kind == RuleKind::bearer ? kNowhere : 0);
  switch (rule.kind) {
    case RuleKind::token:
      return evaluate_token(rule, place);
    case RuleKind::jwt:
      return evaluate_jwt(rule, place);
    case RuleKind::bearer:
      return evaluate_bearer(rule, place);
    case RuleKind::pem:
      return evaluate_pem(rule, place);
    case RuleKind::known_secret:
      return evaluate_known_secret(rule);
    default:
      return nothing();
  }
}

}  // namespace asmgr::redaction
