// `asmgr store prune`: lets go of what a store need not keep.
#include "core/model/json.hpp"
#include "core/render/event_facts.hpp"
#include "core/retention/policy.hpp"
#include "host/cli/number_text.hpp"
#include "host/cli/opening.hpp"
#include "host/cli/store_commands.hpp"
#include "host/cli/this_user.hpp"

namespace asmgr::cli {
namespace {

// The fields of a policy as options: what was given stands over what the configuration says.
class PolicyOptions {
 public:
  explicit PolicyOptions(CLI::App& app) {
    limit(app, "--max-session-age-days", "max_session_age_days",
          "Hide sessions of any status in which nothing has changed for so many days");
    limit(app, "--max-completed-session-age-days", "max_completed_session_age_days",
          "Hide completed, failed and cancelled ones after so many days (default 90)");
    limit(app, "--hard-delete-after-days", "hard_delete_after_days",
          "Remove hidden sessions after so many days (default 30)");
    limit(app, "--max-events-per-session", "max_events_per_session", "Keep the texts of so many events of a session");
    limit(app, "--max-total-events", "max_total_events",
          "Keep the texts of so many events of the whole store; the oldest sessions lose theirs first");
    names(app, "--prune-event-types-first", "prune_event_types_first", "TYPE",
          "Take the texts of these types before others (default message_streamed, token_usage_updated)");
    names(app, "--exempt-status", "exempt_statuses", "STATUS",
          "Hide no session of this status for its age (default active, paused)");
    names(app, "--exempt-tag", "exempt_tags", "TAG", "Take nothing from sessions with this tag (default pinned)");
    drop_deltas_given_ = app.add_flag("--drop-superseded-deltas,!--keep-superseded-deltas", drop_deltas_,
                                      "Take the texts of deltas whose whole stands behind them, or leave them to the "
                                      "caps (default: take them)");
    app.add_option("--batch-size", batch_size_, "Rows per transaction (default 100)")
        ->check(CLI::Range(std::uint64_t{1}, kMaxRetentionBatch))
        ->type_name("N");
    auto* store =
        app.add_option("--archive-store", archive_.store, "Write sessions to this store before")->type_name("NAME");
    app.add_option("--archive-folder", archive_.folder, "Write sessions to files in this folder before")
        ->type_name("FOLDER")
        ->excludes(store);
  }

  [[nodiscard]] const std::string& archive_store() const noexcept { return archive_.store; }

  // Nothing when no option was given. Errors: usage.
  [[nodiscard]] Result<std::optional<RetentionPolicy>> over(const StoreRetention* configured) const {
    boost::json::object json = configured == nullptr ? boost::json::object() : to_json(configured->policy);
    const std::size_t given = set(json);
    if (given == 0) return std::optional<RetentionPolicy>();
    if (json.contains("archive") && json["archive"].is_null()) json.erase("archive");
    auto policy = retention_from_json(json);
    if (!policy) return usage_error(policy.error().message());
    return std::optional<RetentionPolicy>(std::move(*policy));
  }

 private:
  struct Limit {
    std::string field;
    std::string text;
  };
  struct Names {
    std::string field;
    std::vector<std::string> names;
  };

  void limit(CLI::App& app, const std::string& option, std::string field, const std::string& summary) {
    Limit& kept = *limits_.emplace_back(std::make_unique<Limit>());
    kept.field = std::move(field);
    app.add_option(option, kept.text, summary)->type_name("N|infinity");
  }
  void names(CLI::App& app, const std::string& option, std::string field, const std::string& type,
             const std::string& summary) {
    Names& kept = *names_.emplace_back(std::make_unique<Names>());
    kept.field = std::move(field);
    add_repeated(app, option, kept.names, summary)->type_name(type);
  }

  // A number as a number; what else was written is refused by whoever reads the policy.
  static boost::json::value value_of(const std::string& text) {
    const bool digits = !text.empty() && text.size() < 19 && text.find_first_not_of("0123456789") == std::string::npos;
    return digits ? boost::json::value(std::stoll(text)) : boost::json::value(text);
  }

