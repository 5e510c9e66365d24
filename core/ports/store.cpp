#include "core/ports/store.hpp"

namespace asmgr {

Result<std::vector<Event>> Store::get_events(const EventQuery& query) {
  std::vector<Event> events;
  const auto visited = visit_events(query, [&events](const EventView& event) {
    events.push_back(to_event(event));
    return true;
  });
  if (!visited) return visited.error();
  return events;
}

}  // namespace asmgr
