// A queue entry or a command that has come to its end.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "core/model/record.hpp"
#include "core/ports/store.hpp"

namespace asmgr {

// For so long an ended one can be looked at; then the next unit of its session's owner deletes it.
inline constexpr std::chrono::hours kClosedRecordsStay{24};

// The write that ends `open`. What waited in its body is replaced by `body`.
[[nodiscard]] inline RecordWrite close_record(const Record& open, std::string_view status, std::string body,
                                              std::uint64_t expected_version, Timestamp now) {
  Record closed = open;
  closed.status = status;
  closed.version = open.version + 1;
  closed.body = std::move(body);
  closed.due_at = Timestamp{now.us + std::chrono::microseconds(kClosedRecordsStay).count()};
  return {std::move(closed), expected_version, RecordWrite::Kind::put, 0, 0};
}

// Only for kinds whose records are closed: queue entries and commands.
[[nodiscard]] inline bool is_worn_out(const Record& record, Timestamp now) {
  const bool open = record.status == "pending" || record.status == "queued" || record.status == "running";
  return !open && record.due_at.is_set() && record.due_at < now;
}

}  // namespace asmgr