  std::size_t set(boost::json::object& json) const {
    std::size_t given = 0;
    for (const auto& limit : limits_) {
      if (limit->text.empty()) continue;
      json[limit->field] = value_of(limit->text);
      ++given;
    }
    for (const auto& list : names_) {
      if (list->names.empty()) continue;
      json[list->field] = boost::json::array(list->names.begin(), list->names.end());
      ++given;
    }
    if (drop_deltas_given_->count() != 0) {
      json["drop_superseded_deltas"] = drop_deltas_;
      ++given;
    }
    if (batch_size_ != 0) json["batch_size"] = batch_size_;
    if (!archive_.store.empty()) json["archive"] = {{"store", archive_.store}};
    if (!archive_.folder.empty()) json["archive"] = {{"folder", archive_.folder}};
    return given + (batch_size_ != 0 ? 1 : 0) + (archive_.is_set() ? 1 : 0);
  }

  std::vector<std::unique_ptr<Limit>> limits_;
  std::vector<std::unique_ptr<Names>> names_;
  CLI::Option* drop_deltas_given_ = nullptr;  // the command line's
  bool drop_deltas_ = true;
  std::uint64_t batch_size_ = 0;
  ArchivePlace archive_;
};

std::string report_text(const PruneReport& report) {
  const bool would = report.mode == PruneMode::dry_run;
  const std::string was = would ? " would be " : " ";
  std::string text = report.store + ": " + rendering::counted(report.sessions_soft_deleted, "session") + was +
                     "hidden, " + std::to_string(report.sessions_hard_deleted) + was + "removed, " +
                     rendering::counted(report.events_pruned, "event") + was + "pruned (" +
                     rendering::counted(report.deltas_pruned, "superseded delta") + "), " +
                     std::to_string(report.artifacts_cleaned) +
                     (report.artifacts_cleaned == 1 ? " artifact" : " artifacts") + was + "cleaned, " +
                     std::to_string(report.archived) + was + "archived";
  if (!would) text += ", " + size_text(report.bytes_freed) + " freed";
  text += " (" + elapsed_text(report.duration_ms) + ")";
  if (would) text += "; nothing was changed";
  return text + "\n";
}

class StorePruneCommand final : public Command {
 public:
  explicit StorePruneCommand(CLI::App& app) : policy_(app) {
    add_store_name_option(app, store_);
    app.add_flag("--dry-run", dry_run_, "Only say what would go");
  }

  Result<ExitCode> run(Invocation& invocation) override {
    auto opened = open_for_upkeep(invocation, store_, policy_.archive_store());
    if (opened.has_error()) return opened.error();
    const Wiring& wiring = (*opened)->wiring();
    PruneStoreOptions options;
    options.store = store_.empty() ? wiring.pipelines.at(wiring.default_pipeline).store : store_;
    const auto configured = wiring.retention.find(options.store);
    const bool has_policy = configured != wiring.retention.end();
    auto policy = policy_.over(has_policy ? &configured->second : nullptr);
    if (policy.has_error()) return policy.error();
    if (!*policy && !has_policy) {
      return usage_error("nothing says what store '" + options.store + "' is to keep: write stores." + options.store +
                         ".retention in the configuration, or give an option such as --max-events-per-session");
    }
    options.policy = std::move(*policy);
    options.mode = dry_run_ ? PruneMode::dry_run : PruneMode::carry_out;
    options.caller = this_user();
    CancelToken cancel;
    options.cancel = &cancel;
    invocation.signals.on_first([&cancel] { cancel.cancel(); });
    const auto report = (*opened)->manager().prune_store(options);
    invocation.signals.clear();
    if (report.has_error()) return report.error();
    print(invocation.console, *report);
    if (report->cancelled) return ExitCode::cancelled;
    return report->errors.empty() ? ExitCode::done : ExitCode::failed;
  }

 private:
  static void print(Console& console, const PruneReport& report) {
    if (!console.is_text()) return console.write_json(to_json(report));
    console.write(report_text(report));
    for (const std::string& error : report.errors) console.complain("problem: " + error, Style::bad);
    if (report.cancelled) console.complain("stopped before the end; the same command again does the rest");
  }

  PolicyOptions policy_;
  std::string store_;
  bool dry_run_ = false;
};

}  // namespace

void add_store_prune_command(CommandSet& commands, CLI::App& store) {
  commands.add<StorePruneCommand>(store, "prune", "Let go of old sessions and of texts that nobody needs any more",
                                  "asmgr store prune --dry-run\n"
                                  "asmgr store prune --store local --max-events-per-session 10000\n"
                                  "asmgr store prune --max-completed-session-age-days 30 --archive-folder ./archive");
}

}  // namespace asmgr::cli
