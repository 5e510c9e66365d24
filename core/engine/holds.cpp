#include "core/engine/holds.hpp"

#include <algorithm>

#include "core/model/json.hpp"

namespace asmgr {
namespace {

std::int64_t settled_amount(const Hold& hold, const RunUsage& usage) {
  if (const auto used = used_of(hold, usage)) return *used;
  const bool spent_nothing = hold.metric == "cost_micro_usd" && usage.tokens.empty();
  return spent_nothing ? 0 : hold.amount;
}

Record counter_record(const Hold& hold, const Session& session) {
  Record counter;
  counter.kind = record_kind::kCounter;
  counter.id = hold.counter;
  counter.tenant = session.tenant;
  counter.status = "open";
  counter.due_at = hold.keep_until;
  return counter;
}

Record hold_record(const Hold& hold, const Session& session, const std::string& run_id, std::uint64_t version = 1) {
  boost::json::object body;
  body["run_id"] = run_id;
  body["counter"] = hold.counter;
  body["metric"] = hold.metric;
  Record held;
  held.kind = record_kind::kHold;
  held.id = run_id + "." + hold.counter;
  held.session_id = session.id;
  held.version = version;
  held.status = "held";
  held.value = hold.amount;
  held.body = to_text(body);
  return held;
}

}  // namespace

std::vector<Hold> without_repeats(std::vector<Hold> holds) {
  std::vector<Hold> once;
  for (Hold& hold : holds) {
    const auto same = std::find_if(once.begin(), once.end(), [&](const Hold& o) { return o.counter == hold.counter; });
    if (same == once.end()) {
      once.push_back(std::move(hold));
      continue;
    }
    same->amount = std::max(same->amount, hold.amount);
    same->ceiling = std::min(same->ceiling, hold.ceiling);
  }
  return once;
}

Result<std::int64_t> left_of_budget(Store& store, const Session& session, const Hold& hold) {
  auto counter = store.get_record(session.tenant, record_kind::kCounter, hold.counter);
  if (!counter && counter.error().category() != ErrorCategory::resource) return counter.error();
  // Asked without a tenant, a store answers with anybody's.
  const bool counted = counter && counter->tenant == session.tenant;
  const std::int64_t value = counted ? counter->value : 0;
  std::int64_t left = 0;
  if (__builtin_sub_overflow(hold.ceiling, value, &left)) left = value < 0 ? hold.ceiling : 0;
  return left;
}

std::optional<Hold> granted(const Hold& asked, std::int64_t left) {
  const bool all_there_is = asked.amount == asked.ceiling;
  if (all_there_is ? left <= 0 && asked.amount > 0 : left < asked.amount) return std::nullopt;
  Hold hold = asked;
  if (all_there_is) hold.amount = std::min(left, asked.amount);
  return hold;
}

std::optional<std::int64_t> used_of(const Hold& hold, const RunUsage& usage) {
  const TokenUsage& tokens = usage.tokens;
  if (hold.metric == "total_tokens") return tokens.total_tokens;
  if (hold.metric == "input_tokens") return tokens.input_tokens + tokens.cache_read_tokens + tokens.cache_write_tokens;
  if (hold.metric == "output_tokens") return tokens.output_tokens + tokens.reasoning_tokens;
  if (hold.metric == "cost_micro_usd" && usage.cost_micro_usd >= 0) return usage.cost_micro_usd;
  if (hold.metric == "elapsed_ms") return usage.elapsed_ms;
  if (hold.metric == "tool_calls") return usage.tool_calls;
  if (hold.metric == "turns") return usage.turns;
  return std::nullopt;
}

void stage_hold(UnitWriter& writer, const Session& session, const std::string& run_id, const Hold& hold) {
  writer.stage_record(
      RecordWrite{counter_record(hold, session), kVersionAny, RecordWrite::Kind::add, hold.amount, hold.ceiling});
  writer.stage_record(RecordWrite{hold_record(hold, session, run_id), kVersionAbsent, RecordWrite::Kind::put, 0, 0});
}

void stage_growth(UnitWriter& writer, const Session& session, const std::string& run_id, const HeldBudget& held,
                  std::int64_t more) {
  Hold grown = held.hold;
  grown.amount += more;
  writer.stage_record(
      RecordWrite{counter_record(grown, session), kVersionAny, RecordWrite::Kind::add, more, grown.ceiling});
  writer.stage_record(
      RecordWrite{hold_record(grown, session, run_id, held.version + 1), kVersionAny, RecordWrite::Kind::put, 0, 0});
}

void stage_settlement(UnitWriter& writer, const Session& session, const std::string& run_id, const Hold& hold,
                      const RunUsage& used) {
  writer.stage_record(RecordWrite{counter_record(hold, session), kVersionAny, RecordWrite::Kind::add,
                                  settled_amount(hold, used) - hold.amount, std::numeric_limits<std::int64_t>::max()});
  writer.stage_record(RecordWrite{hold_record(hold, session, run_id), kVersionAny, RecordWrite::Kind::remove, 0, 0});
}

std::optional<NotedHold> noted_hold(const Record& record) {
  auto body = parse_json_object(record.body, "hold " + record.id);
  if (!body) return std::nullopt;
  NotedHold noted;
  noted.run_id = find_string(*body, "run_id").value_or("");
  noted.hold.counter = find_string(*body, "counter").value_or("");
  noted.hold.metric = find_string(*body, "metric").value_or("");
  noted.hold.amount = record.value;
  if (noted.run_id.empty() || noted.hold.counter.empty()) return std::nullopt;
  return noted;
}

}  // namespace asmgr
