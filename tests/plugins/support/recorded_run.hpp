// What a host saw of a run whose answer was a recording, held against what was checked in beside it.
#ifndef ASMGR_TESTS_RECORDED_RUN_HPP_
#define ASMGR_TESTS_RECORDED_RUN_HPP_

#include <gmock/gmock.h>

#include <filesystem>
#include <string>

#include "tests/plugins/support/answer_replay.hpp"
#include "tests/plugins/support/fake_run.hpp"

namespace asmgr_test {

// What the host saw of a run, in the form of answer_replay.hpp; events that the reader does not make are left out.
inline Lines seen_lines(FakeRun& run) {
  Lines lines;
  for (const SeenEvent& event : run.events()) {
    if (event.type == ASMGR_EV_TURN_COMPLETED) continue;
    lines.push_back("{\"type\":\"" + event_name(event.type) + "\",\"data\":" + event.text + "}");
  }
  return lines;
}

// Holds a finished run against the expectation beside its recording. An answer that is no stream has none: it fails.
inline void expect_as_recorded(FakeRun& run, const std::filesystem::path& recording) {
  const RecordedAnswer recorded = read_recording(recording.string());
  if (!is_readable(recorded)) {
    EXPECT_THAT(seen_lines(run), testing::IsEmpty());
    if (recorded.head.empty()) {
      EXPECT_EQ(run.finish().error_code(), "provider_unavailable");
      return;
    }
    EXPECT_EQ(run.finish().error_code(), "provider_error");
    EXPECT_THAT(run.finish().error_message(), testing::HasSubstr("application/json"));
    return;
  }
  Lines expected = expected_lines(recording);
  const boost::json::value last = boost::json::parse(expected.back());
  expected.pop_back();
  EXPECT_EQ(seen_lines(run), expected);

  const SeenFinish finish = run.finish();
  if (const boost::json::value* failure = last.as_object().if_contains("failure")) {
    EXPECT_EQ(finish.status, static_cast<std::uint32_t>(ASMGR_FINISH_FAILED));
    EXPECT_EQ(finish.error_code(), std::string(failure->at("status").as_string()));
    return;
  }
  const boost::json::value& answer = last.at("answer");
  const bool has_calls = !answer.at("calls").as_array().empty();
  EXPECT_EQ(finish.status, static_cast<std::uint32_t>(has_calls ? ASMGR_FINISH_TOOL_CALLS : ASMGR_FINISH_COMPLETED));
  EXPECT_EQ(finish.output().at("content"), answer.at("content"));
  EXPECT_EQ(finish.result.at("stop_reason"), answer.at("stop_reason"));
  if (has_calls) {
    EXPECT_EQ(finish.result.at("tool_calls"), answer.at("calls"));
  }
}

}  // namespace asmgr_test

#endif  // ASMGR_TESTS_RECORDED_RUN_HPP_
