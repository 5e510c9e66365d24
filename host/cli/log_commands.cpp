// `asmgr session fork|export|import|verify`: whole logs, copied, moved and checked.
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "core/engine/whole_file.hpp"
#include "core/model/json.hpp"
#include "core/render/event_facts.hpp"
#include "host/cli/command.hpp"
#include "host/cli/opening.hpp"
#include "host/cli/this_user.hpp"

namespace asmgr::cli {
namespace {

using rendering::counted;

class ForkCommand final : public Command {
 public:
  explicit ForkCommand(CLI::App& app) {
    app.add_option("SESSION", options_.session_id, "The session's id")->required()->type_name("");
    app.add_option("--at", options_.at, "Number of the last event that is copied")->required()->type_name("SEQ");
    add_store_option(app, pipeline_);
  }

  Result<ExitCode> run(Invocation& invocation) override {
    auto opened = open_store(invocation, pipeline_);
    if (opened.has_error()) return opened.error();
    const auto fork = (*opened)->manager().fork_session(options_);
    if (fork.has_error()) return fork.error();
    if (invocation.console.is_text()) {
      invocation.console.write(fork->id + "\n");
    } else {
      invocation.console.write_json(to_json(*fork, options_.at + 1));
    }
    return ExitCode::done;
  }

 private:
  ForkSessionOptions options_;
  std::string pipeline_;
};

class ExportCommand final : public Command {
 public:
  explicit ExportCommand(CLI::App& app) {
    app.add_option("SESSION", session_, "The session's id")->required()->type_name("");
    app.add_option("--file", file_, "Where it is written (default: -, standard output)")->type_name("FILE");
    app.add_flag("--artifacts", artifacts_, "Also what is known of its artifacts; their bytes stay where they are");
    add_store_option(app, pipeline_);
  }

  Result<ExitCode> run(Invocation& invocation) override {
    auto opened = open_store(invocation, pipeline_);
    if (opened.has_error()) return opened.error();
    SessionManager& manager = (*opened)->manager();
    return file_ == "-" ? to_standard_output(invocation.console, manager) : to_file(invocation, manager);
  }

 private:
  Result<ExitCode> to_standard_output(Console& console, SessionManager& manager) const {
    const TextWriter write = [&console](std::string_view text) -> Result<void> {
      console.write(text);
      if (console.broken()) return Error(ErrorCode::cancelled, "nobody takes the export");
      return {};
    };
    const auto exported = manager.export_session({session_, {}, write, artifacts_});
    // What went wrong with standard output is said at the end of the program, as for every command.
    if (console.broken()) return ExitCode::done;
    if (exported.has_error()) return exported.error();
    if (!console.is_text()) return ExitCode::done;  // the last line of the export says it all
    say_unfinished(console, *exported);
    console.note("head " + to_text(exported->head));
    return ExitCode::done;
  }

  Result<ExitCode> to_file(Invocation& invocation, SessionManager& manager) const {
    Console& console = invocation.console;
    auto file = WholeFile::open(file_, WholeFile::Readers::by_umask);
    if (file.has_error()) return usage_error("--file: " + file.error().message());
    // Who stops it gets no half of a file.
    std::atomic<bool> stopped{false};
    invocation.signals.on_first([&stopped] { stopped = true; });
    const auto exported = manager.export_session(
        {session_,
         {},
         [&](std::string_view text) -> Result<void> {
           if (stopped) return Error(ErrorCode::cancelled, "the export was stopped; " + file_ + " was not written");
           return (*file)->write(text);
         },
         artifacts_});
    invocation.signals.clear();
    if (exported.has_error()) return exported.error();
    if (auto finished = (*file)->finish(); finished.has_error()) return finished.error();
    if (console.is_text()) {
      say_unfinished(console, *exported);
      console.note("exported " + counted(exported->head.sequence, "event") + " and " + counted(exported->runs, "run") +
                   " to " + file_);
      console.write(to_text(exported->head) + "\n");
      return ExitCode::done;
    }
    boost::json::object answer;
    answer["session_id"] = exported->session_id;
    answer["file"] = file_;
    answer["events"] = exported->head.sequence;
    answer["runs"] = exported->runs;
    answer["unfinished_runs"] = exported->unfinished_runs;
    if (artifacts_) answer["artifacts"] = exported->artifacts;
    answer["head"] = to_text(exported->head);
    console.write_json(answer);
    return ExitCode::done;
  }

  static void say_unfinished(Console& console, const ExportedSession& exported) {
    if (exported.unfinished_runs == 0) return;
    console.note("note: " + counted(exported.unfinished_runs, "run") +
                 " had not ended; the export has their events and not the runs themselves");
  }

  std::string session_, pipeline_;
  std::string file_ = "-";
  bool artifacts_ = false;
};

class ImportCommand final : public Command {
 public:
  explicit ImportCommand(CLI::App& app) {
    app.add_option("FILE", file_, "What `session export` wrote; - reads standard input")->required()->type_name("");
    app.add_flag("--new-id", new_id_, "Give the session a new id, so that it can stand beside the original");
    add_store_option(app, pipeline_);
  }

