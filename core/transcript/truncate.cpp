#include "core/transcript/truncate.hpp"

#include <algorithm>
#include <limits>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/model/json.hpp"

namespace asmgr {
namespace {

constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();

std::uint64_t characters(std::string_view text) {
  // Every byte that does not continue a character begins one.
  return static_cast<std::uint64_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::uint64_t char_budget(const TranscriptLimits& limits) {
  const std::uint64_t chars = limits.max_chars == 0 ? kUnlimited : limits.max_chars;
  if (limits.max_tokens_approx == 0) return chars;
  const std::uint64_t per_token = limits.chars_per_token == 0 ? 4 : limits.chars_per_token;
  std::uint64_t by_tokens = 0;
  if (__builtin_mul_overflow(limits.max_tokens_approx, per_token, &by_tokens)) return chars;
  return std::min(chars, by_tokens);
}

// For each position whether a cut in front of it parts no call from its result. Calls and results of one id are paired
// in their order, so an id that comes again later is another pair.
std::vector<bool> places_to_cut(const std::vector<TranscriptMessage>& messages) {
  struct Waiting {
    std::vector<std::size_t> calls;
    std::size_t answered = 0;
  };
  std::unordered_map<std::string_view, Waiting> waiting;
  std::vector<std::int64_t> change(messages.size() + 1, 0);
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (messages[i].is_tool_call()) {
      waiting[messages[i].tool_call_id].calls.push_back(i);
    } else if (messages[i].is_tool_result()) {
      Waiting& open = waiting[messages[i].tool_call_id];
      if (open.answered == open.calls.size()) continue;
      ++change[open.calls[open.answered++] + 1];
      --change[i + 1];
    }
  }
  std::vector<bool> cuts(messages.size(), false);
  std::int64_t open = 0;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    open += change[i];
    cuts[i] = open == 0;
  }
  return cuts;
}

}  // namespace

// What is no text costs a model far less than the characters in which it is written.
std::uint64_t characters_of_parts(const boost::json::array& parts) {
  std::uint64_t size = 0;
  for (const boost::json::value& part : parts) {
    const boost::json::object* object = part.if_object();
    const auto type = object == nullptr ? std::nullopt : find_string(*object, "type");
    const auto text = object == nullptr ? std::nullopt : find_string(*object, "text");
    if (text) {
      size += characters(*text);
    } else if (type == "image") {
      size += kCharactersOfAnImage;
    } else {
      size += characters(to_text(part));
    }
  }
  return size;
}

std::uint64_t size_of(const TranscriptMessage& message) {
  std::uint64_t size = characters(message.tool_name);
  if (!message.parts.empty()) {
    size += characters_of_parts(message.parts);
  } else if (message.content) {
    size += characters(*message.content);
  }
  if (message.tool_input) size += characters(to_text(*message.tool_input));
  if (const auto* text = message.tool_output.if_string()) {
    size += characters({text->data(), text->size()});
  } else if (const auto* blocks = message.tool_output.if_array()) {
    size += characters_of_parts(*blocks);
  } else if (!message.tool_output.is_null()) {
    size += characters(to_text(message.tool_output));
  }
  return size;
}

Transcript truncate(Transcript transcript, const TranscriptLimits& limits) {
  std::vector<TranscriptMessage>& messages = transcript.messages;
  const std::uint64_t max_messages = limits.max_messages == 0 ? kUnlimited : limits.max_messages;
  const std::uint64_t max_chars = char_budget(limits);
  if (max_messages == kUnlimited && max_chars == kUnlimited) return transcript;

  std::size_t head = 0;
  std::uint64_t size = 0;
  while (head < messages.size() && messages[head].role == Role::system) size += size_of(messages[head++]);
  if (head == messages.size()) return transcript;

  const std::vector<bool> cuts = places_to_cut(messages);
  std::size_t first = messages.size() - 1;  // of those that stay after the head
  while (!cuts[first]) --first;
  std::uint64_t count = head;
  for (std::size_t i = messages.size(); i-- > head;) {
    size += size_of(messages[i]);
    if (++count > max_messages || size > max_chars) break;
    if (cuts[i]) first = std::min(first, i);
  }
  if (first == head) return transcript;
  const auto begin = messages.begin();
  messages.erase(begin + static_cast<std::ptrdiff_t>(head), begin + static_cast<std::ptrdiff_t>(first));
  const std::int64_t before = find_int(transcript.metadata, "dropped_messages").value_or(0);
  transcript.metadata["dropped_messages"] = before + static_cast<std::int64_t>(first - head);
  return transcript;
}

}  // namespace asmgr
