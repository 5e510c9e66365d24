// Events on standard output in the console's format, their data byte for byte as stored where that is JSON.
#pragma once

#include <cstdint>
#include <string>

#include "core/model/event.hpp"
#include "host/cli/console.hpp"
#include "host/cli/rendering.hpp"

namespace asmgr::cli {

class EventWriter {
 public:
  explicit EventWriter(Console& console) : console_(console) {}
  // Shows them through `rendering` too, and there alone when that writes to standard output.
  EventWriter(Console& console, Rendering& rendering) : console_(console), rendering_(&rendering) {}
  void add(const EventView& event);
  [[nodiscard]] std::uint64_t written() const noexcept { return written_; }
  // Ends the list; `next_cursor` empty = this was all.
  void finish(const std::string& next_cursor);
  // For an error on the way. A JSON list that has begun is ended with the cursor to go on from and the error; else the
  // error is the caller's to print.
  [[nodiscard]] Result<ExitCode> fail(const Error& error);

 private:
  void end_json(const std::string& next_cursor, const Error* error);

  Console& console_;
  Rendering* rendering_ = nullptr;
  std::uint64_t written_ = 0;
  std::uint64_t last_ = 0;
  std::string line_;
};

}  // namespace asmgr::cli
