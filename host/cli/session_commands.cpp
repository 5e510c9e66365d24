// `asmgr session ...`: the verbs on a whole session.
#include <optional>

#include "core/model/json.hpp"
#include "host/cli/command.hpp"
#include "host/cli/number_text.hpp"
#include "host/cli/opening.hpp"
#include "host/cli/remote_options.hpp"
#include "host/cli/session_text.hpp"
#include "host/cli/terminal_text.hpp"
#include "host/cli/this_user.hpp"

namespace asmgr::cli {
namespace {

class CreateCommand final : public Command {
 public:
  explicit CreateCommand(CLI::App& app) {
    app.add_option("--agent-id", agent_id_, "Agent of the session (default: the provider's name)")->type_name("ID");
    app.add_option("--id", id_, "Id of the session (default: a new one)")->type_name("ID");
    app.add_option("--pipeline", pipeline_, "Pipeline of the configuration (default: default)")->type_name("NAME");
    app.add_option("--provider", provider_, "Provider instead of the pipeline's")->type_name("NAME");
    app.add_option("--parent", parent_, "Session this one descends from")->type_name("ID");
    app.add_option("--metadata", metadata_, "Metadata, a JSON object")->type_name("JSON");
    app.add_option("--context", context_, "Context, a JSON object")->type_name("JSON");
    app.add_option("--tag", tags_, "Tag; may be repeated")
        ->type_name("TAG")
        ->expected(1)
        ->allow_extra_args(false)
        ->take_all();
  }

  Result<ExitCode> run(Invocation& invocation) override {
    StartSessionOptions options;
    auto metadata = parse_object_option("--metadata", metadata_);
    if (metadata.has_error()) return metadata.error();
    auto context = parse_object_option("--context", context_);
    if (context.has_error()) return context.error();
    auto opened =
        provider_.empty() ? open_store(invocation, pipeline_) : open_deployment(invocation, {pipeline_, provider_, {}});
    if (opened.has_error()) return opened.error();
    options.pipeline = pipeline_;
    options.provider = provider_;
    options.id = id_;
    options.agent_id = agent_id_.empty() ? provider_name((*opened)->wiring()) : agent_id_;
    options.parent_session_id = parent_;
    options.metadata = std::move(*metadata);
    options.context = std::move(*context);
    options.tags = tags_;
    auto session = (*opened)->manager().start_session(std::move(options));
    if (session.has_error()) return session.error();
    // The one event of a new session is its session_created.
    if (invocation.console.is_text()) {
      invocation.console.write(session->id + "\n");
    } else {
      invocation.console.write_json(to_json(*session, 1));
    }
    return ExitCode::done;
  }

 private:
  std::string provider_name(const Wiring& wiring) const {
    if (!provider_.empty()) return provider_;
    const auto found = wiring.pipelines.find(pipeline_.empty() ? wiring.default_pipeline : pipeline_);
    return found == wiring.pipelines.end() ? std::string() : found->second.provider;
  }

  std::string agent_id_, id_, pipeline_, provider_, parent_, metadata_, context_;
  std::vector<std::string> tags_;
};

void print_session(Console& console, const ListedSession& listed) {
  if (!console.is_text()) return console.write_json(session_json(listed));
  const Session& session = listed.session;
  const auto line = [&](std::string_view name, const std::string& value) { console.write(field_line(name, value)); };
  line("id", session.id);
  line("status", status_text(listed));
  line("agent", session.agent_id);
  line("parent", session.parent_session_id);
  line("tenant", session.tenant);
  line("tags", tags_text(session.tags));
  line("events", std::to_string(listed.last_sequence));
  line("created", time_text(session.created_at));
  line("updated", time_text(session.updated_at));
  if (!session.metadata.empty()) line("metadata", to_text(session.metadata));
  if (!session.context.empty()) line("context", to_text(session.context));
}

class ShowCommand final : public Command {
 public:
  explicit ShowCommand(CLI::App& app) {
    app.add_option("SESSION", id_, "The session's id")->required()->type_name("");
    add_store_option(app, pipeline_);
  }

  Result<ExitCode> run(Invocation& invocation) override {
    auto opened = open_store(invocation, pipeline_);
    if (opened.has_error()) return opened.error();
    const auto listed = (*opened)->manager().get_session(id_);
    if (listed.has_error()) return listed.error();
    print_session(invocation.console, *listed);
    return ExitCode::done;
  }

 private:
  std::string id_, pipeline_;
};

enum class Verb : std::uint8_t { activate, pause, resume, complete, fail, cancel, delete_ };

class VerbCommand final : public Command {
 public:
  VerbCommand(CLI::App& app, Verb verb) : verb_(verb) {
    app.add_option("SESSION", id_, "The session's id")->required()->type_name("");
    if (verb == Verb::fail) {
      app.add_option("--code", code_, "Error code kept with the session (default internal_error)")->type_name("CODE");
      app.add_option("--message", message_, "Why, in a sentence")->type_name("TEXT");
    }
    if (verb == Verb::delete_) app.add_flag("--force", force_, "Cancel its running runs first");
    add_store_option(app, pipeline_);
    remote_.add_to(app);
  }

