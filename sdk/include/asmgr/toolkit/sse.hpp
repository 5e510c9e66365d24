// Server-sent events (text/event-stream) out of a stream of bytes that is cut anywhere.
//
// As the HTML standard says: lines end with LF, CR or CRLF, a byte order mark at the beginning is skipped, a line that
// begins with a colon is a comment, several `data` lines are joined by newlines, a blank line ends an event, an event
// without data is dropped, and so is one that the stream ends in. The bytes are taken for UTF-8 and not checked.
//
// Link asmgr::toolkit_http.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace asmgr::sse {

// The views are valid during the call.
struct Event {
  std::string_view name;  // empty when the stream gave none (which stands for "message")
  std::string_view data;
  std::string_view id;  // the last id that the stream gave, also with an earlier event; empty = none
};

// In bytes. A stream that passes one of them is refused.
struct Limits {
  std::size_t line = std::size_t{16} << 20;
  std::size_t event = std::size_t{32} << 20;  // all data of one event
};

// Serial use.
class Parser {
 public:
  using OnEvent = std::function<void(const Event&)>;

  explicit Parser(Limits limits = {}) : limits_(limits) {}

  // Takes the next bytes and calls `on_event` for each event that is complete. False when a limit was passed: then
  // error() says so, and everything afterwards is refused. What `on_event` throws goes through; the parser is then of
  // no use any more.
  bool feed(std::string_view bytes, const OnEvent& on_event);

  // A sentence; empty while all is well.
  [[nodiscard]] const std::string& error() const noexcept { return error_; }
  // Something of an event, or of a line, has come that is not complete.
  [[nodiscard]] bool mid_event() const noexcept { return !line_.empty() || has_data_ || !name_.empty(); }
  // How long the stream wants to be left alone before the next try, where it said so.
  [[nodiscard]] std::optional<std::chrono::milliseconds> retry() const noexcept { return retry_; }

 private:
  bool end_line(std::string_view line, const OnEvent& on_event);
  bool field(std::string_view name, std::string_view value);
  void dispatch(const OnEvent& on_event);
  bool refuse(std::string_view what, std::size_t limit);

  Limits limits_;
  std::string line_;  // the beginning of a line whose end has not come
  std::string name_;
  std::string data_;
  std::string id_;
  std::string error_;
  std::optional<std::chrono::milliseconds> retry_;
  bool has_data_ = false;
  bool after_cr_ = false;  // a line feed that comes next belongs to the line before
  bool at_begin_ = true;   // a byte order mark may come
};

}  // namespace asmgr::sse
