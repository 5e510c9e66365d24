// Takes secrets out of what one run says, before any of it is judged, written or shown.
#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/model/error.hpp"
#include "core/model/event.hpp"
#include "core/pipeline/event_batch.hpp"
#include "core/redaction/stream_redactor.hpp"

namespace asmgr {

// Message, details and provider error.
[[nodiscard]] Error without_secrets(const Redactor& redactor, const Error& error);

// Of one run, inside its serialiser. A text that comes in pieces (the message, the reasoning, the input of a tool call)
// is held back as far as it may be the beginning of a secret: it goes out with the next piece, or as one more piece
// before the event that ends it.
class RunRedaction {
 public:
  // Null: everything stays as it is.
  explicit RunRedaction(std::shared_ptr<const Redactor> redactor);

  enum class Passage : std::uint8_t { goes_out, held_back };
  // Rewrites the event's data (and metadata, where the options say so); `batch` keeps the new text.
  [[nodiscard]] Passage redact(EventView& event, EventBatch& batch);

  struct Piece {
    EventType type = EventType::message_streamed;
    boost::json::object data;
  };
  // What is held back of the texts that `event` ends: one more piece each, to be said before it.
  [[nodiscard]] std::vector<Piece> ended_by(const EventView& event);
  // The same for a tool call that is about to begin.
  [[nodiscard]] std::vector<Piece> ended_by_call(const std::string& tool_call);
  // The same for the end of the run.
  [[nodiscard]] std::vector<Piece> ended();

  void redact(boost::json::object& object) const;
  void redact(std::optional<Error>& error) const;

 private:
  struct Text {
    explicit Text(const Redactor& redactor) : stream(redactor) {}
    StreamRedactor stream;
    bool is_open = false;  // something came since the last end
  };
  [[nodiscard]] Passage redact_piece(Text& text, EventView& event, EventBatch& batch);
  [[nodiscard]] Passage redact_tool_input(EventView& event, EventBatch& batch);
  void redact_whole(EventView& event, EventBatch& batch) const;
  void end(Text& text, Piece piece, std::vector<Piece>& out);
  void end_message(std::vector<Piece>& out);
  void end_tool_input(const std::string& call, std::vector<Piece>& out);

  std::shared_ptr<const Redactor> redactor_;
  std::optional<Text> message_;
  std::optional<Text> reasoning_;
  std::map<std::string, Text> tool_inputs_;  // by tool call
};

}  // namespace asmgr
