// `asmgr run`: one prompt, one run, shown as it comes.
#include <unistd.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>

#include "core/model/json.hpp"
#include "host/cli/approval_prompt.hpp"
#include "host/cli/command.hpp"
#include "host/cli/opening.hpp"
#include "host/cli/prompt.hpp"
#include "host/cli/recording.hpp"
#include "host/cli/rendering.hpp"
#include "host/cli/run_following.hpp"
#include "host/cli/run_stopper.hpp"
#include "host/cli/status_line.hpp"
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
  RenderFlags render;
};

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
    app.add_option(
           "--approve", options_.approve,
           "When a policy wants a person to decide about a tool call: ask here on a terminal, else leave the run "
           "waiting (default); or decide all beforehand")
        ->check(one_of({"ask", "grant", "deny"}))
        ->type_name("ask|grant|deny");
    app.add_option("--record", options_.record, "Write what the provider did to a file that the replay provider plays")
        ->type_name("FILE");
    add_render_options(app, options_.render);
  }

  Result<ExitCode> run(Invocation& invocation) override {
    if (auto checked = Rendering::check(invocation.console, options_.render); checked.has_error()) {
      return checked.error();
    }
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
    if (recording) recording->begin(provider_of((*opened)->wiring()));
    return follow_run(invocation, **opened, std::move(*once), recording ? &*recording : nullptr);
  }

 private:
  [[nodiscard]] Approver approver() const {
    if (options_.approve == "grant") return Approver::grants;
    if (options_.approve == "deny") return Approver::denies;
    return somebody_is_there() ? Approver::anyone : Approver::nobody;
  }
  // Both to read the question and to answer it.
  static bool somebody_is_there() { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1; }

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
    once.execution.approver = approver();
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

  Result<ExitCode> follow_run(Invocation& invocation, Opened& opened, RunOnceOptions once, Recording* recording) const {
    SessionManager& manager = opened.manager();
    std::optional<StatusLine> status;
    const auto rendering = Rendering::open(invocation.console, options_.render, Unsaid::rendered_on_terminal);
    if (rendering->can_have_status() && !invocation.console.quiet()) {
      status.emplace(STDOUT_FILENO, invocation, RunFacts(opened.wiring()));
      rendering->set_status(*status);
    }
    RunStopper stopper(manager);
    ApprovalPrompt prompt(invocation.console, manager, invocation.signals, STDIN_FILENO);
    RunFollower follower(invocation.console, stopper);
    follower.render(*rendering);
    if (recording != nullptr) follower.record(*recording);
    if (once.execution.approver == Approver::anyone) follower.ask(prompt);
    once.on_started = [&](const std::string&, const std::string& run_id) { stopper.started(run_id); };
    once.execution.event_callback = [&](const EventView& event) { follower.follow(event); };
    invocation.signals.on_first([&stopper] { stopper.stop(); });
    const auto begin = std::chrono::steady_clock::now();
    auto result = manager.run_once(std::move(once));
    invocation.signals.clear();
    const auto elapsed =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
    follower.finish();
    if (result.has_error()) return report_refusal(invocation, result.error());
    if (recording != nullptr) {
      if (auto written = recording->finish(*result); written.has_error()) {
        invocation.console.complain(error_text(written.error(), {}), Style::bad);
      }
    }
    return report_run(invocation, *result, follower, elapsed);
  }

  RunCommandOptions options_;
};

}  // namespace

void add_run_command(CommandSet& commands) {
  commands.add<RunCommand>(commands.root(), "run", "Run a prompt and show what comes of it",
                           "asmgr run \"List the files here and say what they are\"\n"
                           "git diff | asmgr run --provider claude --timeout 5m -\n"
                           "asmgr run --render compact --sink jsonl=events.jsonl \"ls\"\n"
                           "asmgr run --output jsonl \"ls\" | jq .type");
}

}  // namespace asmgr::cli
