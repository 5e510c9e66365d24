#include "core/engine/log_reader.hpp"

#include <algorithm>

namespace asmgr {

LogReader::LogReader(StoreHost& host, std::string session_id, Filter filter, std::uint64_t after, std::uint32_t page,
                     std::function<void()> on_ready)
    : host_(host),
      session_id_(std::move(session_id)),
      filter_(std::move(filter)),
      cursor_(after),
      page_(page),
      topic_(host.topics().get(session_id_)),
      subscription_(std::make_shared<Subscription>(std::move(on_ready))) {
  topic_->subscribe(subscription_);
  host_.watch_changes();
}

LogReader::~LogReader() {
  topic_->unsubscribe(subscription_.get());
}

bool LogReader::matches(const EventView& event) const {
  if (!filter_.run_id.empty() && event.run_id != filter_.run_id) return false;
  if (filter_.since && event.timestamp < *filter_.since) return false;
  return filter_.types.empty() ||
         std::find(filter_.types.begin(), filter_.types.end(), event.type_name) != filter_.types.end();
}

bool LogReader::is_filtered() const {
  return !filter_.run_id.empty() || !filter_.types.empty() || filter_.since;
}

Result<void> LogReader::poll(const std::function<void(const EventView&)>& visit, std::size_t at_most) {
  Subscription::Inbox inbox = subscription_->take();
  units_.insert(units_.end(), inbox.units.begin(), inbox.units.end());
  read_store_ = read_store_ || inbox.read_store;
  std::size_t room = at_most;
  while (!units_.empty()) {
    const PublishedPtr unit = units_.front();
    const std::uint64_t first = unit->events.front().sequence_number;
    if (first > cursor_ + 1) {
      auto filled = read(first, visit, room);
      if (!filled) return filled.error();
      if (!*filled) return {};
    }
    for (const EventView& event : unit->events) {
      if (event.sequence_number <= cursor_) continue;
      if (room == 0) return {};
      cursor_ = event.sequence_number;
      if (!matches(event)) continue;
      visit(event);
      --room;
    }
    units_.erase(units_.begin());
  }
  if (!read_store_) return {};
  auto caught_up = read(0, visit, room);
  if (!caught_up) return caught_up.error();
  read_store_ = !*caught_up;
  return {};
}

Result<bool> LogReader::read(std::uint64_t before, const std::function<void(const EventView&)>& visit,
                             std::size_t& room) {
  while (room != 0) {
    std::uint64_t end = before == 0 ? 0 : before - 1;
    if (is_filtered() && before == 0) {  // what the filter hides must not be read again and again
      auto head = host_.store().head(session_id_);
      if (!head) return head.error();
      end = head->last_sequence;
    }
    EventQuery query;
    query.session_id = session_id_;
    query.run_id = filter_.run_id;
    query.types = filter_.types;
    query.since = filter_.since;
    query.after = cursor_;
    query.before = end == 0 ? 0 : end + 1;
    query.limit = static_cast<std::uint32_t>(std::min<std::size_t>(page_, room));
    std::uint32_t found = 0;
    auto visited = host_.store().visit_events(query, [&](const EventView& event) {
      ++found;
      cursor_ = event.sequence_number;
      visit(event);
      return true;
    });
    room -= found;
    if (!visited) return visited.error();
    if (found == query.limit) continue;
    cursor_ = std::max(cursor_, end);
    return true;
  }
  return false;
}

}  // namespace asmgr
