// `asmgr runs`, `run-show`, `cancel`, `interrupt`, `steer`: the verbs on runs that exist.
#include "core/model/json.hpp"
#include "host/cli/command.hpp"
#include "host/cli/listing.hpp"
#include "host/cli/number_text.hpp"
#include "host/cli/opening.hpp"
#include "host/cli/policy_text.hpp"
#include "host/cli/remote_options.hpp"
#include "host/cli/terminal_text.hpp"

namespace asmgr::cli {
namespace {

std::vector<std::string> run_status_names() {
  std::vector<std::string> names;
  for (const auto status : all_run_statuses()) names.emplace_back(status_name(status));
  return names;
}

std::string status_text(const Run& run) {
  std::string text(status_name(run.status));
  if (!run.waiting_on.empty()) text += " (approval pending)";
  return text;
}

class RunsCommand final : public Command {
 public:
  explicit RunsCommand(CLI::App& app) {
    app.add_option("SESSION", session_, "The session's id")->required()->type_name("");
    app.add_option("--status", statuses_, "Only runs in this status; may be repeated")
        ->check(one_of(run_status_names()))
        ->type_name("pending|running|completed|failed|cancelled|timeout")
        ->expected(1)
        ->allow_extra_args(false)
        ->take_all();
    app.add_option("--limit", limit_, "At most so many (default 1000)")->check(CLI::Range(1U, 10000U))->type_name("N");
    app.add_option("--cursor", cursor_, "Go on after this run, as next_cursor said")->type_name("ID");
    add_store_option(app, pipeline_);
  }

  Result<ExitCode> run(Invocation& invocation) override {
    ListRunsOptions options;
    options.session_id = session_;
    for (const auto& name : statuses_) {
      const auto status = parse_run_status(name);
      if (status.has_error()) return status.error();
      options.statuses.push_back(*status);
    }
    options.after_id = cursor_;
    options.limit = limit_ + 1;  // one more tells whether there are more
    auto opened = open_store(invocation, pipeline_);
    if (opened.has_error()) return opened.error();
    auto runs = (*opened)->manager().get_session_runs(std::move(options));
    if (runs.has_error()) return runs.error();
    print_listing(invocation.console, listing_of(std::move(*runs)));
    return ExitCode::done;
  }

 private:
  Listing listing_of(std::vector<Run> runs) const {
    Listing listing;
    if (runs.size() > limit_) {
      runs.resize(limit_);
      listing.next_cursor = runs.back().id;
    }
    listing.head = {"ID", "STATUS", "PROVIDER", "TOKENS", "COST", "CREATED", "TOOK"};
    for (const auto& run : runs) {
      listing.items.push_back(to_json(run));
      const std::string tokens = run.token_usage.empty() ? "-" : std::to_string(run.token_usage.total_tokens);
      listing.rows.push_back({run.id, status_text(run), run.provider, tokens, cost_text(run.cost_usd),
                              time_text(run.created_at), span_text(run.started_at, run.ended_at)});
    }
    return listing;
  }

  std::string session_, cursor_, pipeline_;
  std::vector<std::string> statuses_;
  std::uint32_t limit_ = 1000;
};

void print_run(Console& console, const Run& run) {
  if (!console.is_text()) return console.write_json(to_json(run));
  const auto line = [&](std::string_view name, const std::string& value) { console.write(field_line(name, value)); };
  line("id", run.id);
  line("session", run.session_id);
  line("status", status_text(run));
  line("provider", run.provider);
  line("created", time_text(run.created_at));
  line("took", span_text(run.started_at, run.ended_at));
  line("turns", std::to_string(run.turn_count));
  line("usage", usage_text(run.token_usage));
  line("cost", cost_text(run.cost_usd));
  for (const auto& approval : run.waiting_on) line("waits for", approval);
  if (const auto* policy = find_object(run.metadata, "effective_policy")) {
    for (const auto& [name, value] : effective_policy_lines(*policy)) line(name, value);
  }
  line("input", to_text(run.input));
  if (run.output) line("output", to_text(*run.output));
  if (run.error) line("error", run.error->to_string());
}

class RunShowCommand final : public Command {
 public:
  explicit RunShowCommand(CLI::App& app) {
    app.add_option("RUN", id_, "The run's id")->required()->type_name("");
    add_store_option(app, pipeline_);
  }

  Result<ExitCode> run(Invocation& invocation) override {
    auto opened = open_store(invocation, pipeline_);
    if (opened.has_error()) return opened.error();
    const auto run = (*opened)->manager().get_run(id_);
    if (run.has_error()) return run.error();
    print_run(invocation.console, *run);
    return ExitCode::done;
  }

 private:
  std::string id_, pipeline_;
};

void print_status(Console& console, const Run& run) {
  if (console.is_text()) {
    console.write(run.id + " " + std::string(status_name(run.status)) + "\n");
  } else {
    console.write_json(to_json(run));
  }
}

class CancelCommand final : public Command {
 public:
  explicit CancelCommand(CLI::App& app) {
    app.add_option("RUN", run_, "The run's id")->required()->type_name("");
    auto* for_approval =
        app.add_flag("--for-approval", for_approval_, "Leave an approval that asks for this tool call");
    app.add_option("--tool", tool_, "Tool the approval is for")->type_name("NAME")->needs(for_approval);
    app.add_option("--tool-call-id", tool_call_id_, "Tool call the approval is for")
        ->type_name("ID")
        ->needs(for_approval);
    app.add_option("--tool-input", tool_input_, "Arguments of the tool call, a JSON object")
        ->type_name("JSON")
        ->needs(for_approval);
    app.add_option("--policy", policy_, "Policy that wants the approval")->type_name("NAME")->needs(for_approval);
    app.add_option("--kind", kind_, "Kind of violation, for the approval")->type_name("KIND")->needs(for_approval);
    app.add_option("--reason", reason_, "Why, in a sentence, for the approval")->type_name("TEXT")->needs(for_approval);
    add_store_option(app, pipeline_);
    remote_.add_to(app);
  }

