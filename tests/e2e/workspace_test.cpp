// Runs that change a folder: what is kept of it, what they changed, the way back.
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/e2e/support/event_log.hpp"
#include "tests/e2e/support/processes.hpp"
#include "tests/e2e/support/workplace.hpp"

namespace asmgr::e2e {
namespace {

class Workspaces : public testing::Test {
 protected:
  // `more` are keys of the pipeline's workspace.
  void deploy(const std::string& more) const {
    work_.write("asmgr.yaml",
                "version: 1\n"
                "stores:\n  local: {plugin: sqlite, config: {path: ./asmgr.db, durability: normal}}\n"
                "artifacts:\n  files: {plugin: file, config: {root: ./artifacts}}\n"
                "providers:\n  shell: {plugin: shell, config: {}}\n"
                "pipelines:\n  default:\n    store: local\n    provider: shell\n    artifacts: files\n"
                "    workspace: {enabled: true, path: " +
                    work_.path("project") + more + "}\n");
  }
  void make_project(bool with_git) const {
    work_.write("project/kept.txt", "one\ntwo\n");
    if (!with_git) return;
    const std::string git = "git -c user.name=t -c user.email=t@t -C " + work_.path("project");
    const Ended made =
        work_.run_program({"/bin/sh", "-c", git + " init -q && " + git + " add -A && " + git + " commit -qm first"});
    ASSERT_EQ(made.code, 0) << made.err;
  }
  [[nodiscard]] boost::json::object run(const std::string& command, int code = 0) const {
    const Ended ended = work_.asmgr({"run", "--output", "json", "cd project && " + command});
    EXPECT_EQ(ended.code, code) << ended.err << ended.out;
    const boost::json::object printed = json_of(ended.out);
    return printed.contains("result") ? printed.at("result").as_object() : printed;
  }

