// `asmgr run`: one prompt, one run, shown as it comes.
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>

#include "core/model/json.hpp"
#include "core/model/log_position.hpp"
#include "host/cli/command.hpp"
#include "host/cli/event_text.hpp"
#include "host/cli/number_text.hpp"
#include "host/cli/opening.hpp"
#include "host/cli/prompt.hpp"
#include "host/cli/recording.hpp"
#include "host/cli/run_stopper.hpp"
#include "host/cli/this_user.hpp"

namespace asmgr::cli {
namespace {

struct RunCommandOptions {
  std::optional<std::string> prompt;
  std::string input_file;
  std::string session;
  std::string pipeline;
  std::string provider;
  std::vector<std::string> policies;
  std::string agent_id;
  std::vector<std::string> tags;
  std::string timeout;
  std::string approve = "ask";
  std::string record;
};

// Follows one run: prints, records, remembers what the exit code depends on.
class RunFollower {
 public:
  RunFollower(Console& console, RunStopper& stopper, Recording* recording, bool refuse_approvals)
      : console_(console), text_(console), stopper_(stopper), recording_(recording), refuses_(refuse_approvals) {}

  void follow(const EventView& event) {
    if (event.type == EventType::tool_approval_requested) {
      approval_asked_ = true;
      if (refuses_) stopper_.stop();
    }
    if (recording_ != nullptr) recording_->add(event);
    if (console_.is_text()) text_.show(event);
    if (console_.format() == OutputFormat::jsonl) {
      line_.clear();
      append_event_json(line_, event);
      line_ += '\n';
      console_.write(line_);
      console_.flush();
    }
    // Whoever read the output is gone: nothing more is to be spent on it.
    if (console_.broken()) stopper_.stop();
  }

  void finish() {
    if (console_.is_text()) text_.finish();
  }
  [[nodiscard]] bool approval_asked() const noexcept { return approval_asked_; }
  [[nodiscard]] bool approval_refused() const noexcept { return approval_asked_ && refuses_; }

 private:
  Console& console_;
  EventText text_;
  RunStopper& stopper_;
  Recording* recording_;
  bool refuses_;
  bool approval_asked_ = false;
  std::string line_;
};

std::string status_line(const RunResult& result, std::chrono::milliseconds elapsed) {
  return "-- " + std::string(status_name(result.status)) + " in " + elapsed_text(elapsed.count()) + ", " +
         usage_text(result.token_usage) + (result.cost_usd ? ", " + cost_text(result.cost_usd) : "") + ", session " +
         result.session_id + ", run " + result.run_id;
}

// What a run that did not complete failed with, also when nobody gave it an error of its own.
std::optional<Error> error_of(const RunResult& result) {
  if (result.error) return result.error;
  switch (result.status) {
    case RunStatus::cancelled:
      return Error(ErrorCode::cancelled, "the run was cancelled");
    case RunStatus::timeout:
      return Error(ErrorCode::timeout, "the run took longer than it may");
    case RunStatus::failed:
      return Error(ErrorCode::unknown_error, "the run failed and nobody said why");
    default:
      return std::nullopt;
  }
}

boost::json::object with_error(const RunResult& result) {
  const auto error = error_of(result);
  boost::json::object answer;
  answer["error"] = error ? boost::json::value(error->to_json()) : boost::json::value(nullptr);
  answer["result"] = to_json(result);
  return answer;
}

class RunCommand final : public Command {
 public:
  explicit RunCommand(CLI::App& app) {
    app.add_option("PROMPT", options_.prompt, "What to do; - reads it from standard input, as a pipe does")
        ->type_name("");
    app.add_option("--input", options_.input_file, "JSON file with the whole input instead of a prompt")
        ->type_name("FILE");
    app.add_option("--session", options_.session, "Run inside this session instead of one of its own")->type_name("ID");
    app.add_option("--pipeline", options_.pipeline, "Pipeline of the configuration (default: default)")
        ->type_name("NAME");
    app.add_option("--provider", options_.provider, "Provider instead of the pipeline's")->type_name("NAME");
    app.add_option("--policy", options_.policies, "Policy on top of the pipeline's; may be repeated")
        ->type_name("NAME")
        ->expected(1)
        ->allow_extra_args(false)
        ->take_all();
    app.add_option("--agent-id", options_.agent_id, "Agent of the session (default: the provider's name)")
        ->type_name("ID");
    app.add_option("--tag", options_.tags, "Tag of the session; may be repeated")
        ->type_name("TAG")
        ->expected(1)
        ->allow_extra_args(false)
        ->take_all();
    app.add_option("--timeout", options_.timeout, "How long the run may take, e.g. 90s or 10m")->type_name("DURATION");
    app.add_option("--approve", options_.approve,
                   "When a policy asks for a person: ask leaves it pending (default), deny stops the run")
        ->check(one_of({"ask", "grant", "deny"}))
        ->type_name("ask|grant|deny");
    app.add_option("--record", options_.record, "Write what the provider did to a file that the replay provider plays")
        ->type_name("FILE");
  }

