// A unit with events that are too large for the log: it leaves when what they say is kept elsewhere.
#include <algorithm>

#include "core/engine/artifact_registry.hpp"
#include "core/engine/engine_thread.hpp"
#include "core/engine/unit_in_flight.hpp"

namespace asmgr {

struct UnitWriter::SpillWork {
  struct Item {
    std::size_t index = 0;  // into the unit's events
    std::shared_ptr<Spill> spill;
    LargeEvent event;
    SpilledEvent result = {};
  };
  std::shared_ptr<Unit> unit;
  std::vector<Item> items;
};

// The unit stays in flight meanwhile, so nothing overtakes it; its rows are copied already.
void UnitWriter::spill() {
  auto work = std::make_shared<SpillWork>();
  work->unit = in_flight_;
  const std::vector<EventView>& events = in_flight_->content.events;
  const auto& large = in_flight_->content.large;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto found =
        std::find_if(large.begin(), large.end(), [&](const auto& one) { return one.first == events[i].data.data(); });
    if (found == large.end()) continue;
    work->items.push_back(
        {i, found->second,
         LargeEvent{std::make_shared<const std::string>(events[i].data), std::string(events[i].type_name),
                    std::string(events[i].id), session_id_, std::string(events[i].run_id), engine_.clock.now()}});
  }
  engine_.helpers.run([this, session = events_.hold(), work] {
    const EngineThread::Scope scope;
    for (SpillWork::Item& item : work->items) {
      item.result = spill_event(*item.spill, item.event,
                                {[this] { return host_.artifact_mark(); }, engine_.helpers, engine_.stopping});
    }
    events_.post([this, session, work] {
      if (in_flight_ == work->unit) spilled(*work);
    });
  });
}

void UnitWriter::spilled(const SpillWork& work) {
  Unit& unit = *in_flight_;
  std::vector<EventView>& events = unit.content.events;
  for (const SpillWork::Item& item : work.items) {
    events[item.index].data = item.result.data;
    if (item.result.artifact) unit.unit.records.push_back(register_artifact(*item.result.artifact, item.spill->tenant));
    if (item.result.problem.empty() || item.spill->warning) continue;
    item.spill->warning = item.result.problem;
    engine_.log({.level = ASMGR_LOG_WARN,
                 .message = "run " + item.event.run_id + ": " + item.result.problem,
                 .session_id = session_id_});
  }
  // Into one block of the size they have now: the large texts must not stay with whoever has not read the events yet.
  EventBatch kept = EventBatch::copy_of(events);
  for (std::size_t i = 0; i < events.size(); ++i) {
    const EventView& copy = kept.events()[i];
    events[i].id = copy.id;
    events[i].type_name = copy.type_name;
    events[i].provider = copy.provider;
    events[i].correlation_id = copy.correlation_id;
    events[i].data = copy.data;
    events[i].metadata = copy.metadata;
  }
  unit.content.batches.clear();
  unit.content.batches.push_back(std::move(kept));
  unit.content.large.clear();
  send();
}

}  // namespace asmgr
