#include "core/plugin/plugin_event_sink.hpp"

#include <algorithm>

#include "core/model/json.hpp"
#include "core/plugin/abi_convert.hpp"
#include "core/plugin/abi_text.hpp"

namespace asmgr {

Result<std::unique_ptr<EventSink>> PluginEventSink::make(Instance instance) {
  const auto* table = instance.find_table<asmgr_event_sink>(ASMGR_IFACE_SINK);
  if (table == nullptr) return instance.lacks("the interface " ASMGR_IFACE_SINK);
  MissingFunctions missing;
  missing.note(ASMGR_HAS(table, describe), "describe");
  missing.note(ASMGR_HAS(table, publish), "publish");
  if (!missing.names().empty()) return instance.lacks(missing.names() + " in " ASMGR_IFACE_SINK);
  const auto description = read_description(instance, "describe", table->describe);
  if (!description) return bad_description(instance, description.error());
  const auto json = parse_json_object(*description, "sink description");
  if (!json) return bad_description(instance, json.error());
  std::unique_ptr<PluginEventSink> sink(new PluginEventSink(std::move(instance), *table));
  sink->info_.name = sink->instance_.name();
  sink->info_.max_batch = static_cast<std::uint32_t>(
      std::clamp(find_int(*json, "max_batch").value_or(256), std::int64_t{1}, std::int64_t{65'536}));
  sink->info_.topics = find_bool(*json, "topics").value_or(false);
  return std::unique_ptr<EventSink>(std::move(sink));
}

Result<void> PluginEventSink::publish(std::span<const EventView> events, std::string_view topic,
                                      const CancelToken& cancel) {
  events_.clear();
  events_.reserve(events.size());
  for (const EventView& event : events) to_abi(event, events_.emplace_back());
  const asmgr_array array{events_.data(), static_cast<std::uint32_t>(events_.size()), sizeof(asmgr_event)};
  asmgr_error error;
  const asmgr_status status =
      call(error, table_.publish, instance_.get(), &array, text_of(topic), cancel_handle(&cancel), &error);
  if (status != ASMGR_OK) return error_from_call(instance_.site("publish"), status, error);
  return {};
}

}  // namespace asmgr