  Workplace work_;
};

TEST_F(Workspaces, TheResultAndTheLogSayWhatARunHasChanged) {
  make_project(true);
  deploy("");
  const auto result = run("echo three >> kept.txt; echo new > new.txt");
  EXPECT_EQ(at(result, "/workspace/backend"), "git");
  EXPECT_EQ(result.at("workspace").at_pointer("/diff/files_changed").as_int64(), 2);
  EXPECT_EQ(result.at("workspace").at_pointer("/diff/insertions").as_int64(), 2);
  const std::string patch = at(result, "/workspace/diff/patch");
  EXPECT_NE(patch.find("+three\n"), std::string::npos) << patch;
  const Ended shown = work_.asmgr({"session", "diff", at(result, "/run_id")});
  EXPECT_EQ(shown.out, patch) << shown.err;
  const Ended summary = work_.asmgr({"session", "diff", "--stat", at(result, "/run_id")});
  EXPECT_EQ(summary.out, "kept.txt\nnew.txt\n2 files changed, 2 lines added, 0 lines removed\n");
  const Ended events = work_.asmgr({"events", at(result, "/session_id"), "--output", "jsonl"});
  std::vector<std::string> types;
  for (const std::string& line : complete_lines(events.out)) {
    const std::string type = at(json_of(line), "/type");
    if (type.starts_with("workspace_") || type.starts_with("run_")) types.push_back(type);
  }
  EXPECT_EQ(types, (std::vector<std::string>{"workspace_snapshot_taken", "run_started", "workspace_snapshot_taken",
                                             "workspace_diff_computed", "run_completed"}));
}

TEST_F(Workspaces, ARunSaysThatItHasChangedSomethingAndWhereToSeeIt) {
  make_project(true);
  deploy(", rollback_on_failure: true");
  const Ended changed = work_.asmgr({"run", "cd project && echo three >> kept.txt"});
  EXPECT_NE(changed.err.find("changed 1 file; `asmgr session diff run_"), std::string::npos) << changed.err;
  const Ended undone = work_.asmgr({"run", "cd project && rm kept.txt; echo > new; exit 3"});
  EXPECT_NE(undone.err.find("rolled back 2 files; `asmgr session diff run_"), std::string::npos) << undone.err;
  const Ended nothing = work_.asmgr({"run", "true"});
  EXPECT_EQ(nothing.err.find("session diff"), std::string::npos) << nothing.err;
}

TEST_F(Workspaces, AFailedRunIsUndoneWhereThatIsAskedFor) {
  for (const bool with_git : {true, false}) {
    SCOPED_TRACE(with_git ? "git" : "hash");
    make_project(with_git);
    deploy(", rollback_on_failure: true");
    const auto result = run("rm kept.txt; mkdir made; echo x > made/x; exit 3", 1);
    EXPECT_EQ(at(result, "/workspace/backend"), with_git ? "git" : "hash");
    EXPECT_EQ(at(result, "/workspace/after_snapshot/label"), "after_failure");
    EXPECT_TRUE(result.at("workspace").at("rolled_back").as_bool());
    EXPECT_EQ(work_.read("project/kept.txt"), "one\ntwo\n");
    EXPECT_FALSE(work_.has("project/made"));
    const Ended shown = work_.asmgr({"session", "diff", at(result, "/run_id")});
    EXPECT_NE(shown.out.find("-one\n"), std::string::npos) << shown.out;
    EXPECT_NE(shown.err.find("was rolled back"), std::string::npos) << shown.err;
    ASSERT_EQ(work_.run_program({"/bin/rm", "-rf", work_.path("project")}).code, 0);
  }
}

TEST_F(Workspaces, ARollbackThatItsHostDiedInIsFinishedByWhoeverRecoversTheRun) {
  make_project(true);
  deploy(", rollback_on_failure: true");
  constexpr int kFiles = 400;
  const auto is_begun = [&] { return work_.has("project/.git/asmgr/rollback"); };
  for (int i = 0; i < kFiles; ++i) work_.write("project/many/" + std::to_string(i), std::to_string(i));
  std::string run_id;
  // Until the host dies in the midst of it, and not behind it.
  for (int tries = 0; tries < 20 && !is_begun(); ++tries) {
    const auto child = work_.start({"run", "--output", "jsonl", "cd project && rm -r many kept.txt; exit 3"});
    ASSERT_TRUE(wait_until(is_begun, std::chrono::seconds(60)));
    child->send(SIGKILL);
    run_id = run_output(child->wait().out).run_id();
  }
  ASSERT_TRUE(is_begun()) << "it is always over before it can be cut off";
  const auto run = json_of(work_.asmgr({"run-show", run_id, "--output", "json"}).out);
  EXPECT_EQ(at(run, "/error/code"), "host_terminated");
  EXPECT_TRUE(run.at("metadata").at_pointer("/workspace/rolled_back").as_bool());
  EXPECT_EQ(work_.read("project/kept.txt"), "one\ntwo\n");
  for (int i = 0; i < kFiles; ++i) {
    ASSERT_EQ(work_.read("project/many/" + std::to_string(i)), std::to_string(i));
  }
  EXPECT_FALSE(is_begun());
}

TEST_F(Workspaces, ALongPatchIsKeptAsAnArtifact) {
  make_project(false);
  deploy(", max_patch_bytes: 1KiB");
  const auto result = run("seq 1 5000 > many.txt");
  EXPECT_TRUE(result.at("workspace").at_pointer("/diff/patch").is_null());
  EXPECT_EQ(at(result, "/workspace/diff/patch_ref").substr(0, 6), "asmgr-");
  const Ended known = work_.asmgr({"session", "artifacts", at(result, "/session_id"), "--output", "jsonl"});
  EXPECT_EQ(at(json_of(known.out), "/key"), at(result, "/workspace/diff/patch_ref"));
  EXPECT_EQ(at(json_of(known.out), "/metadata/kind"), "patch");
  const Ended shown = work_.asmgr({"session", "diff", at(result, "/run_id")});
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_NE(shown.out.find("\n+5000\n"), std::string::npos);
}

TEST_F(Workspaces, SecretsAreTakenOutOfAPatch) {
  make_project(false);
  deploy("");
  const auto result = run("echo 'password=hunter2hunter2' > secret.txt");
  const std::string patch = at(result, "/workspace/diff/patch");
  EXPECT_EQ(patch.find("hunter2hunter2"), std::string::npos) << patch;
  EXPECT_NE(patch.find("[REDACTED]"), std::string::npos) << patch;
}

TEST_F(Workspaces, TheHostsOwnFilesAreNoneOfTheWorkspace) {
  work_.write("kept.txt", "one\n");
  work_.write("asmgr.yaml",
              "version: 1\n"
              "stores:\n  local: {plugin: sqlite, config: {path: ./asmgr.db, durability: normal}}\n"
              "providers:\n  shell: {plugin: shell, config: {}}\n"
              "pipelines:\n  default: {store: local, provider: shell, workspace: {enabled: true, path: " +
                  work_.path(".") + ", rollback_on_failure: true}}\n");
  const Ended ended = work_.asmgr({"run", "--output", "json", "echo two > kept.txt; exit 1"});
  EXPECT_EQ(ended.code, 1) << ended.err;
  EXPECT_EQ(work_.read("kept.txt"), "one\n");
  const auto result = json_of(ended.out).at("result").as_object();
  EXPECT_EQ(result.at("workspace").at_pointer("/diff/files_changed").as_int64(), 1) << ended.out;
  EXPECT_EQ(work_.asmgr({"session", "verify", at(result, "/session_id")}).code, 0);
}

TEST_F(Workspaces, AFolderThatIsNotThereFailsTheRunBeforeItBegins) {
  deploy("");
  const auto result = run("echo ran > ../ran", 1);
  EXPECT_EQ(at(result, "/error/code"), "validation_error");
  EXPECT_FALSE(work_.has("ran"));
}

}  // namespace
}  // namespace asmgr::e2e
