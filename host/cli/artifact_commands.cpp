// `asmgr session artifacts`, `asmgr artifact get|show`: what runs left in artifact stores.
#include <atomic>
#include <memory>

#include "core/engine/whole_file.hpp"
#include "core/model/json.hpp"
#include "host/cli/command.hpp"
#include "host/cli/listing.hpp"
#include "host/cli/number_text.hpp"
#include "host/cli/opening.hpp"
#include "host/cli/terminal_text.hpp"

namespace asmgr::cli {
namespace {

std::string kind_of(const Artifact& artifact) {
  const auto* kind = artifact.metadata.if_contains("kind");
  return kind != nullptr && kind->is_string() ? std::string(kind->get_string()) : std::string();
}

class ListArtifactsCommand final : public Command {
 public:
  explicit ListArtifactsCommand(CLI::App& app) {
    app.add_option("SESSION", session_, "The session's id")->required()->type_name("");
    add_store_option(app, pipeline_);
  }

  Result<ExitCode> run(Invocation& invocation) override {
    auto opened = open_store(invocation, pipeline_);
    if (opened.has_error()) return opened.error();
    const auto artifacts = (*opened)->manager().list_artifacts(session_);
    if (artifacts.has_error()) return artifacts.error();
    Listing listing;
    listing.head = {"KEY", "KIND", "BYTES", "RUN", "CREATED"};
    for (const Artifact& artifact : *artifacts) {
      listing.items.push_back(to_json(artifact));
      listing.rows.push_back({artifact.key, kind_of(artifact), std::to_string(artifact.bytes), artifact.run_id,
                              time_text(artifact.created_at)});
    }
    print_listing(invocation.console, std::move(listing));
    return ExitCode::done;
  }

 private:
  std::string session_, pipeline_;
};

class ShowArtifactCommand final : public Command {
 public:
  explicit ShowArtifactCommand(CLI::App& app) {
    app.add_option("KEY", key_, "The artifact's key")->required()->type_name("");
    add_store_option(app, pipeline_);
  }

  Result<ExitCode> run(Invocation& invocation) override {
    auto opened = open_store(invocation, pipeline_);
    if (opened.has_error()) return opened.error();
    const auto artifact = (*opened)->manager().get_artifact(key_);
    if (artifact.has_error()) return artifact.error();
    const boost::json::object json = to_json(*artifact);
    if (!invocation.console.is_text()) {
      invocation.console.write_json(json);
      return ExitCode::done;
    }
    for (const auto& [name, value] : json) {
      if (value.is_null()) continue;
      const std::string text = value.is_string() ? std::string(value.get_string()) : to_text(value);
      invocation.console.write(field_line(name, text));
    }
    return ExitCode::done;
  }

 private:
  std::string key_, pipeline_;
};

class GetArtifactCommand final : public Command {
 public:
  explicit GetArtifactCommand(CLI::App& app) {
    app.add_option("KEY", key_, "The artifact's key")->required()->type_name("");
    app.add_option("--out", out_, "Where it is written (default: -, standard output)")->type_name("FILE");
    add_store_option(app, pipeline_);
  }

  Result<ExitCode> run(Invocation& invocation) override {
    auto opened = open_store(invocation, pipeline_);
    if (opened.has_error()) return opened.error();
    SessionManager& manager = (*opened)->manager();
    return out_ == "-" ? to_standard_output(invocation.console, manager) : to_file(invocation, manager);
  }

 private:
  Result<ExitCode> to_standard_output(Console& console, SessionManager& manager) const {
    const auto read = manager.read_artifact({key_, {}, [&console](std::string_view piece) -> Result<void> {
                                               console.write_foreign(piece);
                                               if (!console.broken()) return {};
                                               return Error(ErrorCode::cancelled, "nobody takes the artifact");
                                             }});
    // What went wrong with standard output is said at the end of the program, as for every command.
    if (console.broken()) return ExitCode::done;
    if (read.has_error()) return read.error();
    return ExitCode::done;
  }

  Result<ExitCode> to_file(Invocation& invocation, SessionManager& manager) const {
    auto file = WholeFile::open(out_, WholeFile::Readers::by_umask);
    if (file.has_error()) return usage_error("--out: " + file.error().message());
    // Who stops it gets no half of a file.
    std::atomic<bool> stopped{false};
    invocation.signals.on_first([&stopped] { stopped = true; });
    const auto read = manager.read_artifact({key_, {}, [&](std::string_view piece) -> Result<void> {
                                               if (!stopped) return (*file)->write(piece);
                                               return Error(ErrorCode::cancelled,
                                                            "reading was stopped; " + out_ + " was not written");
                                             }});
    invocation.signals.clear();
    if (read.has_error()) return read.error();
    if (auto finished = (*file)->finish(); finished.has_error()) return finished.error();
    if (invocation.console.is_text()) {
      invocation.console.note("wrote " + std::to_string(read->bytes) + " bytes to " + out_);
    } else {
      boost::json::object answer = to_json(*read);
      answer["file"] = out_;
      invocation.console.write_json(answer);
    }
    return ExitCode::done;
  }

  std::string key_, pipeline_;
  std::string out_ = "-";
};

}  // namespace

void add_session_artifacts_command(CommandSet& commands, CLI::App& session) {
  commands.add<ListArtifactsCommand>(session, "artifacts", "List what a session's runs left in artifact stores",
                                     "asmgr session artifacts ses_0198c0ffee0070008000000000000001");
}

void add_artifact_commands(CommandSet& commands) {
  const std::string key = "asmgr-9f2c1b7e5a3d4c6b/event_0198c0ffee0070008000000000000001";
  CLI::App& artifact = commands.add_group("artifact", "Read what is too large for the log",
                                          "asmgr artifact get " + key + " --out output.json");
  commands.add<GetArtifactCommand>(
      artifact, "get", "Write the bytes of an artifact, once they are what was kept",
      "asmgr artifact get " + key + " | jq -r .tool_output\nasmgr artifact get " + key + " --out output.json");
  commands.add<ShowArtifactCommand>(artifact, "show", "Show what is known of an artifact",
                                    "asmgr artifact show " + key + " --output json");
}

}  // namespace asmgr::cli
