#include "core/engine/queue_entry.hpp"

#include <algorithm>

#include "core/model/json.hpp"

namespace asmgr {

Record make_queue_entry(const std::string& session_id, const std::string& tenant, const std::string& run_id,
                        boost::json::object plan, Timestamp now) {
  plan["run_id"] = run_id;
  Record entry;
  entry.kind = record_kind::kQueue;
  entry.id = run_id;
  entry.session_id = session_id;
  entry.tenant = tenant;
  entry.version = 1;
  entry.status = kQueuedStatus;
  entry.value = now.us;
  entry.body = to_text(plan);
  return entry;
}

Result<std::vector<QueuedEntry>> read_queue(Store& store, const std::string& session_id) {
  RecordQuery query;
  query.kind = record_kind::kQueue;
  query.status = kQueuedStatus;
  query.session_id = session_id;
  auto entries = store.list_records(query);
  if (!entries) return entries.error();
  std::vector<QueuedEntry> queue;
  for (Record& entry : *entries) {
    auto run = store.get_run({}, entry.id);
    if (!run && run.error().code() != ErrorCode::run_not_found) return run.error();
    if (run) queue.push_back({std::move(entry), std::move(*run)});
  }
  std::sort(queue.begin(), queue.end(), [](const QueuedEntry& a, const QueuedEntry& b) {
    return std::pair(a.entry.value, a.entry.id) < std::pair(b.entry.value, b.entry.id);
  });
  return queue;
}

}  // namespace asmgr
