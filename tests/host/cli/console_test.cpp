#include "host/cli/console.hpp"

#include <gtest/gtest.h>

#include "tests/host/cli/captured_console.hpp"

namespace asmgr::cli {
namespace {

TEST(Console, AFailureInTextIsOneLineAndAHintOnStandardError) {
  CapturedConsole console;
  console->fail(Error(ErrorCode::session_not_found, "session ses_1 is not in this store"));
  EXPECT_EQ(console.out(), "");
  EXPECT_EQ(console.err(),
            "error: session_not_found: session ses_1 is not in this store\n"
            "hint: `asmgr session list` shows the sessions of this configuration's store\n");
}

TEST(Console, AFailureInJsonIsAnErrorObjectOnStandardOutputAlone) {
  CapturedConsole console(OutputFormat::json);
  console->fail(Error(ErrorCode::timeout, "took 5s"));
  EXPECT_EQ(console.out(),
            "{\"error\":{\"code\":\"timeout\",\"message\":\"took 5s\",\"retryable\":true,\"details\":{},"
            "\"provider_error\":null}}\n");
  EXPECT_EQ(console.err(), "");
}

TEST(Console, AMessageOfSeveralLinesEndsWithTheLineThatHasTheCode) {
  EXPECT_EQ(
      error_text(Error(ErrorCode::config_invalid, "a.yaml:1:2: x: unknown key\n   1 | x: y\n1 error\n"), "fix it"),
      "a.yaml:1:2: x: unknown key\n   1 | x: y\nerror: config_invalid: 1 error\nhint: fix it");
}

TEST(Console, NotesAreSilentWhenQuietAndComplaintsAreNot) {
  GlobalOptions options;
  options.quiet = true;
  CapturedConsole console(OutputFormat::text, Terminal::no, options);
  console->note("by the way");
  console->complain("listen");
  EXPECT_EQ(console.err(), "listen\n");
}

TEST(Console, ForeignTextIsHarmlessOnATerminalAndUntouchedElsewhere) {
  CapturedConsole terminal(OutputFormat::text, Terminal::yes);
  terminal->write_foreign("\x1b[2J");
  EXPECT_EQ(terminal.out(), "\\x1b[2J");
  CapturedConsole file;
  file->write_foreign("\x1b[2J");
  EXPECT_EQ(file.out(), "\x1b[2J");
}

TEST(Console, OnATerminalALineBegunIsEndedBeforeANote) {
  CapturedConsole console(OutputFormat::text, Terminal::yes);
  console->write("half a line");
  console->note("note");
  EXPECT_EQ(console.out(), "half a line\n");
  EXPECT_EQ(console.err(), "note\n");
}

TEST(Console, AFullOutputIsAnErrorAndNotSilence) {
  std::FILE* full = std::fopen("/dev/full", "w");
  Streams streams;
  streams.out = full;
  Console console(streams, {});
  console.write("text");
  const auto finished = console.finish();
  ASSERT_TRUE(finished.has_error());
  EXPECT_EQ(finished.error().message(),
            "the answer could not be written to standard output: No space left on device; what was done stays done");
  std::fclose(full);
}

}  // namespace
}  // namespace asmgr::cli
