// What recorded answers of both APIs become, however their bytes are cut.
#include <gmock/gmock.h>

#include "plugins/openai/chat_reader.hpp"
#include "plugins/openai/error_envelope.hpp"
#include "plugins/openai/responses_reader.hpp"
#include "tests/plugins/support/answer_replay.hpp"

namespace asmgr_test {
namespace {

namespace fs = std::filesystem;
using asmgr::model_api::AnswerReader;
using asmgr::model_api::Prompt;

fs::path data_folder() {
  return fs::path(ASMGR_SOURCE_DIR) / "tests/data/openai";
}

std::unique_ptr<AnswerReader> reader_for(const fs::path& recording) {
  Prompt prompt;
  prompt.run_id = "run_1";
  if (recording.parent_path().filename() == "chat") return std::make_unique<asmgr::openai::ChatReader>(prompt);
  return std::make_unique<asmgr::openai::ResponsesReader>(prompt);
}

std::vector<fs::path> all_recordings() {
  std::vector<fs::path> found = readable_recordings_in(data_folder() / "chat");
  for (const fs::path& file : readable_recordings_in(data_folder() / "responses")) found.push_back(file);
  return found;
}

std::string test_name(const testing::TestParamInfo<fs::path>& info) {
  std::string name = info.param.parent_path().filename().string() + "_" + info.param.stem().string();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

class OpenAiRecording : public testing::TestWithParam<fs::path> {};

TEST_P(OpenAiRecording, IsReadAsExpectedHoweverItsBytesAreCut) {
  const RecordedAnswer answer = read_recording(GetParam().string());
  if (status_of(answer) != 200) {
    const Lines found{line_of(asmgr::openai::failure_of_body(status_of(answer), answer.body))};
    EXPECT_EQ(found, expected_lines(GetParam(), found));
    return;
  }
  const Lines whole = read_whole(*reader_for(GetParam()), answer.body);
  EXPECT_EQ(whole, expected_lines(GetParam(), whole));
  EXPECT_EQ(read_bytewise(*reader_for(GetParam()), answer.body), whole);
  for (unsigned seed = 1; seed <= 20; ++seed) {
    EXPECT_EQ(read_in_pieces(*reader_for(GetParam()), answer.body, seed), whole) << "seed " << seed;
  }
}

TEST_P(OpenAiRecording, CutAnywhereItIsTheWholeAnswerOrNone) {
  const RecordedAnswer answer = read_recording(GetParam().string());
  const Lines whole = read_whole(*reader_for(GetParam()), answer.body);
  for (std::size_t size = 0; size < answer.body.size(); ++size) {
    const Lines cut = read_whole(*reader_for(GetParam()), std::string_view(answer.body).substr(0, size));
    if (is_answer(cut)) {
      ASSERT_EQ(cut.back(), whole.back()) << "after " << size << " bytes";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Recordings, OpenAiRecording, testing::ValuesIn(all_recordings()), test_name);

}  // namespace
}  // namespace asmgr_test
