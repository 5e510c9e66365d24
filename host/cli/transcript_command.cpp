// `asmgr session transcript`: what was said in a session.
#include "core/model/json.hpp"
#include "core/transcript/transcript.hpp"
#include "host/cli/opening.hpp"

namespace asmgr::cli {
namespace {

std::string line_of(const TranscriptMessage& message) {
  if (message.is_tool_call()) {
    const std::string input = message.tool_input ? " " + to_text(*message.tool_input) : std::string();
    return "> " + message.tool_name + input;
  }
  if (message.is_tool_result() && !message.tool_output.is_null()) {
    const boost::json::value& output = message.tool_output;
    return "< " + message.tool_name + ": " + (output.is_string() ? std::string(output.get_string()) : to_text(output));
  }
  return std::string(role_name(message.role)) + ": " + message.content.value_or("");
}

class TranscriptCommand final : public Command {
 public:
  explicit TranscriptCommand(CLI::App& app) {
    app.add_option("SESSION", options_.session_id, "The session's id")->required()->type_name("");
    app.add_option("--max-messages", options_.limits.max_messages, "Only the most recent ones")->type_name("N");
    app.add_option("--max-tokens", options_.limits.max_tokens_approx, "Cut to about so many tokens")->type_name("N");
    add_store_option(app, pipeline_);
  }

  Result<ExitCode> run(Invocation& invocation) override {
    auto opened = open_store(invocation, pipeline_);
    if (opened.has_error()) return opened.error();
    const auto transcript = (*opened)->manager().get_transcript(options_);
    if (transcript.has_error()) return transcript.error();
    if (!invocation.console.is_text()) {
      invocation.console.write_json(to_json(*transcript));
      return ExitCode::done;
    }
    for (const TranscriptMessage& message : transcript->messages) invocation.console.write(line_of(message) + "\n");
    return ExitCode::done;
  }

 private:
  TranscriptOptions options_;
  std::string pipeline_;
};

}  // namespace

void add_transcript_command(CommandSet& commands, CLI::App& session) {
  commands.add<TranscriptCommand>(session, "transcript", "Show what was said: texts, tool calls and results",
                                  "asmgr session transcript ses_0198c0ffee0070008000000000000001 --max-messages 20");
}

}  // namespace asmgr::cli
