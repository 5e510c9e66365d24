// `asmgr policy ...`: what the policies of a pipeline come to, and what they would say.
#include <fstream>
#include <iostream>

#include "core/engine/run_plan.hpp"
#include "core/model/json.hpp"
#include "core/policy/dry_run.hpp"
#include "core/policy/explanation.hpp"
#include "core/render/event_facts.hpp"
#include "host/cli/command.hpp"
#include "host/cli/opening.hpp"
#include "host/cli/policy_text.hpp"
#include "host/cli/prompt.hpp"
#include "host/cli/terminal_text.hpp"

namespace asmgr::cli {
namespace {

void add_policy_options(CLI::App& app, Needs& needs) {
  app.add_option("--pipeline", needs.pipeline, "Pipeline of the configuration (default: default)")->type_name("NAME");
  app.add_option("--provider", needs.provider, "Provider instead of the pipeline's")->type_name("NAME");
  app.add_option("--policy", needs.policies, "Policy on top of the pipeline's; may be repeated")
      ->type_name("NAME")
      ->expected(1)
      ->allow_extra_args(false)
      ->take_all();
}

// As for a run with these options. The plan is a part of the deployment's: it must not outlive it.
Result<RunPlan> plan_for(const Deployment& deployment, const Needs& needs) {
  ExecutionOptions options;
  options.pipeline = needs.pipeline;
  options.provider = needs.provider;
  options.policies.assign(needs.policies.begin(), needs.policies.end());
  return plan_run(deployment.wiring(), options, {});
}

class ExplainCommand final : public Command {
 public:
  explicit ExplainCommand(CLI::App& app) { add_policy_options(app, needs_); }

  Result<ExitCode> run(Invocation& invocation) override {
    const auto deployment = load_without_stores(invocation, needs_);
    if (deployment.has_error()) return deployment.error();
    const auto plan = plan_for(*deployment, needs_);
    if (plan.has_error()) return plan.error();
    const ProviderInfo& provider = plan->provider->info();
    boost::json::object explanation = explain_policy(plan->policy, enforce(plan->policy, provider), provider);
    explanation["pipeline"] = plan->pipeline.name;
    explanation["warnings"] = to_json_array(plan->warnings);
    if (!invocation.console.is_text()) {
      invocation.console.write_json(explanation);
      return ExitCode::done;
    }
    invocation.console.write(explanation_text(explanation));
    for (const std::string& warning : plan->warnings) invocation.console.note("warning: " + warning);
    return ExitCode::done;
  }

 private:
  Needs needs_;
};

// The decisions of a dry run in the format asked for: jsonl as they come, the others at the end.
class DecisionPrinter {
 public:
  explicit DecisionPrinter(Console& console) : console_(console) {}

  void add(std::uint64_t line, const DryRunDecision& decision) {
    if (console_.is_text()) {
      std::string who = decision.policy;
      if (!decision.rule.empty()) who += "/" + decision.rule;
      const std::string what = decision.tool.empty() ? decision.subject : "tool " + decision.tool;
      rows_.push_back({std::to_string(line), what, std::string(action_name(decision.action)), who, decision.message});
      return;
    }
    boost::json::object item;
    item["line"] = line;
    item["event"] = decision.subject;
    item["tool"] = text_or_null(decision.tool);
    item["run_id"] = text_or_null(decision.run_id);
    item["decision"] = action_name(decision.action);
    item["policy"] = text_or_null(decision.policy);
    item["rule"] = text_or_null(decision.rule);
    item["message"] = text_or_null(decision.message);
    if (console_.format() == OutputFormat::jsonl) return console_.write_json(item);
    items_.push_back(std::move(item));
  }

  void finish(const DryRunSummary& summary) {
    if (console_.is_text()) return finish_text(summary);
    boost::json::object answer;
    if (console_.format() == OutputFormat::json) answer["decisions"] = std::move(items_);
    answer["summary"] = summary_json(summary);
    console_.write_json(answer);
  }

 private:
  static constexpr PolicyAction kActions[] = {PolicyAction::allow, PolicyAction::warn, PolicyAction::request_approval,
                                              PolicyAction::deny, PolicyAction::cancel};

