// What recorded answers become, however their bytes are cut.
#include <gmock/gmock.h>

#include "plugins/gemini/error_envelope.hpp"
#include "plugins/gemini/gemini_reader.hpp"
#include "tests/plugins/support/answer_replay.hpp"

namespace asmgr_test {
namespace {

namespace fs = std::filesystem;
using asmgr::model_api::AnswerReader;
using asmgr::model_api::Prompt;

fs::path data_folder() {
  return fs::path(ASMGR_SOURCE_DIR) / "tests/data/gemini";
}

std::unique_ptr<AnswerReader> new_reader() {
  Prompt prompt;
  prompt.run_id = "run_1";
  return std::make_unique<asmgr::gemini::GeminiReader>(prompt);
}

std::string test_name(const testing::TestParamInfo<fs::path>& info) {
  std::string name = info.param.stem().string();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

class GeminiRecording : public testing::TestWithParam<fs::path> {};

TEST_P(GeminiRecording, IsReadAsExpectedHoweverItsBytesAreCut) {
  const RecordedAnswer answer = read_recording(GetParam().string());
  if (status_of(answer) != 200) {
    const Lines found{line_of(asmgr::gemini::failure_of_body(status_of(answer), answer.body))};
    EXPECT_EQ(found, expected_lines(GetParam(), found));
    return;
  }
  const Lines whole = read_whole(*new_reader(), answer.body);
  EXPECT_EQ(whole, expected_lines(GetParam(), whole));
  EXPECT_EQ(read_bytewise(*new_reader(), answer.body), whole);
  for (unsigned seed = 1; seed <= 20; ++seed) {
    EXPECT_EQ(read_in_pieces(*new_reader(), answer.body, seed), whole) << "seed " << seed;
  }
}

TEST_P(GeminiRecording, CutAnywhereItIsTheWholeAnswerOrNone) {
  const RecordedAnswer answer = read_recording(GetParam().string());
  const Lines whole = read_whole(*new_reader(), answer.body);
  for (std::size_t size = 0; size < answer.body.size(); ++size) {
    const Lines cut = read_whole(*new_reader(), std::string_view(answer.body).substr(0, size));
    if (is_answer(cut)) {
      ASSERT_EQ(cut.back(), whole.back()) << "after " << size << " bytes";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Recordings, GeminiRecording, testing::ValuesIn(readable_recordings_in(data_folder())),
                         test_name);

}  // namespace
}  // namespace asmgr_test
