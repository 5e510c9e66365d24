#include "host/cli/status_line.hpp"

#include <unistd.h>

#include <cerrno>

#include "core/render/harmless.hpp"
#include "core/render/text_width.hpp"
#include "host/cli/rendering.hpp"

namespace asmgr::cli {
namespace {

constexpr std::chrono::milliseconds kBetweenDraws{100};
// From the cursor to the end of the screen: the line itself, however the terminal has broken it meanwhile.
constexpr std::string_view kEraseBelow = "\x1b[J";

}  // namespace

StatusLine::StatusLine(int terminal, Invocation& invocation, RunFacts facts)
    : terminal_(terminal),
      invocation_(invocation),
      color_(invocation.console.colors_out()),
      facts_(std::move(facts)),
      thread_([this] { draw_now_and_then(); }) {
  invocation_.console.on_note([this] { make_way(OpenLine::is_ended_by_caller); });
  invocation_.log.on_line([this] { make_way(OpenLine::is_ended_here); });
}

StatusLine::~StatusLine() {
  end();
}

void StatusLine::end() {
  {
    const std::lock_guard lock(mutex_);
    erase();
    ended_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  invocation_.console.on_note(nullptr);
  invocation_.log.on_line(nullptr);
}

void StatusLine::observe(const EventView& event) {
  const std::lock_guard lock(mutex_);
  facts_.observe(event);
}

void StatusLine::hold() {
  const std::lock_guard lock(mutex_);
  erase();
  held_ = true;
}

void StatusLine::go_on() {
  const std::lock_guard lock(mutex_);
  held_ = false;
  column_ = 0;  // what was typed ended with a line
}

void StatusLine::make_way(OpenLine open_line) {
  const std::lock_guard lock(mutex_);
  erase();
  if (open_line == OpenLine::is_ended_here && column_ != 0) send("\n");
  column_ = 0;
  last_draw_ = Clock::now();
}

void StatusLine::write(std::string_view text, const std::function<void()>& put) {
  const std::lock_guard lock(mutex_);
  const bool stays_above =
      text.find_first_of("\n\r") == std::string_view::npos && column_ + text_width(text) < terminal_columns(terminal_);
  if (!stays_above) erase();
  put();
  follow(text);
  if (drawn_.empty() && Clock::now() - last_draw_ >= kBetweenDraws) draw();
}

void StatusLine::draw_now_and_then() {
  std::unique_lock lock(mutex_);
  while (!ended_) {
    wake_.wait_for(lock, kBetweenDraws);
    if (!ended_ && Clock::now() - last_draw_ >= kBetweenDraws) draw();
  }
}

void StatusLine::draw() {
  const std::size_t columns = terminal_columns(terminal_);
  // At the very end of a line a terminal's cursor is neither here nor there.
  if (held_ || ended_ || column_ >= columns) return;
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin_);
  const std::string text =
      cut_to_width(harmless(facts_.text(elapsed), LineBreaks::escape), columns - 1, "\xe2\x80\xa6");
  if (text == drawn_ || text.empty()) return;
  std::string bytes = "\n\x1b[2K";
  bytes += color_ ? "\x1b[2m" + text + "\x1b[0m" : text;
  bytes += "\r\x1b[1A";
  if (column_ != 0) bytes += "\x1b[" + std::to_string(column_) + "C";
  send(bytes);
  drawn_ = text;
  last_draw_ = Clock::now();
}

void StatusLine::erase() {
  if (drawn_.empty()) return;
  drawn_.clear();
  send(kEraseBelow);
}

// Where the cursor stands after the text.
void StatusLine::follow(std::string_view text) {
  const auto begin_of_line = text.find_last_of("\n\r");
  if (begin_of_line != std::string_view::npos) {
    column_ = 0;
    text.remove_prefix(begin_of_line + 1);
  }
  while (!text.empty()) {
    const auto code = std::min(text.find('\x1b'), text.size());
    column_ += text_width(text.substr(0, code));
    text.remove_prefix(code);
    if (!text.empty()) text.remove_prefix(std::min(text.find_first_of("mKJ"), text.size() - 1) + 1);
  }
}

void StatusLine::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t taken = ::write(terminal_, bytes.data(), bytes.size());
    if (taken < 0 && errno != EINTR) return;
    if (taken > 0) bytes.remove_prefix(static_cast<std::size_t>(taken));
  }
}

}  // namespace asmgr::cli
