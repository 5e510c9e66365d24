#include "core/engine/holds.hpp"

#include <algorithm>

#include "core/model/json.hpp"

namespace asmgr {
namespace {

std::int64_t settled_amount(const Hold& hold, const RunUsage& usage) {
  if (hold.metric == "total_tokens") return usage.tokens.total_tokens;
  if (hold.metric == "input_tokens") return usage.tokens.input_tokens;
  if (hold.metric == "output_tokens") return usage.tokens.output_tokens;
  if (hold.metric == "cost_micro_usd") return std::max<std::int64_t>(usage.cost_micro_usd, 0);
  if (hold.metric == "elapsed_ms") return usage.elapsed_ms;
  if (hold.metric == "tool_calls") return usage.tool_calls;
  return hold.amount;
}

Record counter_record(const Hold& hold, const Session& session) {
  Record counter;
  counter.kind = record_kind::kCounter;
  counter.id = hold.counter;
  counter.tenant = session.tenant;
  counter.status = "open";
  return counter;
}

Record hold_record(const Hold& hold, const Session& session, const std::string& run_id) {
  boost::json::object body;
  body["run_id"] = run_id;
  body["counter"] = hold.counter;
  body["metric"] = hold.metric;
  Record held;
  held.kind = record_kind::kHold;
  held.id = run_id + "." + hold.counter;
  held.session_id = session.id;
  held.version = 1;
  held.status = "held";
  held.value = hold.amount;
  held.body = to_text(body);
  return held;
}

}  // namespace

void stage_hold(UnitWriter& writer, const Session& session, const std::string& run_id, const Hold& hold) {
  writer.stage_record(
      RecordWrite{counter_record(hold, session), kVersionAny, RecordWrite::Kind::add, hold.amount, hold.ceiling});
  writer.stage_record(RecordWrite{hold_record(hold, session, run_id), kVersionAbsent, RecordWrite::Kind::put, 0, 0});
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
