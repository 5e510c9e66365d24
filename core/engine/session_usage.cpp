// What runs have used: a store's sums, priced where a run has no cost of its own.
#include <algorithm>

#include "core/cost/money.hpp"
#include "core/engine/engine.hpp"
#include "core/engine/session_manager.hpp"
#include "core/engine/store_queries.hpp"
#include "core/engine/waiting.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

constexpr std::int64_t kPicoPerMicro = 1'000'000;

bool has_key(const std::vector<UsageKey>& keys, UsageKey key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

// Groups come by provider and model in any case, which prices are known by.
UsageSearch with_price_keys(UsageSearch search) {
  for (const UsageKey key : {UsageKey::provider, UsageKey::model}) {
    if (!has_key(search.by, key)) search.by.push_back(key);
  }
  return search;
}

// A row in the making: money is added exactly and rounded once.
struct Collected {
  UsageRow row;
  Money cost;
};

void add_sums(Collected& to, const UsageSums& sums, const Wiring& wiring) {
  to.row.runs += sums.runs;
  to.row.tokens = to.row.tokens + sums.tokens;
  to.cost += Money::of_pico_usd(Int128{sums.cost_micro_usd} * kPicoPerMicro);
  if (sums.unpriced_runs == 0) return;
  const std::string& provider = sums.keys.at(UsageKey::provider);
  const auto wired = wiring.providers.find(provider);
  const std::string& vendor = wired == wiring.providers.end() ? provider : wired->second->info().vendor;
  const auto cost = wiring.prices == nullptr
                        ? std::nullopt
                        : wiring.prices->cost_of(sums.unpriced, vendor, sums.keys.at(UsageKey::model));
  if (cost)
    to.cost += *cost;
  else
    to.row.unmapped_runs += sums.unpriced_runs;
}

UsageRow finished_row(Collected collected) {
  collected.row.cost_usd = collected.cost.usd();
  return std::move(collected.row);
}

UsageRow total_of(const std::vector<UsageSums>& groups, const Wiring& wiring) {
  Collected total;
  for (const UsageSums& sums : groups) add_sums(total, sums, wiring);
  return finished_row(std::move(total));
}

std::vector<UsageRow> rows_of(const std::vector<UsageSums>& groups, const std::vector<UsageKey>& by,
                              const Wiring& wiring) {
  std::map<std::vector<std::string>, Collected> collected;
  for (const UsageSums& sums : groups) {
    std::vector<std::string> values;
    for (const UsageKey key : by) values.push_back(sums.keys.at(key));
    Collected& row = collected[values];
    for (const UsageKey key : by) row.row.keys[key] = sums.keys.at(key);
    add_sums(row, sums, wiring);
  }
  std::vector<UsageRow> rows;
  for (auto& [values, row] : collected) rows.push_back(finished_row(std::move(row)));
  return rows;
}

}  // namespace

Result<UsageSummary> SessionManager::get_usage_summary(UsageSummaryOptions options) {
  if (EngineThread::here()) return blocking_here();
  if (auto checked = check(options.search); !checked) return checked.error();
  auto host = engine_->store_of_pipeline(options.pipeline);
  if (!host) return host.error();
  auto queries = queries_of((*host)->store());
  if (!queries) return queries.error();
  const auto wiring = engine_->wiring();
  auto groups = (*queries)->usage(options.tenant, with_price_keys(options.search));
  if (!groups) return groups.error();
  UsageSummary summary;
  summary.by = options.search.by;
  summary.rows = rows_of(*groups, summary.by, *wiring);
  // A run with two tags is in two groups, but was paid for once.
  if (has_key(summary.by, UsageKey::tag)) {
    std::erase(options.search.by, UsageKey::tag);
    groups = (*queries)->usage(options.tenant, with_price_keys(options.search));
    if (!groups) return groups.error();
  }
  summary.total = total_of(*groups, *wiring);
  return summary;
}

boost::json::object to_json(const UsageRow& row) {
  boost::json::object json;
  for (const auto& [key, value] : row.keys) json[key_name(key)] = text_or_null(value);
  json["run_count"] = row.runs;
  json["token_usage"] = to_json(row.tokens);
  json["cost_usd"] = row.cost_usd;
  json["unmapped_runs"] = row.unmapped_runs;
  return json;
}

boost::json::object to_json(const UsageSummary& summary) {
  boost::json::array items;
  for (const UsageRow& row : summary.rows) items.push_back(to_json(row));
  return {{"items", std::move(items)}, {"total", to_json(summary.total)}};
}

}  // namespace asmgr
