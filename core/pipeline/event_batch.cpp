#include "core/pipeline/event_batch.hpp"

#include <cstring>
#include <new>
#include <type_traits>

namespace asmgr {
namespace {

constexpr std::size_t kIdLength = 36;
static_assert(std::is_trivially_destructible_v<EventView>, "views are dropped with the block, without destructors");

std::size_t bytes_of(const EventView& event) {
  return (event.id.empty() ? kIdLength : event.id.size()) + event.type_name.size() + event.provider.size() +
         event.correlation_id.size() + event.data.size() + event.metadata.size();
}

class Writer {
 public:
  explicit Writer(char* at) : at_(at) {}
  std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    std::memcpy(at_, text.data(), text.size());
    return take(text.size());
  }
  std::string_view room(std::size_t size) { return take(size); }

 private:
  std::string_view take(std::size_t size) {
    std::string_view view(at_, size);
    at_ += size;
    return view;
  }
  char* at_;
};

}  // namespace

EventBatch EventBatch::copy_of(std::span<const EventView> events) {
  std::size_t bytes = events.size() * sizeof(EventView);
  for (const EventView& event : events) bytes += bytes_of(event);
  EventBatch batch;
  batch.block_ = std::make_unique_for_overwrite<std::byte[]>(bytes);
  batch.events_ = reinterpret_cast<EventView*>(batch.block_.get());
  batch.count_ = events.size();
  Writer writer(reinterpret_cast<char*>(batch.block_.get() + events.size() * sizeof(EventView)));
  for (std::size_t i = 0; i < events.size(); ++i) {
    const EventView& from = events[i];
    EventView* to = new (batch.events_ + i) EventView(from);
    to->caller_id = !from.id.empty();
    to->id = from.id.empty() ? writer.room(kIdLength) : writer.copy(from.id);
    to->type_name = to->type == EventType::unknown ? writer.copy(from.type_name) : type_name(to->type);
    to->provider = writer.copy(from.provider);
    to->correlation_id = writer.copy(from.correlation_id);
    to->data = from.data.empty() ? std::string_view("{}") : writer.copy(from.data);
    to->metadata = from.metadata.empty() ? std::string_view("{}") : writer.copy(from.metadata);
    to->session_id = {};
    to->run_id = {};
  }
  return batch;
}

EventBatch EventBatch::single(EventType type, Timestamp time, std::string_view data, std::string_view metadata) {
  EventView event;
  event.type = type;
  event.type_name = asmgr::type_name(type);
  event.timestamp = time;
  event.data = data;
  event.metadata = metadata;
  return copy_of({&event, 1});
}

char* EventBatch::id_room(std::size_t index) noexcept {
  EventView& event = events_[index];
  return event.caller_id ? nullptr : const_cast<char*>(event.id.data());
}

std::string_view EventBatch::keep(std::string text) {
  extra_ = std::make_unique<Extra>(Extra{std::move(text), std::move(extra_)});
  return extra_->text;
}

}  // namespace asmgr
