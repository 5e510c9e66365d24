// Cuts a transcript to a budget: the newest messages stay.
#pragma once

#include <cstdint>

#include "core/transcript/transcript.hpp"

namespace asmgr {

// 0 = no limit. Of the two budgets of text the smaller one holds.
struct TranscriptLimits {
  std::uint64_t max_messages = 0;
  std::uint64_t max_chars = 0;
  std::uint64_t max_tokens_approx = 0;
  std::uint64_t chars_per_token = 4;  // 0 counts as 4
};

// What an image counts, whatever its bytes: about what a large one costs a model.
inline constexpr std::uint64_t kCharactersOfAnImage = 6'400;

// Of a list of parts or content blocks: texts and images; others count as their JSON is written.
[[nodiscard]] std::uint64_t characters_of_parts(const boost::json::array& parts);

// Characters (not bytes) of content, tool name, tool input and tool output; JSON counts as it is written.
[[nodiscard]] std::uint64_t size_of(const TranscriptMessage& message);

// Keeps the messages at the end that fit, all or none of each tool call with its result. The system messages that a
// transcript begins with stay always and count. Older messages are dropped from the first one that does not fit, also
// when some of them would. The last message stays, with the calls and results it belongs to, even when it does not fit:
// then nothing but it and the system messages stays. Calls and results that have no other half are messages as any.
// metadata.dropped_messages says how many are gone, if any. Linear time.
[[nodiscard]] Transcript truncate(Transcript transcript, const TranscriptLimits& limits);

}  // namespace asmgr
