// A run that waits for its turn, as a record: any process may write it, the owner of the session takes it.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/record.hpp"
#include "core/model/run.hpp"
#include "core/ports/store.hpp"

namespace asmgr {

inline constexpr std::string_view kQueuedStatus = "queued";
inline constexpr std::string_view kRunningStatus = "running";

// The entry's id is the run's, so a run waits once; `plan` says how it is to be carried out.
[[nodiscard]] Record make_queue_entry(const std::string& session_id, const std::string& tenant,
                                      const std::string& run_id, boost::json::object plan, Timestamp now);

struct QueuedEntry {
  Record entry;
  Run run;
};
// What waits in a session, in the order in which it came. Entries whose run cannot be read any more are left out.
// Reads the store. Errors: the store's.
[[nodiscard]] Result<std::vector<QueuedEntry>> read_queue(Store& store, const std::string& session_id);

}  // namespace asmgr
