// A transcript from a session's events.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/event.hpp"
#include "core/transcript/run_messages.hpp"
#include "core/transcript/transcript.hpp"

namespace asmgr {

// The reason of a step_reset that supersedes nothing: the attempt goes on where the one before was left.
inline constexpr std::string_view kAttemptContinues = "continued";

// Takes events in the order of the log, now and later; what it has taken need not be read again. A value; serial use.
//
// The messages of a run stand together, runs in the order in which they began to speak, so that runs side by side do
// not mix. An event of a session without a run stands where the log has it, between runs.
class TranscriptBuilder {
 public:
  // Without a session, that of the first event.
  explicit TranscriptBuilder(std::string session_id = {}) : session_id_(std::move(session_id)) {}

  // An event whose number is not above the last one was taken before and is ignored; one without a number is always
  // taken. Errors leave the builder as it was: session_mismatch, invalid_format (data or metadata that mean something
  // here and are no JSON objects).
  [[nodiscard]] Result<void> append(const EventView& event);

  // All so far: a stream that has not ended is a message, a call without a result is in doubt.
  // Errors: validation_error when no session is known.
  [[nodiscard]] Result<Transcript> transcript() const;

  [[nodiscard]] std::uint64_t last_sequence() const noexcept { return last_sequence_; }

 private:
  [[nodiscard]] RunMessages& messages_of(std::string_view run_id);
  void apply(const EventView& event, const boost::json::object& data, boost::json::object metadata);

  std::string session_id_;
  std::vector<RunMessages> runs_;
  std::map<std::string, std::size_t, std::less<>> run_index_;
  std::optional<std::size_t> between_runs_;  // where events without a run go
  std::uint64_t last_sequence_ = 0;
  Timestamp last_timestamp_;
  std::int64_t pruned_ = 0;
};

// All events at once, in any order: those with a number first, by number; then by time (none last), id, position.
// Errors: as append and transcript.
[[nodiscard]] Result<Transcript> build_transcript(std::span<const EventView> events, std::string session_id = {});

}  // namespace asmgr
