// Events copied out of somebody else's memory: one block of bytes, views into it, one allocation for all of them.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "core/model/event.hpp"

namespace asmgr {

class EventBatch {
 public:
  EventBatch() = default;
  // Copies id, type_name, provider, correlation_id, data and metadata of each event; ids of the session and the run are
  // left to whoever knows a longer-lived copy. An event without an id gets room for one (see id_room).
  [[nodiscard]] static EventBatch copy_of(std::span<const EventView> events);
  // One event whose data is `data`, with room for an id.
  [[nodiscard]] static EventBatch single(EventType type, Timestamp time, std::string_view data,
                                         std::string_view metadata = "{}");

  [[nodiscard]] std::span<EventView> events() noexcept { return {events_, count_}; }
  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  // The 36 writable bytes behind events()[index].id, null when the event came with an id of its own.
  [[nodiscard]] char* id_room(std::size_t index) noexcept;
  // Keeps a replaced text alive with the batch and returns a view of it (rare: metadata that got warnings).
  [[nodiscard]] std::string_view keep(std::string text);

 private:
  struct Extra {
    std::string text;
    std::unique_ptr<Extra> next;
  };
  std::unique_ptr<std::byte[]> block_;
  EventView* events_ = nullptr;
  std::size_t count_ = 0;
  std::unique_ptr<Extra> extra_;
};

}  // namespace asmgr