  Result<ExitCode> run(Invocation& invocation) override {
    const auto remote = remote_.read();
    if (remote.has_error()) return remote.error();
    return for_approval_ ? cancel_for_approval(invocation, *remote) : cancel(invocation, *remote);
  }

 private:
  Result<ExitCode> cancel(Invocation& invocation, const RemoteWait& remote) const {
    auto opened = open_store(invocation, pipeline_);
    if (opened.has_error()) return opened.error();
    CancelRunOptions options;
    options.run_id = run_;
    options.remote = remote;
    const auto run = (*opened)->manager().cancel_run(std::move(options));
    if (run.has_error()) return run.error();
    print_status(invocation.console, *run);
    return ExitCode::done;
  }

  Result<ExitCode> cancel_for_approval(Invocation& invocation, const RemoteWait& remote) const {
    if (tool_.empty()) return Error(ErrorCode::missing_required_field, "--for-approval needs --tool NAME");
    if (policy_.empty()) return Error(ErrorCode::missing_required_field, "--for-approval needs --policy NAME");
    auto input = parse_object_option("--tool-input", tool_input_);
    if (input.has_error()) return input.error();
    CancelForApprovalOptions options;
    options.run_id = run_;
    options.remote = remote;
    options.approval.tool_name = tool_;
    options.approval.tool_call_id = tool_call_id_;
    options.approval.tool_input = std::move(*input);
    options.approval.policy_name = policy_;
    options.approval.violation_kind = kind_.empty() || reason_.empty() ? kind_ + reason_ : kind_ + ": " + reason_;
    auto opened = open_store(invocation, pipeline_);
    if (opened.has_error()) return opened.error();
    const auto approval = (*opened)->manager().cancel_for_approval(std::move(options));
    if (approval.has_error()) return approval.error();
    if (invocation.console.is_text()) {
      invocation.console.write(*approval + "\n");
    } else {
      boost::json::object answer;
      answer["approval_id"] = *approval;
      invocation.console.write_json(answer);
    }
    return ExitCode::done;
  }

  std::string run_, tool_, tool_call_id_, tool_input_, policy_, kind_, reason_, pipeline_;
  bool for_approval_ = false;
  RemoteOptions remote_;
};

class InterruptCommand final : public Command {
 public:
  explicit InterruptCommand(CLI::App& app) {
    app.add_option("RUN", run_, "The run's id")->required()->type_name("");
    add_store_option(app, pipeline_);
    remote_.add_to(app);
  }

  Result<ExitCode> run(Invocation& invocation) override {
    const auto remote = remote_.read();
    if (remote.has_error()) return remote.error();
    auto opened = open_store(invocation, pipeline_);
    if (opened.has_error()) return opened.error();
    CancelRunOptions options;
    options.run_id = run_;
    options.remote = *remote;
    const auto run = (*opened)->manager().interrupt_run(std::move(options));
    if (run.has_error()) return run.error();
    print_status(invocation.console, *run);
    return ExitCode::done;
  }

 private:
  std::string run_, pipeline_;
  RemoteOptions remote_;
};

class SteerCommand final : public Command {
 public:
  explicit SteerCommand(CLI::App& app) {
    app.add_option("RUN", run_, "The run's id")->required()->type_name("");
    app.add_option("TEXT", text_, "What to tell it")->required()->type_name("");
    add_store_option(app, pipeline_);
    remote_.add_to(app);
  }

  Result<ExitCode> run(Invocation& invocation) override {
    const auto remote = remote_.read();
    if (remote.has_error()) return remote.error();
    auto opened = open_store(invocation, pipeline_);
    if (opened.has_error()) return opened.error();
    SteerRunOptions options;
    options.run_id = run_;
    options.text = text_;
    options.remote = *remote;
    const auto run = (*opened)->manager().steer_run(std::move(options));
    if (run.has_error()) return run.error();
    print_status(invocation.console, *run);
    return ExitCode::done;
  }

 private:
  std::string run_, text_, pipeline_;
  RemoteOptions remote_;
};

}  // namespace

void add_run_commands(CommandSet& commands) {
  commands.add<RunsCommand>(commands.root(), "runs", "List the runs of a session, oldest first",
                            "asmgr runs ses_0198c0ffee0070008000000000000001 --status failed");
  commands.add<RunShowCommand>(commands.root(), "run-show", "Show one run with its input, output and cost",
                               "asmgr run-show run_0198c0ffee0070008000000000000002 --output json");
  commands.add<CancelCommand>(
      commands.root(), "cancel", "Cancel a run and wait for its record",
      "asmgr cancel run_0198c0ffee0070008000000000000002\n"
      "asmgr cancel run_0198c0ffee0070008000000000000002 --for-approval --tool bash --policy tools");
  commands.add<InterruptCommand>(commands.root(), "interrupt", "Stop a run that is being carried out",
                                 "asmgr interrupt run_0198c0ffee0070008000000000000002");
  commands.add<SteerCommand>(commands.root(), "steer", "Tell a run something while it is carried out",
                             "asmgr steer run_0198c0ffee0070008000000000000002 'leave the tests alone'");
}

}  // namespace asmgr::cli
