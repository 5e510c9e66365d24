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
  return filter_.types.empty() ||
         std::find(filter_.types.begin(), filter_.types.end(), event.type_name) != filter_.types.end();
}

Result<void> LogReader::poll(const std::function<void(const EventView&)>& visit) {
  Subscription::Inbox inbox = subscription_->take();
  units_.insert(units_.end(), inbox.units.begin(), inbox.units.end());
  read_store_ = read_store_ || inbox.read_store;
  while (!units_.empty()) {
    const PublishedPtr unit = units_.front();
    const std::uint64_t first = unit->events.front().sequence_number;
    if (first > cursor_ + 1) {
      if (auto filled = read(first, visit); !filled) return filled;
    }
    for (const EventView& event : unit->events) {
      if (event.sequence_number <= cursor_) continue;
      cursor_ = event.sequence_number;
      if (matches(event)) visit(event);
    }
    units_.erase(units_.begin());
  }
  if (!read_store_) return {};
  read_store_ = false;
  auto caught_up = read(0, visit);
  if (!caught_up) read_store_ = true;
  return caught_up;
}

// Everything after the cursor, and before `before` when that is not 0.
Result<void> LogReader::read(std::uint64_t before, const std::function<void(const EventView&)>& visit) {
  const bool filtered = !filter_.run_id.empty() || !filter_.types.empty();
  while (true) {
    std::uint64_t end = before == 0 ? 0 : before - 1;
    if (filtered && before == 0) {  // what the filter hides must not be read again and again
      auto head = host_.store().head(session_id_);
      if (!head) return head.error();
      end = head->last_sequence;
    }
    EventQuery query;
    query.session_id = session_id_;
    query.run_id = filter_.run_id;
    query.types = filter_.types;
    query.after = cursor_;
    query.before = end == 0 ? 0 : end + 1;
    query.limit = page_;
    std::uint32_t found = 0;
    auto visited = host_.store().visit_events(query, [&](const EventView& event) {
      ++found;
      cursor_ = event.sequence_number;
      visit(event);
      return true;
    });
    if (!visited) return visited;
    if (found == page_) continue;
    cursor_ = std::max(cursor_, end);
    return {};
  }
}

}  // namespace asmgr
