// Random logs with fixed seeds; the seed of a failure is printed.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "core/transcript/truncate.hpp"
#include "tests/core/transcript/session_log.hpp"

namespace asmgr {
namespace {

using test::SessionLog;

constexpr std::uint32_t kLogs = 100;

class RandomLog {
 public:
  explicit RandomLog(std::uint32_t seed) : engine_(seed) {}

  std::uint64_t number(std::uint64_t least, std::uint64_t most) {
    return std::uniform_int_distribution<std::uint64_t>(least, most)(engine_);
  }

  SessionLog log() {
    SessionLog log;
    for (std::uint64_t i = number(0, 2); i > 0; --i) {
      log.add(EventType::message_sent, "run_0", R"({"role":"system","content":"rules"})");
    }
    for (std::uint64_t i = number(0, 40); i > 0; --i) add(log);
    return log;
  }

 private:
  std::string text() { return std::string(number(0, 12), 'x'); }
  std::string run() { return number(0, 9) == 0 ? "" : "run_" + std::to_string(number(0, 2)); }
  std::string id() { return number(0, 9) == 0 ? "" : "c" + std::to_string(number(0, 4)); }

  void add(SessionLog& log) {
    static constexpr EventType kOthers[] = {
        EventType::step_reset,           EventType::run_failed,     EventType::run_completed,
        EventType::run_cancelled,        EventType::turn_completed, EventType::tool_approval_granted,
        EventType::tool_approval_denied,
    };
    switch (number(0, 9)) {
      case 0:
        log.sent(text(), run());
        return;
      case 1:
        log.received(text(), run());
        return;
      case 2:
      case 3:
        log.streamed(text(), run());
        return;
      case 4:
      case 5:
        log.call(id(), run());
        return;
      case 6:
        log.result(id(), text(), run());
        return;
      case 7:
        log.failure(id(), number(0, 1) == 0 ? "cancelled" : "tool_error", run());
        return;
      case 8:
        log.add(EventType::tool_approval_requested, run(), SessionLog::tool(id(), R"("tool_input":{})"));
        return;
      default:
        log.add(kOthers[number(0, std::size(kOthers) - 1)], run(), SessionLog::tool(id(), R"("x":1)"));
    }
  }

  std::mt19937 engine_;
};

// Every result follows a call with its id that has no result yet, and no call is left.
void expect_paired(const Transcript& transcript) {
  std::map<std::string, int> open;
  for (const TranscriptMessage& message : transcript.messages) {
    if (message.is_tool_call()) ++open[message.tool_call_id];
    if (!message.is_tool_result()) continue;
    EXPECT_GE(--open[message.tool_call_id], 0) << message.tool_call_id;
  }
  for (const auto& [id, calls] : open) EXPECT_EQ(calls, 0) << id;
}

std::uint64_t size_of_all(const Transcript& transcript) {
  std::uint64_t size = 0;
  for (const TranscriptMessage& message : transcript.messages) size += size_of(message);
  return size;
}

// Nothing but the system messages in front, and one last message or the calls and results at the end.
bool is_least(const Transcript& transcript) {
  auto first = transcript.messages.begin();
  while (first != transcript.messages.end() && first->role == Role::system) ++first;
  if (transcript.messages.end() - first <= 1) return true;
  // The last group begins where the last time no call was open.
  std::map<std::string, int> open;
  int pairs = 0;
  for (auto message = first; message != transcript.messages.end(); ++message) {
    if (pairs == 0 && message != first) return false;
    if (message->is_tool_call()) ++pairs;
    if (message->is_tool_result()) --pairs;
  }
  return true;
}

TEST(TranscriptProperty, EveryCallHasOneResultAndEveryResultACall) {
  for (std::uint32_t seed = 1; seed <= kLogs; ++seed) {
    SCOPED_TRACE(seed);
    expect_paired(RandomLog(seed).log().transcript());
  }
}

TEST(TranscriptProperty, BuildingInTwoPartsIsBuildingAtOnceForEverySplit) {
  for (std::uint32_t seed = 1; seed <= kLogs; ++seed) {
    SCOPED_TRACE(seed);
    const SessionLog log = RandomLog(seed).log();
    const std::vector<EventView> events = log.views();
    if (events.empty()) continue;
    const Transcript whole = log.transcript();
    EXPECT_EQ(*build_transcript(events), whole);
    for (std::size_t split = 0; split <= events.size(); ++split) {
      TranscriptBuilder builder("ses_1");
      for (std::size_t i = 0; i < split; ++i) ASSERT_TRUE(builder.append(events[i]));
      const Transcript part = *builder.transcript();
      EXPECT_EQ(part, *build_transcript({events.data(), split}, "ses_1"));
      // The second part is read again from a page that overlaps.
      for (std::size_t i = split - std::min<std::size_t>(split, 2); i < events.size(); ++i) {
        ASSERT_TRUE(builder.append(events[i]));
      }
      ASSERT_EQ(*builder.transcript(), whole) << "split at " << split;
    }
  }
}

TEST(TranscriptProperty, TruncationPartsNoPairAndHoldsTheBudgetUnlessOnlyTheLeastIsLeft) {
  for (std::uint32_t seed = 1; seed <= kLogs; ++seed) {
    SCOPED_TRACE(seed);
    RandomLog random(seed);
    const Transcript whole = random.log().transcript();
    for (int i = 0; i < 20; ++i) {
      TranscriptLimits limits;
      limits.max_messages = random.number(0, 12);
      limits.max_chars = random.number(0, 120);
      limits.max_tokens_approx = random.number(0, 30);
      const Transcript cut = truncate(whole, limits);
      expect_paired(cut);
      const bool fits = (limits.max_messages == 0 || cut.messages.size() <= limits.max_messages) &&
                        (limits.max_chars == 0 || size_of_all(cut) <= limits.max_chars) &&
                        (limits.max_tokens_approx == 0 || size_of_all(cut) <= limits.max_tokens_approx * 4);
      EXPECT_TRUE(fits || is_least(cut)) << to_text(to_json(cut));
      EXPECT_EQ(truncate(cut, limits), cut);
      if (whole.messages.empty()) continue;
      EXPECT_EQ(cut.messages.back(), whole.messages.back());
      if (whole.messages[0].role == Role::system) {
        EXPECT_EQ(cut.messages[0], whole.messages[0]);
      }
    }
  }
}

TEST(TranscriptProperty, ReadsWhatItWrites) {
  for (std::uint32_t seed = 1; seed <= kLogs; ++seed) {
    SCOPED_TRACE(seed);
    const Transcript transcript = *build_transcript(RandomLog(seed).log().views(), "ses_1");
    const auto read = transcript_from_json(*parse_json(to_text(to_json(transcript)), "transcript"));
    ASSERT_TRUE(read) << read.error().to_string();
    EXPECT_EQ(*read, transcript);
  }
}

}  // namespace
}  // namespace asmgr
