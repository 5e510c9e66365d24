// The question about a tool call, as somebody at a terminal answers it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e/support/event_log.hpp"
#include "tests/e2e/support/terminal.hpp"
#include "tests/e2e/support/workplace.hpp"

namespace asmgr::e2e {
namespace {

using testing::HasSubstr;

class PromptTest : public testing::Test {
 protected:
  PromptTest() {
    work_.write("asmgr.yaml", shell_deployment() +
                                  "policies: {ask_first: {plugin: tool_rules, config: {ask: [bash]}}}\n"
                                  "pipelines: {default: {store: local, provider: shell, policies: [ask_first]}}\n");
  }
  // On a terminal; what is typed whenever it asks.
  Ended answered(const std::vector<std::string>& arguments, const std::vector<std::string>& answers) {
    const auto screen = work_.start_on_terminal(arguments, 100);
    std::size_t asked = 0;
    for (const std::string& answer : answers) {
      const auto asks_again = [&](const std::string& written) {
        return written.find("let it run?", asked) != std::string::npos ||
               written.find("as JSON, then an empty line", asked) != std::string::npos;
      };
      EXPECT_TRUE(screen->read_until(asks_again)) << screen->written();
      asked = screen->written().size();
      screen->type(answer);
    }
    return screen->wait();
  }
  [[nodiscard]] std::string ran() const { return work_.has("ran") ? work_.read("ran") : ""; }
  [[nodiscard]] boost::json::object last_approval(const std::string& status) const {
    const auto listed = json_of(work_.asmgr({"approvals", "list", "--status", status, "--output", "json"}).out);
    return listed.at("items").as_array().back().as_object();
  }
  Workplace work_;
};

TEST_F(PromptTest, YesLetsItRunOnce) {
  const Ended ended = answered({"run", "echo once >> ran"}, {"what?\n", "y\n"});
  EXPECT_EQ(ended.code, 0) << ended.out;
  EXPECT_EQ(ran(), "once\n");
  EXPECT_THAT(ended.out, HasSubstr("Waits for approval: bash echo once >> ran"));
  EXPECT_THAT(ended.out, HasSubstr("Approved: bash (by "));
}

TEST_F(PromptTest, AlwaysHoldsForTheRestOfTheSession) {
  const std::string session = at(json_of(work_.asmgr({"session", "create", "--output", "json"}).out), "/id");
  EXPECT_EQ(answered({"run", "--session", session, "echo one >> ran"}, {"a\n"}).code, 0);
  EXPECT_EQ(answered({"run", "--session", session, "echo two >> ran"}, {}).code, 0);
  EXPECT_EQ(ran(), "one\ntwo\n");
}

TEST_F(PromptTest, NoTakesAReason) {
  const Ended ended = answered({"run", "echo once >> ran"}, {"n not on a Friday\n"});
  EXPECT_EQ(ended.code, 1) << ended.out;
  EXPECT_EQ(ran(), "");
  EXPECT_EQ(at(last_approval("denied"), "/reason"), "not on a Friday");
}

TEST_F(PromptTest, EditOpensTheEditorUntilItIsAnObject) {
  work_.write("edit.sh",
              "cp \"$1\" seen.json\n"
              "if [ -e tried ]; then echo '{\"command\": \"echo edited >> ran\"}' > \"$1\"\n"
              "else echo '[1, 2]' > \"$1\"; touch tried; fi\n");
  work_.set("EDITOR", "sh edit.sh");
  const Ended ended = answered({"run", "echo once >> ran"}, {"e\n", "e\n"});
  EXPECT_EQ(ended.code, 0) << ended.out;
  EXPECT_EQ(ran(), "edited\n");
  EXPECT_THAT(ended.out, HasSubstr("it has to be one JSON object. Nothing is decided"));
  EXPECT_EQ(work_.read("seen.json"), "[1, 2]\n") << "what was written is not lost";
  EXPECT_EQ(at(last_approval("granted"), "/edited"), "true");
}

TEST_F(PromptTest, AnInterruptWhileTheEditorIsOpenIsTheEditors) {
  work_.write("new.json", "{\"command\": \"echo interrupted >> ran\"}");
  work_.write("edit.sh", "trap 'cp new.json \"$1\"; exit 0' INT\necho the editor is open\nread line\n");
  work_.set("EDITOR", "sh edit.sh");
  const auto screen = work_.start_on_terminal({"run", "echo once >> ran"}, 100);
  ASSERT_TRUE(screen->read_until_written("let it run?")) << screen->written();
  screen->type("e\n");
  ASSERT_TRUE(screen->read_until_written("the editor is open")) << screen->written();
  screen->type("\x03");
  const Ended ended = screen->wait();
  EXPECT_EQ(ended.code, 0) << ended.out;
  EXPECT_EQ(ran(), "interrupted\n");
}

TEST_F(PromptTest, AnEditorThatFailsDecidesNothing) {
  work_.set("VISUAL", "false");
  const Ended ended = answered({"run", "echo once >> ran"}, {"e\n", "n\n"});
  EXPECT_EQ(ended.code, 1) << ended.out;
  EXPECT_THAT(ended.out, HasSubstr("the editor 'false' did not end well, so nothing is changed"));
  EXPECT_EQ(ran(), "");
}

TEST_F(PromptTest, WithoutAnEditorTheInputIsTyped) {
  const Ended ended = answered({"run", "echo once >> ran"},
                               {"e\n", "\"no object\"\n\n", "e\n", "{\"command\":\n\"echo typed >> ran\"}\n\n"});
  EXPECT_EQ(ended.code, 0) << ended.out;
  EXPECT_EQ(ran(), "typed\n");
  EXPECT_THAT(ended.out, HasSubstr("it has to be one JSON object. Nothing is decided"));
}

}  // namespace
}  // namespace asmgr::e2e
