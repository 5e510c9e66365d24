#include <asmgr/toolkit/sse.hpp>
#include <charconv>
#include <cstdint>
#include <utility>

namespace asmgr::sse {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// The end of the line that `bytes` begins with; npos when it has not come.
std::size_t line_end(std::string_view bytes) noexcept {
  const std::string_view to_line_feed = bytes.substr(0, bytes.find('\n'));
  const std::size_t carriage_return = to_line_feed.find('\r');
  if (carriage_return != std::string_view::npos) return carriage_return;
  return to_line_feed.size() == bytes.size() ? std::string_view::npos : to_line_feed.size();
}

std::optional<std::chrono::milliseconds> read_retry(std::string_view digits) noexcept {
  std::int32_t milliseconds = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stopped, problem] = std::from_chars(digits.data(), end, milliseconds);
  if (problem != std::errc() || stopped != end || milliseconds < 0) return std::nullopt;
  return std::chrono::milliseconds(milliseconds);
}

}  // namespace

bool Parser::feed(std::string_view bytes, const OnEvent& on_event) {
  if (!error_.empty()) return false;
  while (!bytes.empty()) {
    const bool second_half = std::exchange(after_cr_, false) && bytes.front() == '\n';
    if (second_half) {
      bytes.remove_prefix(1);
      continue;
    }
    const std::size_t end = line_end(bytes);
    std::string_view line = bytes.substr(0, end);
    if (line_.size() + line.size() > limits_.line) return refuse("a line", limits_.line);
    if (end == std::string_view::npos) {
      line_.append(line);
      return true;
    }
    after_cr_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    if (!line_.empty()) line = line_.append(line);
    if (!end_line(line, on_event)) return false;
    line_.clear();
  }
  return true;
}

bool Parser::end_line(std::string_view line, const OnEvent& on_event) {
  if (std::exchange(at_begin_, false) && line.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    line.remove_prefix(kByteOrderMark.size());
  }
  if (line.empty()) {
    dispatch(on_event);
    return true;
  }
  const std::size_t colon = line.find(':');
  if (colon == 0) return true;  // a comment
  std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  return field(line.substr(0, colon), value);
}

bool Parser::field(std::string_view name, std::string_view value) {
  if (name == "data") {
    if (data_.size() + value.size() + 1 > limits_.event) return refuse("an event", limits_.event);
    if (has_data_) data_ += '\n';
    data_.append(value);
    has_data_ = true;
  } else if (name == "event") {
    name_.assign(value);
  } else if (name == "id") {
    if (value.find('\0') == std::string_view::npos) id_.assign(value);
  } else if (name == "retry") {
    if (const auto retry = read_retry(value)) retry_ = retry;
  }
  return true;
}

void Parser::dispatch(const OnEvent& on_event) {
  if (has_data_) on_event(Event{name_, data_, id_});
  name_.clear();
  data_.clear();
  has_data_ = false;
}

bool Parser::refuse(std::string_view what, std::size_t limit) {
  error_ = "the event stream is refused: " + std::string(what) + " is longer than " + std::to_string(limit) + " bytes";
  return false;
}

}  // namespace asmgr::sse
