#include "core/redaction/rule_set.hpp"

#include <algorithm>

#include "core/model/json.hpp"

namespace asmgr::redaction {
namespace {

constexpr std::size_t kLongestReplacement = 256;
constexpr std::string_view kCategorized = "categorized";

struct TokenRow {
  Category category;
  std::string_view literal;
  CharClass char_class;
  std::size_t least;
  bool word_start;
};

// clang-format off
constexpr TokenRow kTokens[] = {
    {Category::aws_access_key,    "AKIA",        CharClass::upper_digit, 16, false},
    {Category::aws_access_key,    "ASIA",        CharClass::upper_digit, 16, false},
    {Category::gcp_api_key,       "AIza",        CharClass::base64url,   35, true},
    {Category::anthropic_key,     "sk-ant-",     CharClass::base64url,   20, true},
    {Category::openai_key,        "sk-proj-",    CharClass::base64url,   20, true},
    {Category::openai_key,        "sk-svcacct-", CharClass::base64url,   20, true},
    {Category::openai_legacy_key, "sk-",         CharClass::alnum,       40, true},
    {Category::github_pat,        "ghp_",        CharClass::alnum,       36, true},
    {Category::github_oauth,      "gho_",        CharClass::alnum,       36, true},
    {Category::github_app,        "ghs_",        CharClass::alnum,       36, true},
    {Category::github_app,        "ghu_",        CharClass::alnum,       36, true},
    {Category::github_refresh,    "ghr_",        CharClass::alnum,       36, true},
    {Category::github_fine_pat,   "github_pat_", CharClass::word,        22, true},
    {Category::gitlab_token,      "glpat-",      CharClass::base64url,   20, true},
};
// clang-format on

Rule special(RuleKind kind, Category category, std::string_view literal, bool fold) {
  Rule rule;
  rule.kind = kind;
  rule.category = static_cast<std::uint16_t>(category);
  rule.literal = literal;
  rule.fold = fold;
  rule.word_start = true;
  return rule;
}

std::vector<Rule> built_in_rules() {
  std::vector<Rule> rules;
  rules.push_back(special(RuleKind::userinfo, Category::connection_string, ":", false));
  rules.push_back(special(RuleKind::keyed, Category::password, "", false));
  for (const TokenRow& row : kTokens) {
    rules.push_back({RuleKind::token, static_cast<std::uint16_t>(row.category), std::string(row.literal), false,
                     row.char_class, row.least, row.word_start, 0});
  }
  rules.push_back(special(RuleKind::jwt, Category::jwt_token, "eyJ", false));
  rules.push_back(special(RuleKind::pem, Category::private_key, "-----BEGIN ", false));
  rules.push_back(special(RuleKind::bearer, Category::bearer_token, "bearer", true));
  return rules;
}

// Bytes that raw JSON text writes in another way, apart from \u and \/, which are looked for themselves.
bool is_escaped_in_json(char c) noexcept {
  return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
}

Beginning beginning_of(const Rule& rule, RuleIndex index) {
  const std::string& literal = rule.literal;
  return {index, literal.size() > 1 ? literal[1] : '\0', literal.size() > 2 ? literal[2] : '\0',
          static_cast<std::uint8_t>(std::min<std::size_t>(literal.size(), 3)), rule.fold};
}

void add_beginning(RuleSet& set, const Rule& rule, RuleIndex index) {
  const auto first = static_cast<unsigned char>(rule.literal[0]);
  const Beginning beginning = beginning_of(rule, index);
  set.by_first_byte[first].push_back(beginning);
  if (rule.fold && first >= 'a' && first <= 'z') set.by_first_byte[first - 'a' + 'A'].push_back(beginning);
  // Of a bearer token the word before it is not part.
  if (rule.kind != RuleKind::bearer) set.holds[first] = true;
  if (rule.literal.size() == 1) {
    set.places.add_first(first);
  } else {
    set.places.add(rule.literal, rule.fold);
  }
  const auto plain =
      static_cast<std::size_t>(std::ranges::find_if(rule.literal, is_escaped_in_json) - rule.literal.begin());
  if (plain >= 2) {
    set.json_places.add(rule.literal, rule.fold);
  } else if (plain == 1) {
    set.json_places.add_first(first);
  } else {
    set.always_parse = true;
  }
}

// A pattern without a fixed beginning: every byte that it can begin with is a place to try it.
void add_any_beginning(RuleSet& set, const ExtraPattern& pattern, RuleIndex index) {
  for (unsigned byte = pattern.first_byte(); byte <= pattern.last_byte(); ++byte) {
    set.by_first_byte[byte].push_back({.rule = index});
    set.holds[byte] = true;
    set.places.add_first(static_cast<unsigned char>(byte));
  }
  set.always_parse = true;
}

void add_rules(RuleSet& set) {
  for (RuleIndex index = kKeyedRule + 1; index < set.rules.size(); ++index) {
    const Rule& rule = set.rules[index];
    if (rule.literal.empty()) {
      add_any_beginning(set, set.extras[rule.source], index);
    } else {
      add_beginning(set, rule, index);
    }
  }
  for (Prefilter* filter : {&set.places, &set.json_places}) {
    filter->add_first(':');
    filter->add_first('=');
  }
  set.json_places.add_pair('\\', 'u');
  set.json_places.add_pair('\\', '/');
}

Result<void> add_extras(RuleSet& set, const std::vector<RedactionPattern>& patterns,
                        std::vector<std::string>& categories) {
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    auto pattern = ExtraPattern::make(patterns[i], "redaction.patterns[" + std::to_string(i) + "]");
    if (!pattern) return pattern.error();
    auto known = std::ranges::find(categories, patterns[i].category);
    if (known == categories.end()) known = categories.insert(known, patterns[i].category);
    Rule rule;
    rule.kind = RuleKind::extra;
    rule.category = static_cast<std::uint16_t>(known - categories.begin());
    rule.literal = pattern->literal();
    rule.source = set.extras.size();
    set.rules.push_back(std::move(rule));
    set.extras.push_back(std::move(*pattern));
  }
  return {};
}

void add_known_secrets(RuleSet& set, std::vector<std::string> secrets) {
  std::erase_if(secrets, [](const std::string& secret) { return secret.size() < kShortestKnownSecret; });
  std::ranges::sort(secrets);
  secrets.erase(std::unique(secrets.begin(), secrets.end()), secrets.end());
  set.known_secrets = std::move(secrets);
  for (std::size_t i = 0; i < set.known_secrets.size(); ++i) {
    Rule rule;
    rule.kind = RuleKind::known_secret;
    rule.category = static_cast<std::uint16_t>(Category::known_secret);
    rule.literal = set.known_secrets[i].substr(0, kLookAhead);
    rule.source = i;
    set.rules.push_back(std::move(rule));
  }
}

Result<void> check_replacement(const std::string& replacement) {
  if (!replacement.empty() && replacement.size() <= kLongestReplacement && is_valid_utf8(replacement)) return {};
  return Error(ErrorCode::config_invalid,
               "redaction.replacement cannot be used: it must be 1 to 256 bytes of UTF-8, but has " +
                   std::to_string(replacement.size()) + "; write \"[REDACTED]\", \"categorized\" or a text of your own")
      .with_detail("field", "redaction.replacement");
}

}  // namespace

Result<RuleSet> RuleSet::make(RedactionOptions options) {
  if (auto fine = check_replacement(options.replacement); !fine) return fine.error();
  RuleSet set;
  set.rules = built_in_rules();
  add_known_secrets(set, std::move(options.known_secrets));
  std::vector<std::string> categories(kCategoryNames.begin(), kCategoryNames.end());
  if (auto fine = add_extras(set, options.patterns, categories); !fine) return fine.error();
  add_rules(set);
  for (const std::string& category : categories) {
    set.placeholders.push_back(options.replacement == kCategorized ? "[REDACTED:" + category + "]"
                                                                   : options.replacement);
  }
  return set;
}

}  // namespace asmgr::redaction
