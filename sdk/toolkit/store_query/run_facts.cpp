// What can be counted of a run, and the tags of a session: read from their docs.
#include <algorithm>
#include <asmgr/toolkit/json_lookup.hpp>
#include <asmgr/toolkit/store_query.hpp>
#include <cmath>

namespace asmgr::store_query {
namespace {

constexpr double kHighestCost = 1e9;  // US dollars of one run

// Docs are deeper than what crosses in configurations: payloads of their own stand in them.
std::optional<boost::json::object> parse_doc(std::string_view doc) {
  boost::json::parse_options options;
  options.max_depth = 128;
  boost::json::error_code problem;
  boost::json::value value = boost::json::parse(sdk::as_json(doc), problem, {}, options);
  if (problem || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

std::int64_t count_of(const boost::json::object& usage, std::string_view key) {
  const boost::json::value* value = sdk::find_member(usage, key);
  if (value == nullptr) return 0;
  if (const auto* number = value->if_int64()) return std::clamp<std::int64_t>(*number, 0, kMostTokens);
  if (value->is_uint64()) return kMostTokens;
  const auto* number = value->if_double();
  if (number == nullptr || !(*number > 0)) return 0;
  return *number < static_cast<double>(kMostTokens) ? static_cast<std::int64_t>(*number) : kMostTokens;
}

std::optional<std::int64_t> cost_of(const boost::json::object& doc) {
  const boost::json::value* value = sdk::find_member(doc, "cost_usd");
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const auto usd = value->to_number<double>();
  if (!(usd >= 0 && usd <= kHighestCost)) return std::nullopt;
  return std::llround(usd * 1e6);
}

}  // namespace

RunFacts read_run_doc(std::string_view doc) {
  RunFacts facts;
  const auto json = parse_doc(doc);
  if (!json) return facts;
  const boost::json::object& usage = sdk::object_of(*json, "token_usage");
  std::int64_t sum = 0;
  for (std::size_t i = 0; i + 1 < kTokenSums; ++i) {
    facts.tokens[i] = count_of(usage, kTokenNames[i]);
    sum += facts.tokens[i];
  }
  facts.tokens.back() = std::max(sum, count_of(usage, kTokenNames.back()));
  facts.cost_micro_usd = cost_of(*json);
  facts.model = std::string(sdk::text_member(sdk::object_of(*json, "provider_metadata"), "model"));
  return facts;
}

std::vector<std::string> read_tags(std::string_view doc) {
  std::vector<std::string> tags;
  const auto json = parse_doc(doc);
  if (!json) return tags;
  for (const boost::json::value& tag : sdk::array_of(*json, "tags")) {
    if (tag.is_string()) tags.emplace_back(sdk::as_view(tag.get_string()));
  }
  std::sort(tags.begin(), tags.end());
  tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
  return tags;
}

void UsageSums::add(const RunFacts& run) noexcept {
  ++runs;
  for (std::size_t i = 0; i < kTokenSums; ++i) tokens[i] += run.tokens[i];
  if (run.cost_micro_usd) {
    ++priced_runs;
    cost_micro_usd += *run.cost_micro_usd;
  } else if (run.tokens.back() != 0) {
    ++unpriced_runs;
    for (std::size_t i = 0; i < kTokenSums; ++i) unpriced[i] += run.tokens[i];
  }
}

}  // namespace asmgr::store_query
