// Recorded HTTP answers, sent again to a whole provider plugin over a socket.
#ifndef ASMGR_TESTS_RECORDED_SERVER_HPP_
#define ASMGR_TESTS_RECORDED_SERVER_HPP_

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>

#include "tests/plugins/support/answer_replay.hpp"
#include "tests/plugins/support/fake_run.hpp"
#include "tests/support/loopback_server.hpp"

namespace asmgr_test {

enum class Pace { kWhole, kByteByByte, kRandom };

// The recorded value of a header, empty when there is none; `name` as it was recorded.
inline std::string recorded_header(const std::string& recording, const std::string& name) {
  const std::size_t at = recording.find("\r\n" + name + ": ");
  if (at == std::string::npos || at > recording.find("\r\n\r\n")) return {};
  const std::size_t begin = at + name.size() + 4;
  return recording.substr(begin, recording.find("\r\n", begin) - begin);
}

// Sends a recording with chunk framing put back; one that was cut is cut again, in the middle of the stream.
inline void send_recorded(Peer& peer, const std::filesystem::path& file, Pace pace) {
  const std::string text = file_text(file);
  const RecordedAnswer recorded = read_recorded(file);
  const std::string retry = recorded_header(text, "Retry-After");
  peer.send(chunked_head(recorded.status, recorded_header(text, "Content-Type"),
                         retry.empty() ? "" : "Retry-After: " + retry + "\r\n"));
  std::mt19937 random(7);
  std::string_view body = recorded.body;
  while (!body.empty()) {
    std::size_t size = body.size();
    if (pace == Pace::kByteByByte) size = 1;
    if (pace == Pace::kRandom) size = std::min<std::size_t>(size, 1 + random() % 97);
    if (!peer.send(chunk(body.substr(0, size)))) return;
    body.remove_prefix(size);
  }
  const bool was_cut = file.filename().string().find("midstream") != std::string::npos;
  if (was_cut) return peer.close_after();
  peer.send(chunk(""));
}

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
  if (!read_recorded(recording).is_readable()) {
    EXPECT_THAT(seen_lines(run), testing::IsEmpty());
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

#endif  // ASMGR_TESTS_RECORDED_SERVER_HPP_
