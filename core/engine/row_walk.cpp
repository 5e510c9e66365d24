#include "core/engine/row_walk.hpp"

namespace asmgr {
namespace {

constexpr std::uint32_t kSessionsPerWalkedPage = 100;
constexpr std::uint32_t kRunsPerWalkedPage = 50;
constexpr std::uint32_t kRecordsPerWalkedPage = 200;

}  // namespace

RowCursor<Session> all_sessions(Store& store) {
  return {[&store](const std::string& after_id, std::uint32_t limit) {
            SessionQuery query;
            query.after_id = after_id;
            query.limit = limit;
            query.include_deleted = true;
            return store.list_sessions(query);
          },
          kSessionsPerWalkedPage};
}

RowCursor<Run> runs_of(Store& store, const std::string& session_id) {
  return {[&store, session_id](const std::string& after_id, std::uint32_t limit) {
            RunQuery query;
            query.session_id = session_id;
            query.after_id = after_id;
            query.limit = limit;
            return store.list_runs(query);
          },
          kRunsPerWalkedPage};
}

RowCursor<Record> records_of_kind(Store& store, std::string_view kind, const std::string& session_id) {
  return {[&store, kind = std::string(kind), session_id](const std::string& after_id, std::uint32_t limit) {
            RecordQuery query;
            query.kind = kind;
            query.session_id = session_id;
            query.after_id = after_id;
            query.limit = limit;
            return store.list_records(query);
          },
          kRecordsPerWalkedPage};
}

}  // namespace asmgr
