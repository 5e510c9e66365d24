// A run as a person follows it: what the assistant says on standard output, what it does on standard error.
#pragma once

#include <string>

#include "core/model/event.hpp"
#include "host/cli/console.hpp"

namespace asmgr::cli {

// Takes a run's events in order. Text comes as it is streamed; a whole message is printed only when nothing of it was
// streamed. Messages are kept apart by line ends.
class EventText {
 public:
  explicit EventText(Console& console) : console_(console) {}
  void show(const EventView& event);
  // Ends the last line of standard output.
  void finish();

 private:
  void show_text(std::string_view text);
  void show_message(const boost::json::object& data);
  void show_decision(const boost::json::object& data, bool granted);
  void show_tool_end(const boost::json::object& data, bool failed);
  void end_message() noexcept;

  Console& console_;
  bool streamed_ = false;     // part of the present message has been printed
  bool new_message_ = false;  // the next text begins another message
};

// An event on one line: number, time, type, and what matters of its data; for `events` and -v.
[[nodiscard]] std::string event_line(const EventView& event);

}  // namespace asmgr::cli
