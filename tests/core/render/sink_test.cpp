#include "core/render/sink.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/render/plain_lines.hpp"
#include "tests/core/render/random_events.hpp"

namespace asmgr {
namespace {

class SinkTest : public testing::Test {
 protected:
  SinkTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "asmgr-sink-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~SinkTest() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::string path() const { return (folder_ / "out").string(); }
  [[nodiscard]] std::string written() const {
    std::ifstream file(path(), std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  std::filesystem::path folder_;
};

TEST_F(SinkTest, AFileHasNeitherColourNorLinesThatWereWrittenOver) {
  auto sink = file_sink(path());
  ASSERT_TRUE(sink.has_value());
  EXPECT_TRUE((*sink)->write(nullptr, "\x1b[33mrun").has_value());
  EXPECT_TRUE((*sink)->write(nullptr, "ning\x1b[0m\r\x1b[2K\x1b[32mran\x1b[0m\nthe e").has_value());
  EXPECT_EQ(written(), "ran\n") << "complete lines are there at once";
  EXPECT_TRUE((*sink)->write(nullptr, "nd").has_value());
  EXPECT_TRUE((*sink)->flush().has_value());
  EXPECT_TRUE((*sink)->close().has_value());
  EXPECT_EQ(written(), "ran\nthe end");
}

TEST_F(SinkTest, AFileIsEmptiedFirst) {
  std::ofstream(path()) << "old";
  auto sink = file_sink(path());
  ASSERT_TRUE(sink.has_value());
  EXPECT_EQ(written(), "");
}

TEST_F(SinkTest, ADescriptorThatWasGivenStaysOpen) {
  const int descriptor = ::open(path().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  for (const auto& make : {static_cast<NewSink (*)(int)>(file_sink), terminal_sink}) {
    auto sink = make(descriptor);
    ASSERT_TRUE(sink.has_value());
    EXPECT_TRUE((*sink)->write(nullptr, "a\n").has_value());
    EXPECT_TRUE((*sink)->flush().has_value());
    EXPECT_TRUE((*sink)->close().has_value());
  }
  EXPECT_EQ(::write(descriptor, "b\n", 2), 2);
  ::close(descriptor);
  EXPECT_EQ(written(), "a\na\nb\n");
}

TEST_F(SinkTest, ATerminalGetsTheTextAsItIs) {
  const int descriptor = ::open(path().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  auto sink = terminal_sink(descriptor);
  EXPECT_TRUE((*sink)->write(nullptr, "\r\x1b[2Kx").has_value());
  ::close(descriptor);
  EXPECT_EQ(written(), "\r\x1b[2Kx");
}

TEST_F(SinkTest, WhatCannotBeOpenedOrTakesNothingSaysSo) {
  const auto nowhere = file_sink((folder_ / "no" / "such").string());
  ASSERT_TRUE(nowhere.has_error());
  EXPECT_NE(nowhere.error().message().find("No such file or directory"), std::string::npos);
  auto full = file_sink("/dev/full");
  ASSERT_TRUE(full.has_value());
  const auto done = (*full)->write(nullptr, "x\n");
  ASSERT_TRUE(done.has_error());
  EXPECT_NE(done.error().message().find("No space left on device"), std::string::npos);
}

TEST_F(SinkTest, AFunctionGetsEventAndTextAndMayThrow) {
  std::string seen;
  auto sink = callback_sink([&](const EventView* event, std::string_view text) -> Result<void> {
    seen += (event == nullptr ? "end" : std::string(event->type_name)) + "=" + std::string(text) + ";";
    if (text == "bad") throw std::runtime_error("no more");
    return {};
  });
  ASSERT_TRUE(sink.has_value());
  const Event event = event_of(EventType::run_started, "{}");
  const EventView view = view_of(event);
  EXPECT_TRUE((*sink)->write(&view, "a").has_value());
  EXPECT_TRUE((*sink)->write(nullptr, "b").has_value());
  EXPECT_EQ(seen, "run_started=a;end=b;");
  const auto thrown = (*sink)->write(nullptr, "bad");
  ASSERT_TRUE(thrown.has_error());
  EXPECT_NE(thrown.error().message().find("no more"), std::string::npos);
  EXPECT_TRUE(callback_sink(nullptr).has_error());
}

TEST(PlainLines, TakesOutWhatATerminalObeysHoweverItComes) {
  const std::string text =
      "a\x1b[1;31mb\x1b[0m\x1b]0;title\x1b\\c\x1b]8;;http://x\ad\x1b(Be\x1bM\bf\r\ng\rh\n\x1bP1$q\x1b\x1b\\i\n";
  rendering::PlainLines whole;
  EXPECT_EQ(whole.add(text), "abcdef\nh\ni\n");
  rendering::PlainLines pieces;
  std::string out;
  for (const char c : text) out += pieces.add(std::string_view(&c, 1));
  EXPECT_EQ(out, "abcdef\nh\ni\n");
}

TEST(PlainLines, ALineThatNeverEndsIsNotHeldForever) {
  rendering::PlainLines lines;
  std::size_t written = 0;
  for (int i = 0; i < 300; ++i) written += lines.add(std::string(1024, 'x')).size();
  EXPECT_GE(written, 200U * 1024);
  EXPECT_EQ(written + lines.rest().size(), 300U * 1024);
}

}  // namespace
}  // namespace asmgr
