// How runs and logs look to whoever reads them: in pipes, in files, on a terminal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/render/text_width.hpp"
#include "tests/e2e/support/event_log.hpp"
#include "tests/e2e/support/terminal.hpp"
#include "tests/e2e/support/workplace.hpp"

namespace asmgr::e2e {
namespace {

using testing::HasSubstr;
using testing::Not;

class RenderingTest : public testing::Test {
 protected:
  RenderingTest() {
    work_.write("asmgr.yaml", shell_deployment() + "pipelines: {default: {store: local, provider: shell}}\n");
    work_.set("TERM", "xterm-256color");
  }
  [[nodiscard]] std::unique_ptr<Terminal> terminal(std::vector<std::string> arguments,
                                                   unsigned short columns = 80) const {
    return work_.start_on_terminal(std::move(arguments), columns);
  }
  // A session with one run in it.
  [[nodiscard]] std::string session_of_a_run() const {
    return run_output(work_.asmgr({"run", "--output", "jsonl", "echo hello"}).out).session_id();
  }
  Workplace work_;
};

TEST_F(RenderingTest, APipeGetsTheTextAloneUnlessAStyleIsNamed) {
  EXPECT_EQ(work_.asmgr({"run", "echo hello"}).out, "hello\n");
  const Ended compact = work_.asmgr({"run", "--render", "compact", "echo hello"});
  EXPECT_EQ(compact.code, 0) << compact.err;
  EXPECT_THAT(compact.out, HasSubstr("r+shell"));
  EXPECT_THAT(compact.out, HasSubstr(" t+bash")) << compact.out;
  EXPECT_THAT(compact.out, HasSubstr(">> hello\n"));
  EXPECT_THAT(compact.out, HasSubstr("t-bash tr:hello"));
  EXPECT_THAT(compact.err, Not(HasSubstr("> bash"))) << "shown once";
  const Ended verbose = work_.asmgr({"run", "--render", "verbose", "echo hello"});
  EXPECT_THAT(verbose.out, HasSubstr("[run_started] provider=shell attempt=1\n"));
  EXPECT_THAT(verbose.out, HasSubstr("\n[tool_call_started] name=bash "));
  const Ended studio = work_.asmgr({"run", "--render", "studio", "--tool-output", "full", "echo hello"});
  EXPECT_THAT(studio.out, HasSubstr("◐ Running: echo hello\n"));
  EXPECT_THAT(studio.out, HasSubstr("✓ Ran: echo hello (exit 0, 5 chars)\n  ┊ hello\n"));
  EXPECT_EQ(work_.asmgr({"run", "--render", "passthrough", "echo hello"}).out, "");
  for (const Ended* ended : {&compact, &verbose, &studio}) {
    EXPECT_EQ(ended->out.find_first_of("\x1b\r"), std::string::npos) << ended->out;
  }
}

TEST_F(RenderingTest, AStyleIsForPeopleAndJsonForPrograms) {
  for (const char* format : {"json", "jsonl"}) {
    const Ended ended = work_.asmgr({"run", "--output", format, "--render", "studio", "echo hello"});
    EXPECT_EQ(ended.code, 2) << ended.out;
    EXPECT_THAT(ended.out, HasSubstr("--render shows events to people"));
  }
  EXPECT_EQ(work_.asmgr({"run", "--render", "fancy", "echo hello"}).code, 2);
  const Ended sink = work_.asmgr({"run", "--sink", "xml=out.xml", "echo hello"});
  EXPECT_EQ(sink.code, 2);
  EXPECT_THAT(sink.err, HasSubstr("--sink: 'xml=out.xml' is none; write file=PATH, jsonl=PATH or jsonl-compact=PATH"));
}

TEST_F(RenderingTest, SinksAreWrittenBesideEveryOutput) {
  const std::vector<std::string> sinks{"--sink",          "file=run.txt", "--sink",
                                       "jsonl=run.jsonl", "--sink",       "jsonl-compact=short.jsonl"};
  for (const std::vector<std::string>& output :
       {std::vector<std::string>{}, {"--output", "jsonl"}, {"--render", "studio"}}) {
    std::vector<std::string> command{"run"};
    command.insert(command.end(), output.begin(), output.end());
    command.insert(command.end(), sinks.begin(), sinks.end());
    command.push_back("echo hello");
    const Ended ended = work_.asmgr(command);
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_THAT(work_.read("run.txt"), HasSubstr("✓ Ran: echo hello (exit 0, 5 chars)\n"));
    const auto full = complete_lines(work_.read("run.jsonl"));
    const auto compact = complete_lines(work_.read("short.jsonl"));
    EXPECT_GT(full.size(), 4U);
    EXPECT_EQ(full.size(), compact.size());
    for (const auto& line : full) EXPECT_FALSE(at(json_of(line), "/type").empty()) << line;
    EXPECT_EQ(at(json_of(full.back()), "/type"), "run_completed");
    EXPECT_EQ(at(json_of(compact.back()), "/e/t"), "rc");
  }
}

TEST_F(RenderingTest, ASinkThatFailsStopsNeitherTheRunNorTheOthers) {
  const Ended ended = work_.asmgr(
      {"run", "--sink", "file=/dev/full", "--sink", "file=no/such/folder/x", "--sink", "file=good.txt", "echo hello"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out, "hello\n");
  EXPECT_THAT(work_.read("good.txt"), HasSubstr("✓ Run completed"));
  for (const char* sentence :
       {"warning: the sink 'file=/dev/full' is left out from here on: it takes nothing more: No space left on device; "
        "everything else goes on\n",
        "warning: the sink 'file=no/such/folder/x' is left out from here on: it cannot be opened for writing: No such "
        "file or directory; everything else goes on\n"}) {
    const auto first = ended.err.find(sentence);
    ASSERT_NE(first, std::string::npos) << ended.err;
    EXPECT_EQ(ended.err.find(sentence, first + 1), std::string::npos) << "said twice";
  }
}

TEST_F(RenderingTest, ALogIsShownInTheSameStyles) {
  const std::string session = session_of_a_run();
  const Ended read = work_.asmgr({"events", session, "--render", "studio", "--sink", "jsonl=all.jsonl"});
  EXPECT_EQ(read.code, 0) << read.err;
  EXPECT_THAT(read.out, testing::StartsWith("· session created (shell)\n● Session started\n› echo hello\n"));
  EXPECT_THAT(read.out, testing::EndsWith("✓ Session completed\n"));
  const auto plain = complete_lines(work_.asmgr({"events", session}).out);
  EXPECT_EQ(complete_lines(work_.read("all.jsonl")).size(), plain.size());
  const Ended followed = work_.asmgr({"events", session, "--follow", "--render", "compact"});
  EXPECT_EQ(followed.code, 0) << followed.err;
  EXPECT_THAT(followed.out, testing::EndsWith(" events, 1 tool\n"));
  const Ended some = work_.asmgr({"events", session, "--limit", "2", "--render", "compact"});
  EXPECT_EQ(some.out, "s* s+\n2 events, 0 tools\n");
  EXPECT_THAT(some.err, HasSubstr("more: --after 2"));
  EXPECT_EQ(work_.asmgr({"events", session, "--render", "studio", "--output", "jsonl"}).code, 2);
}

TEST_F(RenderingTest, ATerminalShowsStudioAndAStatusLineThatGoes) {
  work_.write("go.sh", "echo begun; while [ ! -e go ]; do sleep 0.05; done; echo all done");
  const auto screen = terminal({"run", "sh go.sh"}, 60);
  ASSERT_TRUE(screen->read_until_written("shell, 0s")) << screen->written();
  ASSERT_TRUE(screen->read_until_written("shell, 1s")) << "it goes on by itself: " << screen->written();
  work_.write("go", "");
  const Ended ended = screen->wait();
  EXPECT_EQ(ended.code, 0) << ended.out;
  Screen shown(60);
  shown.write(ended.out);
  EXPECT_THAT(shown.text(), HasSubstr("◐ Running: sh go.sh\nbegun\nall done\n✓ Ran: sh go.sh (exit 0, 14 chars"));
  EXPECT_THAT(shown.text(), Not(HasSubstr("shell, "))) << "the status line is gone";
  EXPECT_THAT(shown.text(), HasSubstr("\n-- completed in "));
  for (const auto& line : shown.lines()) {
    if (line.starts_with("-- ")) break;  // not ours: ids are to be copied
    EXPECT_LE(text_width(line), 60U) << line;
  }
}

TEST_F(RenderingTest, TheStatusLineIsDrawnTenTimesASecondAtMost) {
  const auto begin = std::chrono::steady_clock::now();
  const auto screen = terminal({"run", "i=0; while [ $i -lt 400 ]; do echo line $i; i=$((i+1)); sleep 0.003; done"});
  const Ended ended = screen->wait();
  const auto tenths = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() * 10;
  EXPECT_EQ(ended.code, 0) << ended.out;
  double draws = 0;
  for (auto at = ended.out.find("\x1b[1A"); at != std::string::npos; at = ended.out.find("\x1b[1A", at + 1)) ++draws;
  EXPECT_GE(draws, 1);
  EXPECT_LE(draws, tenths + 1);
  Screen shown(80);
  shown.write(ended.out);
  std::string expected;
  for (int i = 0; i < 400; ++i) expected += "line " + std::to_string(i) + "\n";
  EXPECT_THAT(shown.text(), HasSubstr(expected)) << "nothing of it is mixed into the output";
}

TEST_F(RenderingTest, TheWidthIsThatOfTheTerminalAlsoWhenItChanges) {
  work_.write("go.sh",
              "echo begun; while [ ! -e go ]; do sleep 0.05; done; "
              "echo one two three four five six seven eight nine ten eleven twelve");
  const auto screen = terminal({"run", "--render", "studio", "sh go.sh"}, 120);
  ASSERT_TRUE(screen->read_until_written("begun")) << screen->written();
  screen->resize(30);
  work_.write("go", "");
  const Ended ended = screen->wait();
  Screen shown(200);
  shown.write(ended.out);
  EXPECT_THAT(shown.text(), HasSubstr("one two three four five six\nseven eight nine ten eleven\ntwelve\n"));
}

TEST_F(RenderingTest, ColourIsLeftOutWhenItIsNotWanted) {
  const auto has_colour = [](const std::string& text) {
    for (const char* code : {"\x1b[2m", "\x1b[3", "\x1b[1m"}) {
      if (text.find(code) != std::string::npos) return true;
    }
    return false;
  };
  EXPECT_TRUE(has_colour(terminal({"run", "echo hello"})->wait().out));
  EXPECT_FALSE(has_colour(terminal({"run", "--no-color", "echo hello"})->wait().out));
  work_.set("NO_COLOR", "1");
  EXPECT_FALSE(has_colour(terminal({"run", "echo hello"})->wait().out));
  const std::string session = session_of_a_run();
  const std::string log = terminal({"events", session, "--render", "studio"})->wait().out;
  EXPECT_EQ(log.find('\x1b'), std::string::npos) << log;
}

TEST_F(RenderingTest, QuietAndADumbTerminalHaveNoTricks) {
  EXPECT_EQ(terminal({"run", "-q", "echo hello"})->wait().out, "hello\r\n");
  work_.set("TERM", "dumb");
  const std::string out = terminal({"run", "echo hello"})->wait().out;
  EXPECT_EQ(out.find('\x1b'), std::string::npos) << out;
  EXPECT_THAT(out, HasSubstr("◐ Running: echo hello\r\nhello\r\n✓ Ran: echo hello"));
}

TEST_F(RenderingTest, WhatAToolSaysCannotTouchTheTerminal) {
  const auto screen = terminal({"run", "--no-color", "printf 'a\\033]0;owned\\007b\\033[2Jc\\n'"});
  const Ended ended = screen->wait();
  EXPECT_THAT(ended.out, HasSubstr("a\\x1b]0;owned\\x07b\\x1b[2Jc\r\n"));
  EXPECT_EQ(ended.out.find("\x1b]"), std::string::npos);
  EXPECT_EQ(ended.out.find("\x1b[2J"), std::string::npos);
}

}  // namespace
}  // namespace asmgr::e2e
