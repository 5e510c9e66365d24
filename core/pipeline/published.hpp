// What a commit made visible: the events of one unit with everything their views point into.
#pragma once

#include <memory>
#include <vector>

#include "core/pipeline/event_batch.hpp"

namespace asmgr {

// Immutable once published; shared by all subscribers.
struct PublishedUnit {
  std::vector<EventView> events;  // in order of sequence numbers, without a gap
  std::vector<EventBatch> batches;
  std::vector<std::shared_ptr<const void>> names;  // ids that the views share
};

}  // namespace asmgr
