// `asmgr store stats`: how large a store is, and what makes it so.
#include "host/cli/number_text.hpp"
#include "host/cli/opening.hpp"
#include "host/cli/store_commands.hpp"
#include "host/cli/terminal_text.hpp"

namespace asmgr::cli {
namespace {

boost::json::object json_of(const BigSession& session) {
  boost::json::object json;
  json["session_id"] = session.size.session_id;
  json["agent_id"] = session.agent_id;
  json["status"] = session.status ? boost::json::value(status_name(*session.status)) : boost::json::value(nullptr);
  json["deleted"] = session.deleted;
  json["events"] = session.size.events;
  json["text_bytes"] = session.size.text_bytes;
  return json;
}

boost::json::object json_of(const StoreStats& stats) {
  boost::json::object json;
  json["store"] = stats.store;
  json["schema_version"] = stats.size.schema_version;
  json["bytes"] = stats.size.bytes;
  json["free_bytes"] = stats.size.free_bytes;
  json["sessions"] = stats.size.sessions;
  json["runs"] = stats.size.runs;
  json["events"] = stats.size.events;
  json["pruned_events"] = stats.size.pruned_events;
  json["records"] = stats.size.records;
  return json;
}

std::string size_or_unknown(std::uint64_t bytes) {
  return bytes == 0 ? "unknown" : size_text(bytes);
}

std::string text_of(const StoreStats& stats) {
  const StoreSize& size = stats.size;
  const std::string free = size.free_bytes == 0 ? "" : " (" + size_text(size.free_bytes) + " of it free)";
  const std::string pruned = size.pruned_events == 0 ? "" : " (" + std::to_string(size.pruned_events) + " pruned)";
  std::string text =
      field_line("store", stats.store) + field_line("schema", std::to_string(size.schema_version)) +
      field_line("size", size_or_unknown(size.bytes) + free) + field_line("sessions", std::to_string(size.sessions)) +
      field_line("runs", std::to_string(size.runs)) + field_line("events", std::to_string(size.events) + pruned) +
      field_line("records", std::to_string(size.records));
  if (stats.biggest.empty()) return text;
  std::vector<std::vector<std::string>> rows;
  for (const BigSession& session : stats.biggest) {
    const std::string status = !session.status   ? "-"
                               : session.deleted ? "deleted"
                                                 : std::string(status_name(*session.status));
    rows.push_back({session.size.session_id, session.agent_id, status, std::to_string(session.size.events),
                    size_text(session.size.text_bytes)});
  }
  return text + "\n" + table({"SESSION", "AGENT", "STATUS", "EVENTS", "TEXTS"}, rows);
}

class StoreStatsCommand final : public Command {
 public:
  explicit StoreStatsCommand(CLI::App& app) {
    add_store_name_option(app, options_.store);
    app.add_option("--biggest", options_.biggest, "Show so many of the biggest sessions (default 10)")
        ->check(CLI::Range(0U, 10'000U))
        ->type_name("N");
  }

  Result<ExitCode> run(Invocation& invocation) override {
    auto opened = open_store_named(invocation, options_.store);
    if (opened.has_error()) return opened.error();
    const auto stats = (*opened)->manager().measure_store(options_);
    if (stats.has_error()) return stats.error();
    print(invocation.console, *stats);
    return ExitCode::done;
  }

 private:
  static void print(Console& console, const StoreStats& stats) {
    if (console.is_text()) return console.write(text_of(stats));
    boost::json::array biggest;
    for (const BigSession& session : stats.biggest) biggest.push_back(json_of(session));
    boost::json::object json = json_of(stats);
    if (console.format() == OutputFormat::json) {
      json["biggest"] = std::move(biggest);
      return console.write_json(json);
    }
    for (const boost::json::value& session : biggest) console.write_json(session);
    console.write_json(boost::json::object{{"total", std::move(json)}});
  }

  MeasureStoreOptions options_;
};

}  // namespace

void add_store_stats_command(CommandSet& commands, CLI::App& store) {
  commands.add<StoreStatsCommand>(store, "stats", "Say how large a store is, and which sessions make it so",
                                  "asmgr store stats\n"
                                  "asmgr store stats --biggest 3 --output json | jq .bytes");
}

}  // namespace asmgr::cli
