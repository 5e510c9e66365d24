// Cuts a stream of bytes into lines, as they come and in bounded memory.
//
// Link asmgr::toolkit_jsonl. Needs nothing but the standard library.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace asmgr::jsonl {

// Lines end with LF; a CR before it belongs to the end. Bytes are not looked at otherwise: they need not be UTF-8, and
// an empty line is a line. Not thread-safe.
class LineReader {
 public:
  // Receives a line without its end; the view is valid during the call. Must not call the reader.
  using Deliver = std::function<void(std::string_view line)>;

  // `max_line_bytes` bounds what is kept of a line whose end has not come yet, and so how long a line may be.
  explicit LineReader(std::size_t max_line_bytes) : max_line_bytes_(max_line_bytes) {}

  // Takes the next bytes and delivers the lines they complete. False once a line was too long: `error` says so, the
  // lines before it were delivered, and nothing more is taken.
  bool feed(std::string_view bytes, const Deliver& deliver);

  // The stream has ended: delivers a last line that has no end. False when the reader had failed before.
  bool finish(const Deliver& deliver);

  // A sentence; empty while all is well.
  [[nodiscard]] const std::string& error() const noexcept { return error_; }

 private:
  bool too_long(std::size_t more) const noexcept { return more > max_line_bytes_ - pending_.size(); }
  bool fail();

  std::size_t max_line_bytes_;
  std::string pending_;  // the beginning of a line; never longer than max_line_bytes_
  std::size_t lines_ = 0;
  std::string error_;
};

}  // namespace asmgr::jsonl
