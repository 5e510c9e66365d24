// Sinks: where rendered events go.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/model/event.hpp"

namespace asmgr {

// Serial use. After an error, or after close, nothing is asked of it any more.
class RenderSink {
 public:
  virtual ~RenderSink() = default;
  // `text` is what the renderer made of the event, maybe nothing. A null event: the text with which it ended.
  [[nodiscard]] virtual Result<void> write(const EventView* event, std::string_view text) = 0;
  // What was written is handed to whoever keeps it.
  [[nodiscard]] virtual Result<void> flush() = 0;
  [[nodiscard]] virtual Result<void> close() = 0;
};

// What became of making one: a sink that cannot begin is reported by its pipeline as any other failure is.
using NewSink = Result<std::unique_ptr<RenderSink>>;

// The text as it is, to an open descriptor that stays the caller's; waits while it takes nothing.
[[nodiscard]] NewSink terminal_sink(int descriptor);

// The text without colour and without lines that were written over, a line at a time. With a path the file is made, or
// emptied, at once (errors: storage_error); a descriptor stays open.
[[nodiscard]] NewSink file_sink(const std::string& path);
[[nodiscard]] NewSink file_sink(int descriptor);

enum class JsonlForm : std::uint8_t {
  full,     // {"ts","type","data","session_id","run_id"} without what is empty, data as stored
  compact,  // {"t": milliseconds since 1970, "e": {"t": a code of two letters, ...}}: README.md has the codes
};
// The events, one JSON object a line; the text counts for nothing. The file is made, or emptied, at once.
[[nodiscard]] NewSink jsonl_sink(const std::string& path, JsonlForm form);

// Whatever the function does with them. What it throws is an error of the sink.
using RenderCallback = std::function<Result<void>(const EventView* event, std::string_view text)>;
[[nodiscard]] NewSink callback_sink(RenderCallback callback);

}  // namespace asmgr