  Result<ExitCode> run(Invocation& invocation) override {
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> opened_file(nullptr, &std::fclose);
    std::FILE* file = stdin;
    if (file_ != "-") {
      opened_file.reset(std::fopen(file_.c_str(), "re"));
      file = opened_file.get();
      if (file == nullptr) return usage_error("'" + file_ + "' cannot be read: " + std::strerror(errno));
    }
    auto opened = open_store(invocation, pipeline_);
    if (opened.has_error()) return opened.error();
    ImportSessionOptions options;
    options.pipeline = pipeline_;
    options.new_id = new_id_;
    options.caller = this_user();
    options.read = [this, file](std::span<char> buffer) { return read_from(file, buffer); };
    const auto imported = (*opened)->manager().import_session(std::move(options));
    if (imported.has_error() && imported.error().details().contains("line")) {  // the file's fault, not the command's
      invocation.console.fail(imported.error());
      return ExitCode::failed;
    }
    if (imported.has_error()) return imported.error();
    print(invocation.console, *imported);
    return ExitCode::done;
  }

 private:
  Result<std::size_t> read_from(std::FILE* file, std::span<char> buffer) const {
    const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), file);
    if (count > 0 || std::ferror(file) == 0) return count;
    return usage_error("'" + file_ + "' cannot be read: " + std::strerror(errno));
  }

  static void print(Console& console, const ImportedSession& imported) {
    if (!console.is_text()) return console.write_json(to_json(imported.session, imported.head.sequence));
    console.write(imported.session.id + "\n");
    std::string line = "imported " + counted(imported.head.sequence, "event") + " and " + counted(imported.runs, "run");
    if (imported.known_runs > 0) line += "; " + counted(imported.known_runs, "run") + " left out, known here";
    if (imported.unfinished_runs > 0) {
      line += "; " + counted(imported.unfinished_runs, "run") + " left out, not ended";
    }
    console.note(line);
    console.note("head " + to_text(imported.head));
  }

  std::string file_, pipeline_;
  bool new_id_ = false;
};

class VerifyCommand final : public Command {
 public:
  explicit VerifyCommand(CLI::App& app) {
    app.add_option("SESSION", session_, "The session's id")->required()->type_name("");
    app.add_option("--expect", expect_, "An event and its hash that the log must have, as run -v and export said it")
        ->type_name("SEQ:HASH");
    add_store_option(app, pipeline_);
  }

  Result<ExitCode> run(Invocation& invocation) override {
    VerifySessionOptions options;
    options.session_id = session_;
    if (!expect_.empty()) {
      const auto position = parse_log_position(expect_);
      if (position.has_error()) return usage_error("--expect: " + position.error().message());
      options.expect = *position;
    }
    auto opened = open_store(invocation, pipeline_);
    if (opened.has_error()) return opened.error();
    const auto log = (*opened)->manager().verify_session(options);
    if (log.has_error()) return log.error();
    print(invocation.console, *log);
    return log->problem ? ExitCode::failed : ExitCode::done;
  }

 private:
  static boost::json::object json_of(const VerifiedLog& log) {
    boost::json::object json;
    json["session_id"] = log.session_id;
    json["chain_id"] = log.chain_id;
    json["verified"] = !log.problem;
    json["events"] = log.verified.sequence;
    json["pruned"] = log.pruned;
    json["head"] = log.verified.sequence == 0 ? boost::json::value(nullptr) : boost::json::value(to_text(log.verified));
    json["problem_at"] = log.problem_at == 0 ? boost::json::value(nullptr) : boost::json::value(log.problem_at);
    return json;
  }

  static void print(Console& console, const VerifiedLog& log) {
    if (console.is_text()) {
      if (log.problem) {
        const std::string good = log.verified.sequence == 0
                                     ? "the chain of hashes breaks at the first event"
                                     : "the chain of hashes holds up to event " + std::to_string(log.verified.sequence);
        return console.fail(*log.problem, good);
      }
      const std::string pruned = log.pruned == 0 ? "" : " (" + std::to_string(log.pruned) + " pruned)";
      return console.write(log.session_id + " verified: " + counted(log.verified.sequence, "event") + pruned +
                           ", head " + to_text(log.verified) + "\n");
    }
    if (!log.problem) return console.write_json(json_of(log));
    boost::json::object answer;
    answer["error"] = log.problem->to_json();
    answer["result"] = json_of(log);
    console.write_json(answer);
  }

  std::string session_, expect_, pipeline_;
};

}  // namespace

void add_log_commands(CommandSet& commands, CLI::App& session) {
  commands.add<ForkCommand>(session, "fork", "Make a session that goes on from an earlier event of another one",
                            "FORK=$(asmgr session fork ses_0198c0ffee0070008000000000000001 --at 12)\n"
                            "asmgr session activate $FORK");
  commands.add<ExportCommand>(session, "export", "Write a session with its log and runs as one JSONL file",
                              "asmgr session export ses_0198c0ffee0070008000000000000001 --file review.jsonl\n"
                              "asmgr session export ses_0198c0ffee0070008000000000000001 | gzip > review.jsonl.gz");
  commands.add<ImportCommand>(session, "import", "Read a session that was exported, once all of it is checked",
                              "asmgr session import review.jsonl\n"
                              "zcat review.jsonl.gz | asmgr session import - --new-id");
  commands.add<VerifyCommand>(session, "verify", "Check that a log is what was written, from its first event on",
                              "asmgr session verify ses_0198c0ffee0070008000000000000001\n"
                              "asmgr session verify ses_0198c0ffee0070008000000000000001 --expect 12:\"$HASH\"");
}

}  // namespace asmgr::cli
