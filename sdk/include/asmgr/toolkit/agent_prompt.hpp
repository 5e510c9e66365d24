// What a run asks of an agent program, as messages and as one text.
//
// Link asmgr::toolkit_agent.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace asmgr::agent {

// A part of a message's content. Images have either `data` (base64, with `media_type`) or `url`.
struct Part {
  enum class Kind { kText, kImage };
  Kind kind = Kind::kText;
  std::string text;
  std::string media_type;
  std::string data;
  std::string url;
};

struct Message {
  std::string role;
  std::vector<Part> parts;
};

// The "input" of a run document (RunContext::run().doc): a string, {"prompt"} or {"messages":[{"role","content"}]},
// content being a string or a list of parts. Parts of other types become their JSON as text. Throws StatusError
// (VALIDATION) on other shapes and when there is no text and no image at all.
[[nodiscard]] std::vector<Message> read_messages(std::string_view run_doc_json);

// One {"role","content"} as ProviderSteer::inject gets it. Throws likewise.
[[nodiscard]] Message read_message(std::string_view message_json);

// The messages as one text: system messages first, then what users said; with messages of an assistant among them, all
// in order with "User:" and "Assistant:" before each. Throws StatusError (UNSUPPORTED) when there is an image.
[[nodiscard]] std::string prompt_text(const std::vector<Message>& messages);

// `transcript_json` (RunContext::transcript(), may be empty) as an introduction for a program that was not there: what
// was said so far, with tool calls and their results, ending where the prompt follows. Empty for an empty transcript.
[[nodiscard]] std::string transcript_introduction(std::string_view transcript_json);

}  // namespace asmgr::agent
