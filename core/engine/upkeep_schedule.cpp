#include "core/engine/upkeep_schedule.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

#include "core/engine/store_upkeep.hpp"
#include "core/engine/waited_write.hpp"

namespace asmgr {
namespace {

constexpr std::chrono::milliseconds kShortestLook{100};
constexpr std::chrono::milliseconds kLongestLook{30'000};
constexpr std::string_view kScheduleId = "schedule";
constexpr int kLowPriority = 10;

std::string count_of(std::uint64_t count, const char* what) {
  return std::to_string(count) + " " + what;
}

std::string summary_of(const PruneReport& report) {
  return "retention: " + count_of(report.sessions_soft_deleted, "sessions hidden, ") +
         count_of(report.sessions_hard_deleted, "removed, ") + count_of(report.events_pruned, "events pruned (") +
         count_of(report.deltas_pruned, "superseded deltas), ") + count_of(report.archived, "archived, ") +
         count_of(report.bytes_freed, "bytes freed");
}

}  // namespace

UpkeepSchedule::UpkeepSchedule(SessionManager::Engine& engine) : engine_(engine), thread_([this] { keep_looking(); }) {}

UpkeepSchedule::~UpkeepSchedule() {
  stop_.cancel();
  thread_.join();
}

void UpkeepSchedule::say(int level, const std::string& store, const std::string& message) {
  engine_.context().log({.level = level, .message = "store '" + store + "': " + message, .plugin = store});
}

void UpkeepSchedule::keep_looking() {
  // Of this thread alone: Linux has priorities per thread. Where it is refused, all goes on as it is.
  (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kLowPriority);
  while (!stop_.cancelled()) {
    const std::shared_ptr<const Wiring> wiring = engine_.wiring();
    std::chrono::milliseconds pause = kLongestLook;
    for (const auto& [store, retention] : wiring->retention) {
      if (retention.every.count() == 0) continue;
      pause = std::min(pause, retention.every / 10);
      if (!engine_.draining() && !stop_.cancelled()) see_to(store, retention.every);
    }
    stop_.wait_for(std::clamp(pause, kShortestLook, kLongestLook));
  }
}

void UpkeepSchedule::see_to(const std::string& store, std::chrono::milliseconds every) {
  const auto trouble = [&](const Error& error) {
    if (std::exchange(last_problem_[store], error.message()) == error.message()) return;
    say(ASMGR_LOG_WARN, store, "retention could not be seen to: " + error.message() + "; trying again");
  };
  auto host = engine_.store_named(store);
  if (!host) return;  // it has just been taken out of the configuration
  auto mine = claim(**host, every);
  if (!mine) return trouble(mine.error());
  if (!*mine) return;
  PruneStoreOptions options;
  options.store = store;
  options.caller.actor = "retention of " + engine_.context().host_id;
  options.cancel = &stop_;
  auto report = prune_store(engine_, options);
  if (!report) return trouble(report.error());
  last_problem_.erase(store);
  say(ASMGR_LOG_INFO, store, summary_of(*report));
  for (const std::string& error : report->errors) say(ASMGR_LOG_WARN, store, "retention: " + error);
}

// The record says when somebody last began; who moves it on is the one who begins now.
Result<bool> UpkeepSchedule::claim(StoreHost& host, std::chrono::milliseconds every) {
  const Timestamp now = engine_.clock().now();
  const std::int64_t every_us = std::chrono::microseconds(every).count();
  auto record = host.store().get_record({}, record_kind::kRetention, kScheduleId);
  if (!record && record.error().code() != ErrorCode::not_found) return record.error();
  if (record && record->value + every_us > now.us) return false;
  Record begun;
  begun.kind = record_kind::kRetention;
  begun.id = kScheduleId;
  begun.status = "begun";
  begun.value = now.us;
  begun.due_at = {now.us + every_us};
  begun.body = "{\"host\":\"" + host.host_id() + "\"}";
  return replace_record(host, std::move(begun), record ? record->version : kVersionAbsent);
}

}  // namespace asmgr
