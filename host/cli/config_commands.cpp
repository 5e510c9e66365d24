// `asmgr config ...`: is the file right, what does it come to, what may it hold.
#include "core/config/config_search.hpp"
#include "core/config/host_schema.hpp"
#include "core/model/json.hpp"
#include "host/cli/command.hpp"
#include "host/cli/opening.hpp"

namespace asmgr::cli {
namespace {

class CheckCommand final : public Command {
 public:
  explicit CheckCommand(CLI::App& app) {
    app.add_option("--pipeline", pipeline_, "Check what this pipeline reaches only")->type_name("NAME");
  }

  Result<ExitCode> run(Invocation& invocation) override {
    LoadOptions options = load_options(invocation);
    options.extent = BuildExtent::check;
    if (!pipeline_.empty()) options.selection = Selection::only(pipeline_);
    const auto deployment = Deployment::load(invocation.global.config, options);
    if (deployment.has_error()) return deployment.error();
    const std::string name = deployment->file().empty() ? "built-in deployment" : deployment->file();
    if (!invocation.console.is_text()) {
      boost::json::array warnings;
      for (const auto& warning : deployment->wiring().warnings) warnings.push_back(boost::json::string(warning));
      boost::json::object answer;
      answer["valid"] = true;
      answer["file"] = name;
      answer["warnings"] = std::move(warnings);
      invocation.console.write_json(answer);
      return ExitCode::done;
    }
    std::string warnings = deployment->rendered_warnings();
    while (!warnings.empty() && warnings.back() == '\n') warnings.pop_back();
    if (!warnings.empty()) invocation.console.note(warnings);
    if (!invocation.console.quiet()) invocation.console.write(name + ": valid\n");
    return ExitCode::done;
  }

 private:
  std::string pipeline_;
};

class ConfigShowCommand final : public Command {
 public:
  explicit ConfigShowCommand(CLI::App&) {}

  Result<ExitCode> run(Invocation& invocation) override {
    const auto shown = show_deployment(invocation.global.config, load_options(invocation));
    if (shown.has_error()) return shown.error();
    if (invocation.console.is_text()) {
      invocation.console.write(*shown);
      if (invocation.console.in_line()) invocation.console.write("\n");
    } else {
      boost::json::object answer;
      answer["yaml"] = *shown;
      invocation.console.write_json(answer);
    }
    return ExitCode::done;
  }
};

class SchemaCommand final : public Command {
 public:
  explicit SchemaCommand(CLI::App&) {}

  Result<ExitCode> run(Invocation& invocation) override {
    if (invocation.console.format() == OutputFormat::jsonl) {
      invocation.console.write_json(host_schema());
      return ExitCode::done;
    }
    // JSON in any case.
    invocation.console.write(host_schema_text());
    if (invocation.console.in_line()) invocation.console.write("\n");
    return ExitCode::done;
  }
};

}  // namespace

void add_config_commands(CommandSet& commands) {
  CLI::App& config = commands.add_group("config", "Check and show the configuration",
                                        "asmgr config check -c asmgr.yaml\nasmgr config show");
  commands.add<CheckCommand>(config, "check", "Say all that is wrong with the configuration, and load its plugins",
                             "asmgr config check -c asmgr.yaml\n"
                             "asmgr config check --pipeline nightly --set pipelines.nightly.provider=shell");
  commands.add<ConfigShowCommand>(config, "show", "Print the merged, substituted configuration with secrets masked",
                                  "asmgr config show -c asmgr.yaml");
  commands.add<SchemaCommand>(config, "schema", "Print the JSON Schema of the configuration",
                              "asmgr config schema > asmgr.schema.json");
}

}  // namespace asmgr::cli
