// `asmgr step`, and the examples that drive it.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/e2e/support/event_log.hpp"
#include "tests/e2e/support/workplace.hpp"

namespace asmgr::e2e {
namespace {

class Steps : public testing::Test {
 protected:
  Steps() {
    for (const char* name : {"asmgr.yaml", "Makefile", "gitlab-ci.yml"}) {
      std::filesystem::copy_file(std::filesystem::path(ASMGR_SOURCE_DIR) / "configs/workflow" / name, work_.path(name));
    }
    std::filesystem::create_symlink(program_under_test(), work_.path("asmgr"));
    work_.set("PATH", work_.path(".") + ":/usr/bin:/bin");
  }
  Workplace work_;
};

TEST_F(Steps, PrintTheContentOrTheWholeResult) {
  const Ended text = work_.asmgr({"step", "echo hello"});
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_EQ(text.out, "hello\n");
  work_.write("step.json", R"({"input": {"prompt": "echo hello"}, "tags": ["nightly"]})");
  const Ended json = work_.asmgr({"step", "--output", "json", "--params", "step.json"});
  EXPECT_EQ(json.code, 0) << json.err;
  const boost::json::object step = json_of(json.out);
  EXPECT_EQ(at(step, "/content"), "hello\n");
  EXPECT_EQ(at(step, "/status"), "completed");
  EXPECT_FALSE(step.at("retryable").as_bool());
  const boost::json::object session =
      json_of(work_.asmgr({"session", "show", at(step, "/session_id"), "--output", "json"}).out);
  EXPECT_EQ(at(session, "/agent_id"), "workflow-agent");
  EXPECT_EQ(at(session, "/tags/0"), "nightly");
}

TEST_F(Steps, AFailedStepSaysWhatToDo) {
  const Ended text = work_.asmgr({"step", "exit 3"});
  EXPECT_EQ(text.code, 1);
  EXPECT_NE(text.err.find("error: command_failed: "), std::string::npos) << text.err;
  EXPECT_NE(text.err.find("hint: trying the step again changes nothing\n"), std::string::npos) << text.err;
  const boost::json::object json = json_of(work_.asmgr({"step", "--output", "json", "exit 3"}).out);
  EXPECT_EQ(at(json, "/error/code"), "command_failed");
  EXPECT_EQ(at(json, "/result/recommended_action"), "abort");
}

TEST_F(Steps, AParameterThatIsWrongIsNamedAndNothingRuns) {
  work_.write("step.json", R"({"input": "touch ran", "tag": []})");
  const Ended ended = work_.asmgr({"step", "--params", "step.json"});
  EXPECT_NE(ended.code, 0);
  EXPECT_NE(ended.err.find("a step has no 'tag'"), std::string::npos) << ended.err;
  EXPECT_FALSE(work_.has("ran"));
}

TEST_F(Steps, AreDrivenByMake) {
  const Ended made = work_.run_program({"/usr/bin/make", "ASMGR=" + work_.path("asmgr")});
  ASSERT_EQ(made.code, 0) << made.out << made.err;
  EXPECT_NE(at(json_of(work_.read("summary.json")), "/content").find("listing.json"), std::string::npos);
  const Ended again = work_.run_program({"/usr/bin/make"});
  EXPECT_NE(again.out.find("up to date"), std::string::npos) << again.out;
}

TEST_F(Steps, AreDrivenByACiFile) {
  const Ended job = work_.run_program({"/usr/bin/python3", "-c",
                                       "import re, subprocess, sys\n"
                                       "text = open('gitlab-ci.yml').read()\n"
                                       "lines = re.findall(r'^    - (.*)$', text, re.M)\n"
                                       "sys.exit(subprocess.run(['/bin/sh', '-ec', '\\n'.join(lines)]).returncode)\n"});
  ASSERT_EQ(job.code, 0) << job.out << job.err;
  EXPECT_EQ(work_.read("review.txt"), "done\n");
  EXPECT_EQ(at(json_of(work_.read("step.json")), "/workspace/diff/changed_paths/0").substr(0, 6), "review");
}

}  // namespace
}  // namespace asmgr::e2e
