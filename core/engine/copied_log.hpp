// The first events of a log, copied out of a store or a file to be written as the beginning of another session's log.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "core/model/event.hpp"

namespace asmgr {

// What is copied is written as one unit, so all of it is in memory at once: its texts and about 1 KiB an event.
class CopiedLog {
 public:
  static constexpr std::size_t kMaxEvents = 1'000'000;
  static constexpr std::size_t kMaxBytes = std::size_t{512} << 20;  // of text

  // Copies everything but the session's id. Errors: invalid_operation, when the log is longer than a unit may be.
  [[nodiscard]] Result<void> append(const EventView& event);
  // The views live as long as this does and say no session.
  [[nodiscard]] std::span<const EventView> events() const noexcept { return events_; }

 private:
  std::string_view keep(std::string_view text);

  std::vector<EventView> events_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* free_ = nullptr;  // into the last block
  std::size_t left_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace asmgr
