// Derive from EventSink to write a sink. The contract of every function is in <asmgr/abi/sink.h>.
#pragma once

#include <asmgr/abi/sink.h>

#include <asmgr/cpp/instance.hpp>
#include <string>
#include <string_view>

namespace asmgr::sdk {

// publish is called by one thread at a time, describe by any. To fail, throw StatusError.
class EventSink {
 public:
  virtual ~EventSink() = default;
  // One JSON object: max_batch, topics.
  virtual std::string describe() = 0;
  // Returns when all events are delivered; throws when none counts as delivered. May block until cancelled.
  virtual void publish(ArrayView<const asmgr_event> events, std::string_view topic, const Cancel& cancel) = 0;
};

namespace detail {

template <typename T>
struct EventSinkEdge {
  static asmgr_status describe(asmgr_instance* self, const asmgr_sink* json, asmgr_error* error) noexcept {
    return call<T>(self, error, [&](EventSink& sink) { TextSink(json).push(sink.describe()); });
  }

  static asmgr_status publish(asmgr_instance* self, const asmgr_array* events, asmgr_str topic,
                              const asmgr_cancel* cancel, asmgr_error* error) noexcept {
    const Cancel token(instance_of<T>(self).host, cancel);
    return call<T>(self, error, [&](EventSink& sink) {
      if (events == nullptr) throw StatusError(ASMGR_E_INVALID_INPUT, "publish: the host passed no events");
      sink.publish(ArrayView<const asmgr_event>(*events), view(topic), token);
    });
  }
};

template <typename T>
inline constexpr asmgr_event_sink kEventSinkTable = {sizeof(asmgr_event_sink), 0, &EventSinkEdge<T>::describe,
                                                     &EventSinkEdge<T>::publish};

}  // namespace detail
}  // namespace asmgr::sdk
