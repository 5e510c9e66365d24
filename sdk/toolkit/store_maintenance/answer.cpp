// Reports, problems and measures, as JSON.
#include <asmgr/cpp/json_text.hpp>
#include <asmgr/toolkit/store_maintenance.hpp>

namespace asmgr::store_maintenance {
namespace {

constexpr std::string_view kProblemKinds[] = {"orphan", "gap", "head", "checksum", "damaged"};

void add_number(std::string& json, std::string_view key, std::uint64_t value) {
  json.append(json.empty() ? "{\"" : ",\"").append(key).append("\":").append(std::to_string(value));
}

std::string one_number(std::string_view key, std::uint64_t value) {
  std::string json;
  add_number(json, key, value);
  return json + "}";
}

}  // namespace

std::string pruned_json(std::uint64_t events) {
  return one_number("events_pruned", events);
}

std::string removed_json(std::uint64_t rows) {
  return one_number("rows_removed", rows);
}

std::string compacted_json(std::uint64_t bytes) {
  return one_number("bytes_freed", bytes);
}

std::string problem_json(ProblemKind kind, std::string_view session_id, std::string_view message) {
  std::string json = "{\"kind\":\"";
  json.append(kProblemKinds[static_cast<std::size_t>(kind)]);
  json.append("\",\"session_id\":").append(sdk::json_quote(session_id));
  return json.append(",\"message\":").append(sdk::json_quote(message)).append("}");
}

std::string size_json(const StoreSize& size) {
  std::string json;
  add_number(json, "schema_version", size.schema_version);
  add_number(json, "bytes", size.bytes);
  add_number(json, "free_bytes", size.free_bytes);
  add_number(json, "sessions", size.sessions);
  add_number(json, "runs", size.runs);
  add_number(json, "events", size.events);
  add_number(json, "pruned_events", size.pruned_events);
  add_number(json, "records", size.records);
  return json + "}";
}

}  // namespace asmgr::store_maintenance
