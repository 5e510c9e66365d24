// `asmgr completion SHELL`: prints a script for the shell.
#include "host/cli/command.hpp"
#include "host/cli/completion_script.hpp"

namespace asmgr::cli {
namespace {

class CompletionCommand final : public Command {
 public:
  explicit CompletionCommand(CLI::App& app) {
    app.add_option("SHELL", shell_, "The shell")
        ->required()
        ->check(one_of({"bash", "zsh", "fish"}))
        ->type_name("bash|zsh|fish");
  }

  Result<ExitCode> run(Invocation& invocation) override {
    const auto commands = describe_commands(invocation.root);
    std::string script = shell_ == "bash"  ? bash_completion(commands)
                         : shell_ == "zsh" ? zsh_completion(commands)
                                           : fish_completion(commands);
    if (invocation.console.is_text()) {
      invocation.console.write(script);
    } else {
      boost::json::object answer;
      answer["shell"] = shell_;
      answer["script"] = script;
      invocation.console.write_json(answer);
    }
    return ExitCode::done;
  }

 private:
  std::string shell_;
};

}  // namespace

void add_completion_command(CommandSet& commands) {
  commands.add<CompletionCommand>(commands.root(), "completion", "Print a completion script for a shell",
                                  "source <(asmgr completion bash)\n"
                                  "asmgr completion fish > ~/.config/fish/completions/asmgr.fish");
}

}  // namespace asmgr::cli
