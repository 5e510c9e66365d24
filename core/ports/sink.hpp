// The sink port: somewhere events are delivered to, at least once. Contract in full: sdk/include/asmgr/abi/sink.h.
#pragma once

#include <span>
#include <string>

#include "core/model/event.hpp"
#include "core/ports/cancel.hpp"

namespace asmgr {

struct SinkInfo {
  std::string name;
  std::uint32_t max_batch = 256;
  bool topics = false;
};

class EventSink {
 public:
  virtual ~EventSink() = default;
  [[nodiscard]] virtual const SinkInfo& info() const noexcept = 0;
  // One call at a time. Ok: all are delivered. Error: none counts as delivered.
  [[nodiscard]] virtual Result<void> publish(std::span<const EventView> events, std::string_view topic,
                                             const CancelToken& cancel) = 0;
};

}  // namespace asmgr
