// `asmgr session diff`: what a run changed in its workspace.
#include "core/model/json.hpp"
#include "core/render/event_facts.hpp"
#include "host/cli/opening.hpp"
#include "host/cli/terminal_text.hpp"

namespace asmgr::cli {
namespace {

std::string counted_in(const boost::json::object& diff, std::string_view key, std::string_view noun) {
  return rendering::counted(static_cast<std::uint64_t>(find_int(diff, key).value_or(0)), noun);
}

std::string summary_of(const boost::json::object& diff) {
  std::string text;
  if (const boost::json::array* paths = find_array(diff, "changed_paths")) {
    for (const boost::json::value& path : *paths) text += std::string(path.as_string()) + '\n';
  }
  return text + counted_in(diff, "files_changed", "file") + " changed, " + counted_in(diff, "insertions", "line") +
         " added, " + counted_in(diff, "deletions", "line") + " removed\n";
}

class DiffCommand final : public Command {
 public:
  explicit DiffCommand(CLI::App& app) {
    app.add_option("RUN", run_, "The run's id")->required()->type_name("");
    app.add_flag("--stat", only_summary_, "The changed paths and numbers instead of the patch");
    add_store_option(app, pipeline_);
  }

  Result<ExitCode> run(Invocation& invocation) override {
    auto opened = open_store(invocation, pipeline_);
    if (opened.has_error()) return opened.error();
    const auto workspace = (*opened)->manager().get_run_workspace(run_);
    if (workspace.has_error()) return workspace.error();
    if (!invocation.console.is_text()) {
      invocation.console.write_json(*workspace);
      return ExitCode::done;
    }
    const boost::json::object* diff = find_object(*workspace, "diff");
    if (diff == nullptr) {
      return Error(ErrorCode::not_found,
                   "run " + run_ + " was not compared: it has not ended, or its host was killed; it began at " +
                       std::string(find_string(*workspace, "before_ref").value_or("?")));
    }
    const auto patch = find_string(*diff, "patch");
    if (only_summary_ || !patch) {
      invocation.console.write(summary_of(*diff));
      if (!only_summary_) invocation.console.note("no patch was kept: " + reason(*diff));
    } else {
      invocation.console.write(std::string(*patch));
    }
    if (find_bool(*workspace, "rolled_back").value_or(false)) {
      invocation.console.note("the workspace was rolled back to what it was before the run");
    }
    return ExitCode::done;
  }

 private:
  static std::string reason(const boost::json::object& diff) {
    if (!find_bool(diff, "patch_truncated").value_or(false)) return "capture_patch is false";
    return "it has " + std::to_string(find_int(diff, "patch_bytes").value_or(0)) +
           " bytes, more than max_patch_bytes, and the pipeline names no artifacts";
  }

  std::string run_, pipeline_;
  bool only_summary_ = false;
};

}  // namespace

void add_diff_command(CommandSet& commands, CLI::App& session) {
  commands.add<DiffCommand>(session, "diff", "Show what a run changed in its workspace",
                            "asmgr session diff run_0198c0ffee0070008000000000000001 | git apply");
}

}  // namespace asmgr::cli
