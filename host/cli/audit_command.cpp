// `asmgr audit`: what was done that has to be accounted for, by whom.
#include <optional>

#include "core/model/json.hpp"
#include "host/cli/command.hpp"
#include "host/cli/event_writer.hpp"
#include "host/cli/opening.hpp"
#include "host/cli/terminal_text.hpp"

namespace asmgr::cli {
namespace {

// "session_deleted" of the type "audit_session_deleted".
std::string_view act_of(const Event& event) {
  return std::string_view(event.type_name).substr(kAuditTypePrefix.size());
}

class AuditCommand final : public Command {
 public:
  explicit AuditCommand(CLI::App& app) {
    app.add_option("--since", since_, "Only acts at or after this time, e.g. 2026-01-02T03:04:05Z")->type_name("TIME");
    app.add_option("--limit", limit_, "The latest so many (default 100)")
        ->check(CLI::Range(1U, 100'000U))
        ->type_name("N");
    add_store_option(app, pipeline_);
  }

  Result<ExitCode> run(Invocation& invocation) override {
    AuditOptions options;
    options.pipeline = pipeline_;
    options.limit = limit_;
    if (!since_.empty()) {
      const auto parsed = parse_timestamp(since_);
      if (parsed.has_error()) {
        return usage_error("--since: '" + since_ + "' is not a time; write it as 2026-01-02T03:04:05Z");
      }
      options.since = *parsed;
    }
    auto opened = open_store(invocation, pipeline_);
    if (opened.has_error()) return opened.error();
    const auto acts = (*opened)->manager().get_audit(options);
    if (acts.has_error()) return acts.error();
    if (invocation.console.is_text()) {
      invocation.console.write(table_of(*acts));
      return ExitCode::done;
    }
    EventWriter writer(invocation.console);
    for (const Event& act : *acts) writer.add(view_of(act));
    writer.finish({});
    return ExitCode::done;
  }

 private:
  static std::string table_of(const std::vector<Event>& acts) {
    std::vector<std::vector<std::string>> rows;
    for (const Event& act : acts) {
      const auto data = parse_json_object(act.data, "an audit event");
      const boost::json::object object = data ? *data : boost::json::object{};
      const auto text = [&object](std::string_view key) { return std::string(find_string(object, key).value_or("")); };
      const boost::json::object* details = find_object(object, "details");
      rows.push_back({format_timestamp(act.timestamp), std::string(act_of(act)), text("actor"), text("session_id"),
                      details == nullptr ? "" : to_text(*details)});
    }
    return table({"TIME", "ACT", "BY", "SESSION", "DETAILS"}, rows);
  }

  std::string since_, pipeline_;
  std::uint32_t limit_ = 100;
};

}  // namespace

void add_audit_command(CommandSet& commands) {
  commands.add<AuditCommand>(commands.root(), "audit", "Show what was done that has to be accounted for, and by whom",
                             "asmgr audit --since 2026-01-02T00:00:00Z\n"
                             "asmgr audit --limit 10 --output jsonl");
}

}  // namespace asmgr::cli