  static boost::json::object summary_json(const DryRunSummary& summary) {
    boost::json::object decisions;
    for (const PolicyAction action : kActions) {
      decisions[action_name(action)] = summary.decisions.at(static_cast<std::size_t>(action));
    }
    boost::json::object out;
    out["runs"] = summary.runs;
    out["events"] = summary.events;
    out["tool_calls"] = summary.tool_calls;
    out["decisions"] = std::move(decisions);
    out["budgets_not_asked"] = summary.holds;
    out["stopped"] = summary.strictest > PolicyAction::warn;
    return out;
  }

  void finish_text(const DryRunSummary& summary) {
    if (!rows_.empty()) console_.write(table({"LINE", "WHAT", "DECISION", "POLICY/RULE", "MESSAGE"}, rows_) + "\n");
    std::string counts;
    for (const PolicyAction action : kActions) {
      const std::uint64_t count = summary.decisions.at(static_cast<std::size_t>(action));
      if (count == 0) continue;
      counts.append(counts.empty() ? "" : ", ").append(action_name(action)).append(" " + std::to_string(count));
    }
    console_.write(rendering::counted(summary.runs, "run") + ", " + rendering::counted(summary.events, "event") + ", " +
                   rendering::counted(summary.tool_calls, "tool call") + ": " +
                   (counts.empty() ? "the policies have nothing against them" : counts) + "\n");
    if (summary.holds != 0) {
      console_.note("note: " + std::to_string(summary.holds) +
                    " times a budget over many runs would have been asked; what is left of it only a store knows");
    }
  }

  Console& console_;
  std::vector<std::vector<std::string>> rows_;
  boost::json::array items_;
};

class PolicyTestCommand final : public Command {
 public:
  explicit PolicyTestCommand(CLI::App& app) {
    app.add_option("FILE", file_, "Events or tool calls, one JSON object a line; - reads standard input")
        ->required()
        ->type_name("FILE");
    add_policy_options(app, needs_);
  }

  Result<ExitCode> run(Invocation& invocation) override {
    std::ifstream opened;
    if (file_ != "-") {
      opened.open(file_);
      if (!opened) return Error(ErrorCode::invalid_input, "'" + file_ + "' cannot be read; name a file that is there");
    }
    const auto deployment = load_without_stores(invocation, needs_);
    if (deployment.has_error()) return deployment.error();
    const auto plan = plan_for(*deployment, needs_);
    if (plan.has_error()) return plan.error();
    const ProviderInfo& provider = plan->provider->info();
    UsageSource source;
    source.vendor = provider.vendor;
    if (!provider.models.empty()) source.model = provider.models.front();
    source.semantics = provider.usage_is_total ? UsageSemantics::total : UsageSemantics::delta;
    DryRun dry_run(plan->policy, std::move(source), *plan->prices);
    return judge(invocation, file_ == "-" ? std::cin : opened, dry_run);
  }

 private:
  Result<ExitCode> judge(Invocation& invocation, std::istream& lines, DryRun& dry_run) const {
    DecisionPrinter printer(invocation.console);
    std::string line;
    for (std::uint64_t number = 1; std::getline(lines, line) && !invocation.console.broken(); ++number) {
      const std::string place = (file_ == "-" ? "standard input" : file_) + ":" + std::to_string(number);
      if (line.size() > kMaxInputBytes) return usage_error(place + ": the line is longer than 16 MiB");
      auto decisions = dry_run.add(line);
      if (decisions.has_error()) return decisions.error().with_context(place);
      for (const DryRunDecision& decision : *decisions) printer.add(number, decision);
    }
    if (lines.bad()) return usage_error("'" + file_ + "' cannot be read to its end");
    printer.finish(dry_run.summary());
    return dry_run.summary().strictest > PolicyAction::warn ? ExitCode::policy : ExitCode::done;
  }

  std::string file_;
  Needs needs_;
};

}  // namespace

void add_policy_commands(CommandSet& commands) {
  CLI::App& policy = commands.add_group("policy", "Look into policies",
                                        "asmgr policy explain\nasmgr policy test calls.jsonl --policy strict");
  commands.add<ExplainCommand>(policy, "explain", "Show what holds in a pipeline, from which line, and who enforces it",
                               "asmgr policy explain\n"
                               "asmgr policy explain --pipeline careful --provider claude --output json");
  commands.add<PolicyTestCommand>(
      policy, "test", "Ask the policies of a pipeline about events or tool calls of a file",
      "asmgr events ses_0198c0ffee0070008000000000000001 --output jsonl | asmgr policy test -\n"
      "asmgr policy test calls.jsonl --policy strict");
}

}  // namespace asmgr::cli
