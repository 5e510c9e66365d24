#include "host/cli/prompt.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "core/model/json.hpp"
#include "tests/host/cli/temporary_folder.hpp"

namespace asmgr::cli {
namespace {

class PromptTest : public testing::Test {
 protected:
  ~PromptTest() override {
    if (input_ >= 0) ::close(input_);
  }
  // What a pipe into the program holds.
  int standard_input(const std::string& text) {
    input_ = ::open(folder_.write("stdin", text).c_str(), O_RDONLY | O_CLOEXEC);
    return input_;
  }
  std::string read(const PromptSource& source) {
    const auto input = read_run_input(source);
    return input.has_value() ? to_text(*input) : input.error().to_string();
  }

  TemporaryFolder folder_;
  int input_ = -1;
};

TEST_F(PromptTest, AnArgumentBecomesOneUserMessage) {
  EXPECT_EQ(read({"say \"hi\"", "", standard_input("ignored")}),
            R"({"messages":[{"role":"user","content":"say \"hi\""}]})");
}

TEST_F(PromptTest, APipeIsReadWithoutItsLastLineFeed) {
  EXPECT_EQ(read({std::nullopt, "", standard_input("one\ntwo\n")}),
            R"({"messages":[{"role":"user","content":"one\ntwo"}]})");
}

TEST_F(PromptTest, ADashMeansStandardInput) {
  EXPECT_EQ(read({"-", "", standard_input("piped")}), R"({"messages":[{"role":"user","content":"piped"}]})");
}

TEST_F(PromptTest, AnInputFileIsTakenWhole) {
  const auto file = folder_.write("in.json", R"({"command":"ls","args":["-l"]})");
  EXPECT_EQ(read({std::nullopt, file, 0}), R"({"command":"ls","args":["-l"]})");
}

TEST_F(PromptTest, AnInputFileAndAPromptExcludeEachOther) {
  EXPECT_EQ(read({"x", "in.json", 0}), "[invalid_input] a prompt and --input exclude each other: give one of them");
}

TEST_F(PromptTest, AnInputFileThatIsMissingIsNamed) {
  EXPECT_EQ(read({std::nullopt, folder_.file("none.json"), 0}),
            "[invalid_input] --input: '" + folder_.file("none.json") + "' cannot be opened: No such file or directory");
}

TEST_F(PromptTest, AnInputFileThatIsNoJsonIsAMisuse) {
  const auto input = read_run_input({std::nullopt, folder_.write("in.json", "{\"a\":"), 0});
  ASSERT_TRUE(input.has_error());
  EXPECT_EQ(input.error().code(), ErrorCode::invalid_input);
}

TEST_F(PromptTest, AnEmptyPromptIsRefused) {
  const std::string expected =
      "[invalid_input] the prompt is empty: give it as an argument, with - on standard input, or with --input FILE";
  EXPECT_EQ(read({" \n", "", 0}), expected);
  EXPECT_EQ(read({std::nullopt, "", standard_input("\n")}), expected);
}

TEST_F(PromptTest, APromptThatIsNoUtf8IsRefused) {
  EXPECT_EQ(read({std::nullopt, "", standard_input("caf\xe9")}),
            "[invalid_input] the prompt is not UTF-8; convert it, e.g. with iconv -t UTF-8");
}

TEST_F(PromptTest, AnEndlessInputIsCutOffWithAnError) {
  const int zero = ::open("/dev/zero", O_RDONLY | O_CLOEXEC);
  const auto text = read_all(zero, 1024 * 1024, "standard input");
  ::close(zero);
  ASSERT_TRUE(text.has_error());
  EXPECT_EQ(text.error().message(),
            "standard input is longer than 1 MiB; put long material into files the agent can read");
}

}  // namespace
}  // namespace asmgr::cli
