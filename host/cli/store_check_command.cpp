// `asmgr store check`: whether everything in a store is as it was written.
#include "core/render/event_facts.hpp"
#include "host/cli/opening.hpp"
#include "host/cli/store_commands.hpp"
#include "host/cli/terminal_text.hpp"

namespace asmgr::cli {
namespace {

boost::json::object json_of(const StoreProblem& problem) {
  boost::json::object json;
  json["kind"] = problem.kind;
  json["session_id"] =
      problem.session_id.empty() ? boost::json::value(nullptr) : boost::json::value(problem.session_id);
  json["message"] = problem.message;
  return json;
}

boost::json::object json_of(const CheckedStore& checked) {
  boost::json::object json;
  json["store"] = checked.store;
  json["healthy"] = checked.problems == 0;
  json["sessions"] = checked.sessions;
  json["pruned_events"] = checked.pruned_events;
  json["problem_count"] = checked.problems;
  json["looked_inside"] = checked.looked_inside;
  return json;
}

std::string line_of(const StoreProblem& problem) {
  const std::string of = problem.session_id.empty() ? "" : " " + problem.session_id;
  return one_line(problem.kind + of + ": " + problem.message, std::string::npos) + "\n";
}

std::string summary_of(const CheckedStore& checked) {
  const std::string pruned =
      checked.pruned_events == 0 ? "" : " (" + rendering::counted(checked.pruned_events, "event") + " pruned)";
  return checked.store + ": " + rendering::counted(checked.sessions, "session") + " verified" + pruned + ", " +
         (checked.problems == 0 ? "no problems" : rendering::counted(checked.problems, "problem")) + "\n";
}

class StoreCheckCommand final : public Command {
 public:
  explicit StoreCheckCommand(CLI::App& app) { add_store_name_option(app, store_); }

  Result<ExitCode> run(Invocation& invocation) override {
    auto opened = open_store_named(invocation, store_);
    if (opened.has_error()) return opened.error();
    Console& console = invocation.console;
    boost::json::array problems;  // of `json` alone, which is one value
    CheckStoreOptions options;
    options.store = store_;
    options.problem = [&console, &problems](const StoreProblem& problem) {
      if (console.is_text()) {
        console.write_foreign(line_of(problem));
      } else if (console.format() == OutputFormat::jsonl) {
        console.write_json(json_of(problem));
      } else {
        problems.push_back(json_of(problem));
      }
      return !console.broken();
    };
    CancelToken cancel;
    options.cancel = &cancel;
    invocation.signals.on_first([&cancel] { cancel.cancel(); });
    const auto checked = (*opened)->manager().check_store(options);
    invocation.signals.clear();
    if (checked.has_error()) return checked.error();
    print(console, *checked, std::move(problems));
    return checked->problems == 0 ? ExitCode::done : ExitCode::failed;
  }

 private:
  static void print(Console& console, const CheckedStore& checked, boost::json::array problems) {
    if (console.is_text()) {
      console.write(summary_of(checked));
      if (!checked.looked_inside) console.note("this store cannot look at its own rows; only the logs were verified");
      return;
    }
    boost::json::object json = json_of(checked);
    if (console.format() == OutputFormat::jsonl) return console.write_json(boost::json::object{{"checked", json}});
    json["problems"] = std::move(problems);
    console.write_json(json);
  }

  std::string store_;
};

}  // namespace

void add_store_check_command(CommandSet& commands, CLI::App& store) {
  commands.add<StoreCheckCommand>(store, "check", "Look at everything in a store and verify the log of every session",
                                  "asmgr store check\n"
                                  "asmgr store check --store local --output json | jq .problems");
}

}  // namespace asmgr::cli
