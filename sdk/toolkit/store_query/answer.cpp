// The answers of summarize, as JSON.
#include <asmgr/cpp/json_text.hpp>
#include <asmgr/toolkit/store_query.hpp>

namespace asmgr::store_query {
namespace {

constexpr std::string_view kRunStatusNames[] = {"",       "pending",   "running", "completed",
                                                "failed", "cancelled", "timeout"};

void add_member(std::string& json, std::string_view key, std::string_view value) {
  if (json.back() != '{') json += ',';
  json.append("\"").append(key).append("\":").append(value);
}

void add_tokens(std::string& json, const Tokens& tokens) {
  for (std::size_t i = 0; i < kTokenSums; ++i) add_member(json, kTokenNames[i], std::to_string(tokens[i]));
}

std::string unpriced_json(const UsageSums& sums) {
  std::string json = "{";
  add_member(json, "run_count", std::to_string(sums.unpriced_runs));
  add_tokens(json, sums.unpriced);
  return json + "}";
}

}  // namespace

std::string count_json(std::uint64_t count) {
  return "{\"count\":" + std::to_string(count) + "}";
}

std::string usage_json(const std::vector<UsageKey>& by, const std::vector<UsageGroup>& groups) {
  std::string json = "{\"groups\":[";
  for (const UsageGroup& group : groups) {
    if (json.back() != '[') json += ',';
    json += '{';
    for (std::size_t i = 0; i < by.size(); ++i) add_member(json, name_of(by[i]), sdk::json_quote(group.keys.at(i)));
    add_member(json, "run_count", std::to_string(group.sums.runs));
    add_tokens(json, group.sums.tokens);
    add_member(json, "cost_micro_usd", std::to_string(group.sums.cost_micro_usd));
    add_member(json, "priced_runs", std::to_string(group.sums.priced_runs));
    add_member(json, "unpriced", unpriced_json(group.sums));
    json += '}';
  }
  return json + "]}";
}

std::string stats_json(const SessionStats& stats) {
  std::string json = "{";
  add_member(json, "event_count", std::to_string(stats.events));
  add_member(json, "run_count", std::to_string(stats.runs));
  add_tokens(json, stats.tokens);
  std::string providers = "[";
  for (const std::string& provider : stats.providers) {
    if (providers.size() > 1) providers += ',';
    providers += sdk::json_quote(provider);
  }
  add_member(json, "providers", providers + "]");
  add_member(json, "first_event_us", std::to_string(stats.first_event_us));
  add_member(json, "last_event_us", std::to_string(stats.last_event_us));
  std::string statuses = "{";
  for (std::size_t i = 1; i < std::size(kRunStatusNames); ++i) {
    if (stats.runs_by_status[i] != 0) add_member(statuses, kRunStatusNames[i], std::to_string(stats.runs_by_status[i]));
  }
  add_member(json, "status_counts", statuses + "}");
  return json + "}";
}

std::string day_of(std::int64_t time_us) {
  // Civil date from days, by counting in eras of 400 years that begin in March.
  constexpr std::int64_t kDayUs = 86'400'000'000;
  const std::int64_t days = (time_us >= 0 ? time_us : time_us - kDayUs + 1) / kDayUs + 719'468;
  const std::int64_t era = days / 146'097;
  const std::int64_t in_era = days % 146'097;
  const std::int64_t year_of_era = (in_era - in_era / 1460 + in_era / 36'524 - in_era / 146'096) / 365;
  const std::int64_t day_of_year = in_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const std::int64_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  const std::int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  const auto digits = [](std::int64_t number, std::size_t width) {
    std::string text = std::to_string(number);
    return text.size() < width ? std::string(width - text.size(), '0') + text : text;
  };
  return digits(year, 4) + "-" + digits(month, 2) + "-" + digits(day, 2);
}

}  // namespace asmgr::store_query