  Result<ExitCode> run(Invocation& invocation) override {
    auto once = run_options();
    if (once.has_error()) return once.error();
    std::optional<Recording> recording;
    if (!options_.record.empty()) {
      auto opened_recording = Recording::open(options_.record);
      if (opened_recording.has_error()) return opened_recording.error();
      recording.emplace(std::move(*opened_recording));
    }
    auto opened = open_deployment(invocation, {options_.pipeline, options_.provider, options_.policies});
    if (opened.has_error()) return opened.error();
    if (options_.approve == "grant") {
      invocation.console.note("note: --approve grant does nothing in this version; an approval stays pending");
    }
    if (recording) recording->begin(provider_of((*opened)->wiring()));
    return follow_run(invocation, (*opened)->manager(), std::move(*once), recording ? &*recording : nullptr);
  }

 private:
  Result<RunOnceOptions> run_options() const {
    RunOnceOptions once;
    if (!options_.timeout.empty()) {
      const auto timeout = parse_duration_option("--timeout", options_.timeout);
      if (timeout.has_error()) return timeout.error();
      once.execution.run_timeout = std::chrono::milliseconds(*timeout);
    }
    auto input = read_run_input({options_.prompt, options_.input_file, 0});
    if (input.has_error()) return input.error();
    once.input = std::move(*input);
    once.session_id = options_.session;
    once.agent_id = options_.agent_id;
    once.tags = options_.tags;
    once.caller = this_user();
    once.execution.pipeline = options_.pipeline;
    once.execution.provider = options_.provider;
    once.execution.policies.assign(options_.policies.begin(), options_.policies.end());
    return once;
  }

  const ProviderInfo* provider_of(const Wiring& wiring) const {
    std::string name = options_.provider;
    if (name.empty()) {
      const auto pipeline =
          wiring.pipelines.find(options_.pipeline.empty() ? wiring.default_pipeline : options_.pipeline);
      if (pipeline == wiring.pipelines.end()) return nullptr;
      name = pipeline->second.provider;
    }
    const auto provider = wiring.providers.find(name);
    return provider == wiring.providers.end() ? nullptr : &provider->second->info();
  }

  Result<ExitCode> follow_run(Invocation& invocation, SessionManager& manager, RunOnceOptions once,
                              Recording* recording) const {
    RunStopper stopper(manager);
    RunFollower follower(invocation.console, stopper, recording, options_.approve == "deny");
    once.on_started = [&](const std::string&, const std::string& run_id) { stopper.started(run_id); };
    once.execution.event_callback = [&](const EventView& event) { follower.follow(event); };
    invocation.signals.on_first([&stopper] { stopper.stop(); });
    const auto begin = std::chrono::steady_clock::now();
    auto result = manager.run_once(std::move(once));
    invocation.signals.clear();
    const auto elapsed =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
    follower.finish();
    if (result.has_error()) return refused(invocation, result.error());
    if (recording != nullptr) {
      if (auto written = recording->finish(*result); written.has_error()) {
        invocation.console.complain(error_text(written.error(), {}), Style::bad);
      }
    }
    return report(invocation, *result, follower, elapsed);
  }

  // The run was not executed. jsonl ends with a result in every case, so it gets one that says so.
  static Result<ExitCode> refused(Invocation& invocation, const Error& error) {
    if (invocation.console.format() != OutputFormat::jsonl) return error;
    RunResult nothing;
    nothing.status = RunStatus::failed;
    nothing.error = error;
    boost::json::object last;
    last["result"] = to_json(nothing);
    invocation.console.write_json(last);
    return exit_code_of(error);
  }

  static ExitCode report(Invocation& invocation, const RunResult& result, const RunFollower& follower,
                         std::chrono::milliseconds elapsed) {
    RunEnd end;
    end.status = result.status;
    end.error = result.error ? &*result.error : nullptr;
    end.approval_asked = follower.approval_asked();
    end.approval_refused = follower.approval_refused();
    end.stopped_by_caller = invocation.signals.stopped();
    const ExitCode code = exit_code_of(end);
    Console& console = invocation.console;
    if (console.format() == OutputFormat::jsonl) {
      boost::json::object last;
      last["result"] = to_json(result);
      console.write_json(last);
    } else if (console.format() == OutputFormat::json) {
      const bool answered = code == ExitCode::done || result.status == RunStatus::running;
      console.write_json(answered ? to_json(result) : with_error(result));
    } else {
      say_end(console, result, code, elapsed);
    }
    return code;
  }

  static void say_end(Console& console, const RunResult& result, ExitCode code, std::chrono::milliseconds elapsed) {
    for (const auto& warning : result.warnings) console.note("warning: " + warning);
    const auto error = error_of(result);
    if (error && code != ExitCode::approval_pending) {
      console.complain(error_text(*error, hint_for(*error, result.session_id)), Style::bad);
    }
    if (code == ExitCode::approval_pending) {
      console.complain("approval pending: `asmgr events " + result.session_id +
                       " --type tool_approval_requested` shows what is asked for");
    }
    console.note(status_line(result, elapsed), code == ExitCode::done ? Style::good : Style::strong);
    if (console.verbose() && result.last_sequence != 0) {
      console.note("log " + to_text(LogPosition{result.last_sequence, result.last_hash}), Style::dim);
    }
  }

  RunCommandOptions options_;
};

}  // namespace

void add_run_command(CommandSet& commands) {
  commands.add<RunCommand>(commands.root(), "run", "Run a prompt and show what comes of it",
                           "asmgr run \"List the files here and say what they are\"\n"
                           "git diff | asmgr run --provider claude --timeout 5m -\n"
                           "asmgr run --output jsonl \"ls\" | jq .type");
}

}  // namespace asmgr::cli
