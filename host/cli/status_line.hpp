// The line below what a run says on a terminal: what it has used, how long it takes, what it waits for.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "host/cli/command.hpp"
#include "host/cli/run_facts.hpp"

namespace asmgr::cli {

// Drawn by a thread of its own, at most ten times a second and only when it changed, below the line that is being
// written; the cursor stays where that line ends, so that nothing of it is ever part of the output. The width is asked
// of the terminal each time. Lines of the console and of the log make it go away until it is drawn again.
//
// Any thread, except that write, observe, hold and end are for the one that shows the run.
class StatusLine {
 public:
  // `terminal` is the one that standard output goes to.
  StatusLine(int terminal, Invocation& invocation, RunFacts facts);
  // end()
  ~StatusLine();
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  void observe(const EventView& event);
  // `put` writes `text` to the terminal; on the way the line is taken away where the text would run into it.
  void write(std::string_view text, const std::function<void()>& put);
  // Gone until go_on: somebody is typing.
  void hold();
  void go_on();
  // Gone for good.
  void end();

 private:
  using Clock = std::chrono::steady_clock;
  // Who ends a line that the output has begun, when a line of somebody else comes.
  enum class OpenLine : std::uint8_t { is_ended_by_caller, is_ended_here };

  void draw_now_and_then();
  void make_way(OpenLine open_line);
  void draw();
  void erase();
  void follow(std::string_view text);
  void send(std::string_view bytes) const;

  const int terminal_;
  Invocation& invocation_;
  const bool color_;
  const Clock::time_point begin_ = Clock::now();
  std::mutex mutex_;
  std::condition_variable wake_;
  RunFacts facts_;
  std::string drawn_;  // what stands there; empty = nothing
  Clock::time_point last_draw_ = begin_;
  std::size_t column_ = 0;  // at which the cursor stands
  bool held_ = false;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace asmgr::cli
