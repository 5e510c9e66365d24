// `asmgr doctor`: looks into everything a run needs.
#include <optional>

#include "host/cli/command.hpp"
#include "host/cli/doctor_checks.hpp"
#include "host/cli/opening.hpp"
#include "host/cli/terminal_text.hpp"

namespace asmgr::cli {
namespace {

class DoctorCommand final : public Command {
 public:
  explicit DoctorCommand(CLI::App&) {}

  Result<ExitCode> run(Invocation& invocation) override {
    Findings findings;
    const auto deployment = check_config(invocation, findings);
    check_plugins(invocation, deployment ? &deployment->spec() : nullptr, findings);
    if (deployment) check_opened(invocation, *deployment, findings);
    print(invocation.console, findings);
    for (const auto& finding : findings) {
      if (finding.health == Health::failure) return ExitCode::failed;
    }
    return ExitCode::done;
  }

 private:
  // The deployment with its instances. When the whole file cannot be had, what its default pipeline needs is tried.
  static std::optional<Deployment> check_config(Invocation& invocation, Findings& findings) {
    LoadOptions options = load_options(invocation);
    auto whole = Deployment::load(invocation.global.config, options);
    if (whole.has_value()) {
      const bool built_in = whole->file().empty();
      findings.push_back({"config",
                          built_in ? "built-in deployment" : whole->file(),
                          Health::ok,
                          built_in ? "no file was found; valid" : "valid",
                          {}});
      // That there is no file has been said.
      for (const auto& warning : whole->wiring().warnings) {
        if (built_in) break;
        findings.push_back({"config", findings.front().name, Health::warning, warning, {}});
      }
      return std::optional<Deployment>(std::move(*whole));
    }
    findings.push_back({"config", "whole file", Health::failure, whole.error().message(),
                        "correct what is listed; `asmgr config check` checks again"});
    options.selection = Selection::only({});
    auto part = Deployment::load(invocation.global.config, options);
    if (part.has_error()) return std::nullopt;
    findings.push_back(
        {"config", "default pipeline", Health::ok, "can be used although other parts of the file cannot", {}});
    return std::optional<Deployment>(std::move(*part));
  }

  static void check_opened(Invocation& invocation, const Deployment& deployment, Findings& findings) {
    check_stores(deployment, findings);
    check_providers(deployment, findings);
    ManagerOptions options;
    options.log = [&log = invocation.log](const LogLine& line) { log.write(LogLevel::info, {}, line.message, {}); };
    SessionManager manager(deployment.wiring(), std::move(options));
    check_ownership(deployment, manager, findings);
  }

  static void print(Console& console, const Findings& findings) {
    if (console.format() == OutputFormat::json) {
      boost::json::array all;
      bool healthy = true;
      for (const auto& finding : findings) {
        all.push_back(to_json(finding));
        healthy = healthy && finding.health != Health::failure;
      }
      boost::json::object answer;
      answer["healthy"] = healthy;
      answer["findings"] = std::move(all);
      return console.write_json(answer);
    }
    for (const auto& finding : findings) {
      if (console.format() == OutputFormat::jsonl) {
        console.write_json(to_json(finding));
        continue;
      }
      if (console.quiet() && finding.health == Health::ok) continue;
      std::string line(health_name(finding.health));
      line.append(9 - line.size(), ' ');
      std::string message = finding.detail;
      while (!message.empty() && message.back() == '\n') message.pop_back();
      const bool one_liner = message.find('\n') == std::string::npos;
      line += finding.area + " " + finding.name + (one_liner ? ": " + message : ":\n" + message);
      console.write(harmless(line, LineBreaks::keep) + "\n");
      if (!finding.todo.empty()) console.write("         -> " + harmless(finding.todo, LineBreaks::escape) + "\n");
    }
  }
};

}  // namespace

void add_doctor_command(CommandSet& commands) {
  commands.add<DoctorCommand>(commands.root(), "doctor",
                              "Look into configuration, plugins, stores and providers, and say what to do",
                              "asmgr doctor\nasmgr doctor -c asmgr.yaml --output json");
}

}  // namespace asmgr::cli
