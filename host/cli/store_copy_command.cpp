// `asmgr store copy`: everything a store holds, into another one.
#include <chrono>
#include <memory>

#include "core/engine/store_copy.hpp"
#include "core/model/json.hpp"
#include "host/cli/number_text.hpp"
#include "host/cli/opening.hpp"
#include "host/cli/progress_line.hpp"
#include "host/cli/store_commands.hpp"
#include "host/cli/terminal_text.hpp"

namespace asmgr::cli {
namespace {

using CopyMode = StoreCopyOptions::Mode;

std::string amount(std::uint64_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string counts_text(const CopyCounts& counts) {
  return amount(counts.sessions, "session") + ", " + amount(counts.runs, "run") + ", " +
         amount(counts.events, "event") + ", " + amount(counts.records, "record");
}

boost::json::object counts_json(const CopyCounts& counts) {
  boost::json::object json;
  json["sessions"] = counts.sessions;
  json["runs"] = counts.runs;
  json["events"] = counts.events;
  json["records"] = counts.records;
  return json;
}

boost::json::object problem_json(const CopyProblem& problem) {
  boost::json::object json;
  json["session_id"] = text_or_null(problem.session_id);
  json["message"] = problem.message;
  return json;
}

// The first few, and how many more there are.
std::string named(const std::vector<std::string>& ids, std::uint64_t all) {
  constexpr std::size_t kNamed = 5;
  std::string text;
  for (std::size_t i = 0; i < ids.size() && i < kNamed; ++i) text += (i == 0 ? "" : ", ") + ids[i];
  if (all > kNamed) text += " and " + std::to_string(all - kNamed) + " more";
  return text;
}

class StoreCopyCommand final : public Command {
 public:
  explicit StoreCopyCommand(CLI::App& app) {
    app.add_option("--from", from_, "Store of the configuration that is copied; hosts may go on writing to it")
        ->required()
        ->type_name("NAME");
    app.add_option("--to", to_, "Store of the configuration that it is copied into")->required()->type_name("NAME");
    auto* dry_run = app.add_flag("--dry-run", dry_run_, "Say what would be copied, write nothing");
    auto* verify_only = app.add_flag("--verify-only", verify_only_, "Only compare the two, write nothing");
    auto* no_verify = app.add_flag("--no-verify", no_verify_, "Do not compare the two at the end");
    auto* remove = app.add_flag("--delete", delete_, "Remove from the target what the source does not have");
    dry_run->excludes(verify_only);
    no_verify->excludes(verify_only)->excludes(dry_run);
    remove->excludes(verify_only);
  }

  Result<ExitCode> run(Invocation& invocation) override {
    if (from_ == to_) {
      return usage_error("--from and --to both name store '" + from_ + "'; name two stores of the configuration");
    }
    const auto deployment = load_stores(invocation, {from_, to_});
    if (deployment.has_error()) return deployment.error();
    Store& from = *deployment->wiring().stores.at(from_);
    Store& to = *deployment->wiring().stores.at(to_);
    for (const Store* store : {&from, &to}) {
      if (store->info().durable) continue;
      return usage_error("store '" + store->info().name +
                         "' holds nothing beyond this command: it is not durable; name two stores that are");
    }
    const auto begin = std::chrono::steady_clock::now();
    const auto report = copy(invocation, from, to);
    if (report.has_error()) return report.error();
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
    print(invocation.console, *report, took.count());
    return report->problems.empty() ? ExitCode::done : ExitCode::failed;
  }

 private:
  [[nodiscard]] CopyMode mode() const {
    if (dry_run_) return CopyMode::dry_run;
    if (verify_only_) return CopyMode::verify;
    return no_verify_ ? CopyMode::copy_without_check : CopyMode::copy;
  }

  [[nodiscard]] Result<StoreCopyReport> copy(Invocation& invocation, Store& from, Store& to) const {
    const auto cancel = std::make_shared<CancelToken>();
    ProgressLine line(invocation.console);
    StoreCopyOptions options;
    options.mode = mode();
    options.remove_others = delete_;
    options.cancel = cancel.get();
    options.progress = [&line](const CopyProgress& progress) {
      if (!line.is_due()) return;
      line.say(progress.verifying
                   ? "comparing: " + counts_text(progress.done)
                   : "pass " + std::to_string(progress.pass) + ": " + amount(progress.sessions, "session") +
                         " looked at, copied " + counts_text(progress.done));
    };
    invocation.signals.on_first([cancel] { cancel->cancel(); });
    auto report = copy_store(from, to, options);
    invocation.signals.clear();
    return report;
  }

  void print(Console& console, const StoreCopyReport& report, std::int64_t milliseconds) const {
    if (console.is_text()) return print_text(console, report, milliseconds);
    boost::json::object summary = summary_json(report, milliseconds);
    boost::json::array problems;
    for (const CopyProblem& problem : report.problems) {
      if (console.format() == OutputFormat::jsonl) console.write_json({{"problem", problem_json(problem)}});
      problems.push_back(problem_json(problem));
    }
    if (console.format() == OutputFormat::jsonl) return console.write_json({{"summary", std::move(summary)}});
    summary["problems"] = std::move(problems);
    console.write_json(summary);
  }

  [[nodiscard]] bool has_verified() const { return mode() == CopyMode::copy || mode() == CopyMode::verify; }

  [[nodiscard]] boost::json::object summary_json(const StoreCopyReport& report, std::int64_t milliseconds) const {
    boost::json::object json = counts_json(report.copied);
    json["passes"] = report.passes;
    json["seconds"] = static_cast<double>(milliseconds) / 1000;
    json["dry_run"] = dry_run_;
    json["up_to_change"] = report.up_to == 0 ? boost::json::value() : boost::json::value(report.up_to);
    json["complete"] = is_complete(report);
    json["at_work"] = to_json_array(report.at_work);
    json["moved"] = to_json_array(report.moved);
    json["only_in_target"] = report.other_sessions;
    json["removed"] = report.removed;
    json["verified"] = has_verified() ? boost::json::value(counts_json(report.compared)) : boost::json::value();
    return json;
  }

  // The target holds what the source held, and could take its place.
  [[nodiscard]] bool is_complete(const StoreCopyReport& report) const {
    return !dry_run_ && report.settled && report.problems.empty() && report.at_work.empty() && report.moved.empty();
  }

  void print_text(Console& console, const StoreCopyReport& report, std::int64_t milliseconds) const {
    for (const CopyProblem& problem : report.problems) {
      console.write("problem: " + harmless(problem.message, LineBreaks::escape) + "\n");
    }
    if (!verify_only_) {
      console.write(
          (dry_run_ ? "to be copied: " : "copied: ") + counts_text(report.copied) +
          (dry_run_ ? "" : " in " + std::to_string(report.passes) + (report.passes == 1 ? " pass" : " passes")) + "\n");
      if (report.removed != 0) {
        console.write((dry_run_ ? "to be removed: " : "removed: ") + amount(report.removed, "session") + "\n");
      }
    }
    if (has_verified()) console.write("compared: " + counts_text(report.compared) + "\n");
    if (!dry_run_) console.write(verdict(report) + " (" + elapsed_text(milliseconds) + ")\n");
    print_notes(console, report);
  }

  [[nodiscard]] std::string verdict(const StoreCopyReport& report) const {
    if (!report.problems.empty()) {
      return "not the same: " + amount(report.problems.size(), "problem") + ", see above";
    }
    if (is_complete(report)) {
      const std::string up_to = report.up_to == 0 ? "" : " up to its change " + std::to_string(report.up_to);
      return "complete: store '" + to_ + "' holds what store '" + from_ + "' does" + up_to;
    }
    return "not complete: store '" + from_ + "' is at work; end its hosts and copy again";
  }

  void print_notes(Console& console, const StoreCopyReport& report) const {
    if (!report.at_work.empty()) {
      console.note("note: " + amount(report.at_work.size(), "session") +
                   " at work in a host: the log is copied, the session stays hidden in '" + to_ +
                   "' until it is copied again: " + named(report.at_work, report.at_work.size()));
    }
    if (!report.moved.empty()) {
      console.note("note: " + amount(report.moved.size(), "session") +
                   " went on while the two were compared: " + named(report.moved, report.moved.size()));
    }
    if (!report.settled) {
      console.note("note: after " + std::to_string(report.passes) + " passes there was still something new");
    }
    if (report.other_sessions != 0) {
      console.note("note: " + amount(report.other_sessions, "session") + " only in '" + to_ +
                   "', its own or removed from '" + from_ + "' since; --delete removes what is not in '" + from_ +
                   "': " + named(report.others, report.other_sessions));
    }
    if (report.hosts_at_target && !verify_only_) {
      console.note("warning: a host is at work on '" + to_ + "': it takes up what is copied there");
    }
  }

  std::string from_, to_;
  bool dry_run_ = false;
  bool verify_only_ = false;
  bool no_verify_ = false;
  bool delete_ = false;
};

}  // namespace

void add_store_copy_command(CommandSet& commands, CLI::App& store) {
  commands.add<StoreCopyCommand>(store, "copy", "Copy everything a store holds into another one, while hosts go on",
                                 "asmgr store copy --from local --to shared\n"
                                 "asmgr store copy --from local --to shared --dry-run\n"
                                 "asmgr store copy --from local --to shared --verify-only --output json");
}

}  // namespace asmgr::cli