  Result<ExitCode> run(Invocation& invocation) override {
    const auto remote = remote_.read();
    if (remote.has_error()) return remote.error();
    if (const auto read = read_failure(); read.has_error()) return read.error();
    auto opened = open_store(invocation, pipeline_);
    if (opened.has_error()) return opened.error();
    SessionManager& manager = (*opened)->manager();
    // A deleted session cannot be asked afterwards how long its log is.
    std::uint64_t last_sequence = 0;
    if (verb_ == Verb::delete_ && !invocation.console.is_text()) {
      if (const auto before = manager.get_session(id_)) last_sequence = before->last_sequence;
    }
    const auto session = apply(manager, *remote);
    if (session.has_error()) return session.error();
    if (invocation.console.is_text()) {
      const std::string_view now = verb_ == Verb::delete_ ? "deleted" : status_name(session->status);
      invocation.console.write(session->id + " " + std::string(now) + "\n");
      return ExitCode::done;
    }
    if (verb_ != Verb::delete_) {
      if (const auto after = manager.get_session(id_)) last_sequence = after->last_sequence;
    }
    invocation.console.write_json(to_json(*session, last_sequence));
    return ExitCode::done;
  }

 private:
  // What the session failed with, from --code and --message.
  Result<void> read_failure() {
    if (verb_ != Verb::fail || (code_.empty() && message_.empty())) return {};
    const auto code = code_.empty() ? std::optional(ErrorCode::internal_error) : parse_error_code(code_);
    if (!code) return usage_error("--code: '" + code_ + "' is no error code of asmgr; e.g. internal_error, tool_error");
    failure_ = message_.empty() ? Error(*code) : Error(*code, message_);
    return {};
  }

  Result<Session> apply(SessionManager& manager, const RemoteWait& remote) const {
    SessionVerbOptions options;
    options.session_id = id_;
    options.remote = remote;
    options.caller = this_user();
    switch (verb_) {
      case Verb::activate:
        return manager.activate_session(std::move(options));
      case Verb::pause:
        return manager.pause_session(std::move(options));
      case Verb::resume:
        return manager.resume_session(std::move(options));
      case Verb::complete:
        return manager.complete_session(std::move(options));
      case Verb::cancel:
        return manager.cancel_session(std::move(options));
      case Verb::fail: {
        FailSessionOptions fail;
        fail.session_id = id_;
        fail.error = failure_;
        fail.remote = remote;
        fail.caller = this_user();
        return manager.fail_session(std::move(fail));
      }
      case Verb::delete_:
        break;
    }
    DeleteSessionOptions remove;
    remove.session_id = id_;
    remove.force = force_;
    remove.remote = remote;
    remove.caller = this_user();
    return manager.delete_session(std::move(remove));
  }

  Verb verb_;
  std::string id_, code_, message_, pipeline_;
  std::optional<Error> failure_;
  bool force_ = false;
  RemoteOptions remote_;
};

}  // namespace

void add_session_commands(CommandSet& commands) {
  CLI::App& session = commands.add_group("session", "Make, list and steer sessions",
                                         "asmgr session create --agent-id reviewer\n"
                                         "asmgr session list --status active");
  const auto example = [](std::string_view verb, std::string_view rest = {}) {
    return "asmgr session " + std::string(verb) + " ses_0198c0ffee0070008000000000000001" + std::string(rest);
  };
  commands.add<CreateCommand>(session, "create", "Make a session that waits for its first run",
                              "ID=$(asmgr session create --agent-id reviewer --tag nightly)");
  add_session_list_command(commands, session);
  commands.add<ShowCommand>(session, "show", "Show one session", example("show", " --output json"));
  commands.add<VerbCommand>(session, "activate", "Open a pending session for runs", example("activate"),
                            Verb::activate);
  commands.add<VerbCommand>(session, "pause", "Hold an active session: no new run starts", example("pause"),
                            Verb::pause);
  commands.add<VerbCommand>(session, "resume", "Go on with a paused session", example("resume"), Verb::resume);
  commands.add<VerbCommand>(session, "complete", "End a session well, once its running runs have ended",
                            example("complete"), Verb::complete);
  commands.add<VerbCommand>(session, "fail", "End a session as failed",
                            example("fail", " --code tool_error --message \"the build is broken\""), Verb::fail);
  commands.add<VerbCommand>(session, "cancel", "End a session and cancel its runs", example("cancel"), Verb::cancel);
  commands.add<VerbCommand>(session, "delete", "Remove a session and all that belongs to it",
                            example("delete", " --force"), Verb::delete_);
  add_transcript_command(commands, session);
  add_diff_command(commands, session);
  add_session_artifacts_command(commands, session);
  add_log_commands(commands, session);
}

}  // namespace asmgr::cli
