// What the engine needs to know from an event's data: whether its shape is as expected, and a few members.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/event.hpp"

namespace asmgr {

// Advisory: the event is stored whatever this says, with the sentences under metadata._validation_warnings. Empty =
// fine.
[[nodiscard]] std::vector<std::string> shape_warnings(EventType type, const boost::json::object& data);
// The types whose data is worth parsing on the way; a delta is only looked at when it is not the plain {"content": or
// {"delta": text it nearly always is.
[[nodiscard]] bool needs_parsing(const EventView& event) noexcept;
// `metadata` with the warnings added.
[[nodiscard]] std::string with_warnings(std::string_view metadata, const std::vector<std::string>& warnings);

// Events of these types are the engine's to make; a provider that emits one is not believed.
[[nodiscard]] bool is_reserved_for_engine(EventType type) noexcept;

}  // namespace asmgr
