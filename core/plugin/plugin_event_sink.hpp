// A sink plugin behind the sink port.
#pragma once

#include <asmgr/abi/sink.h>

#include <memory>
#include <vector>

#include "core/plugin/instance.hpp"
#include "core/ports/sink.hpp"

namespace asmgr {

class PluginEventSink final : public EventSink {
 public:
  // Errors: plugin_load_failed (a table or function is missing, a description cannot be read).
  [[nodiscard]] static Result<std::unique_ptr<EventSink>> make(Instance instance);

  [[nodiscard]] const SinkInfo& info() const noexcept override { return info_; }
  [[nodiscard]] Result<void> publish(std::span<const EventView> events, std::string_view topic,
                                     const CancelToken& cancel) override;

 private:
  PluginEventSink(Instance instance, const asmgr_event_sink& table) : instance_(std::move(instance)), table_(table) {}

  Instance instance_;
  const asmgr_event_sink& table_;
  SinkInfo info_;
  std::vector<asmgr_event> events_;  // publish is one call at a time
};

}  // namespace asmgr
