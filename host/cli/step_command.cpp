// `asmgr step`: one step of a workflow that make, a CI service or another program drives.
#include <unistd.h>

#include <optional>

#include "core/model/json.hpp"
#include "core/workflow/step.hpp"
#include "host/cli/command.hpp"
#include "host/cli/exit_codes.hpp"
#include "host/cli/opening.hpp"
#include "host/cli/prompt.hpp"
#include "host/cli/run_stopper.hpp"
#include "host/cli/this_user.hpp"

namespace asmgr::cli {
namespace {

std::string_view advice(RecommendedAction action) noexcept {
  switch (action) {
    case RecommendedAction::retry:
      return "try the step again";
    case RecommendedAction::wait_and_retry:
      return "wait a while, then try the step again";
    case RecommendedAction::failover:
      return "run the step with another provider";
    case RecommendedAction::cancel:
      return "it was decided against: end the workflow";
    case RecommendedAction::abort:
      break;
  }
  return "trying the step again changes nothing";
}

class StepCommand final : public Command {
 public:
  explicit StepCommand(CLI::App& app) {
    app.add_option("PROMPT", prompt_, "What to do, instead of the parameters' input")->type_name("");
    app.add_option("--params", params_, "JSON file with the step's parameters; - reads standard input")
        ->type_name("FILE");
    app.add_option("--session", session_, "Run inside this session instead of one of its own")->type_name("ID");
    app.add_option("--pipeline", pipeline_, "Pipeline of the configuration (default: default)")->type_name("NAME");
    app.add_option("--provider", provider_, "Provider instead of the pipeline's")->type_name("NAME");
    app.add_option("--policy", policies_, "Policy on top of the pipeline's; may be repeated")
        ->type_name("NAME")
        ->expected(1)
        ->allow_extra_args(false)
        ->take_all();
    app.add_option("--timeout", timeout_, "How long the run may take, e.g. 90s or 10m")->type_name("DURATION");
    app.add_option("--workspace", workspace_, "Say what the step changes in this folder")->type_name("PATH");
    app.add_flag("--rollback", rollback_, "With --workspace: undo what a failed step has changed");
  }

  Result<ExitCode> run(Invocation& invocation) override {
    auto params = read_params();
    if (params.has_error()) return params.error();
    std::vector<std::string> policies;
    for (const PolicyChoice& choice : params->execution.policies) {
      if (const auto* name = std::get_if<std::string>(&choice)) policies.push_back(*name);
    }
    auto opened = open_deployment(invocation, {params->execution.pipeline, params->execution.provider, policies});
    if (opened.has_error()) return opened.error();
    RunStopper stopper((*opened)->manager());
    params->on_started = [&stopper](const std::string&, const std::string& run_id) { stopper.started(run_id); };
    invocation.signals.on_first([&stopper] { stopper.stop(); });
    auto step = execute_step((*opened)->manager(), std::move(*params));
    invocation.signals.clear();
    if (step.has_error()) return step.error();
    return report(invocation, *step);
  }

 private:
  Result<StepParams> read_params() const {
    boost::json::object json;
    if (!params_.empty()) {
      auto read = read_run_input({std::nullopt, params_, STDIN_FILENO});
      if (read.has_error()) return read.error();
      if (!read->is_object()) {
        return Error(ErrorCode::validation_error, "--params: " + params_ + " must hold a JSON object");
      }
      json = std::move(read->get_object());
    }
    if (prompt_ || !json.contains("input")) {
      auto input = read_run_input({prompt_, {}, STDIN_FILENO});
      if (input.has_error()) return input.error();
      json["input"] = std::move(*input);
    }
    if (!session_.empty()) json["session_id"] = session_;
    if (!pipeline_.empty()) json["pipeline"] = pipeline_;
    if (!provider_.empty()) json["provider"] = provider_;
    if (!policies_.empty()) json["policies"] = to_json_array(policies_);
    if (!timeout_.empty()) deep_merge(json, {{"timeouts", {{"run", timeout_}}}});
    if (!workspace_.empty()) deep_merge(json, {{"workspace", {{"path", workspace_}, {"enabled", true}}}});
    if (rollback_) deep_merge(json, {{"workspace", {{"rollback_on_failure", true}}}});
    if (!json.contains("approver")) json["approver"] = "nobody";  // whoever drives steps is no person at a terminal
    auto params = step_params_from_json(json);
    if (params.has_error()) return params.error();
    params->caller = this_user();
    return params;
  }

  static ExitCode report(Invocation& invocation, const StepResult& step) {
    RunEnd end;
    end.status = step.run.status;
    end.error = step.run.error ? &*step.run.error : nullptr;
    end.stopped_by_caller = invocation.signals.stopped();
    const ExitCode code = exit_code_of(end);
    Console& console = invocation.console;
    if (!console.is_text()) {
      boost::json::object json = to_json(step);
      if (code == ExitCode::done || !step.run.error) {
        console.write_json(json);
      } else {
        console.write_json(boost::json::object{{"error", step.run.error->to_json()}, {"result", std::move(json)}});
      }
      return code;
    }
    if (step.content && !step.content->empty()) {
      console.write_foreign(*step.content);
      if (!step.content->ends_with('\n')) console.write("\n");
    }
    if (step.run.error) {
      console.complain("error: " + std::string(code_name(step.run.error->code())) + ": " + step.run.error->message(),
                       Style::bad);
      console.complain("hint: " + std::string(advice(step.classification->action)), Style::plain);
    }
    return code;
  }

  std::optional<std::string> prompt_;
  std::string params_, session_, pipeline_, provider_, timeout_, workspace_;
  std::vector<std::string> policies_;
  bool rollback_ = false;
};

}  // namespace

void add_step_command(CommandSet& commands) {
  commands.add<StepCommand>(commands.root(), "step", "Run one step of a workflow that something else drives",
                            "asmgr step --output json --params review.json > review.result.json\n"
                            "asmgr step --session $SESSION --workspace . --rollback \"make the tests pass\"");
}

}  // namespace asmgr::cli
