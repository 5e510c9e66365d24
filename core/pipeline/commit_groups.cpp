#include "core/pipeline/commit_groups.hpp"

#include <algorithm>
#include <unordered_set>

namespace asmgr {
namespace {

// How long a leader waits for a busy write lock before the commit thread does the waiting.
constexpr std::uint64_t kLeaderWaitUs = 1000;

}  // namespace

CommitGroups::CommitGroups(Store& store, std::function<void(std::function<void()>)> schedule, Observer* observer)
    : store_(store), schedule_(std::move(schedule)), observer_(observer) {}

CommitGroups::~CommitGroups() {
  finish();
}

void CommitGroups::finish() {
  {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return !leading_ && pending_.empty(); });
    stopping_ = true;
  }
  work_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void CommitGroups::submit(CommitRequest& request) {
  CommitRequest* const one = &request;
  submit(std::span<CommitRequest* const>(&one, 1));
}

void CommitGroups::submit(std::span<CommitRequest* const> requests) {
  if (requests.empty()) return;
  {
    std::unique_lock lock(mutex_);
    if (stopping_) {
      lock.unlock();
      const Error ended(ErrorCode::cancelled, "this host is shutting down");
      for (CommitRequest* request : requests) request->committed({CommitOutcome::failed, ended});
      return;
    }
    pending_.insert(pending_.end(), requests.begin(), requests.end());
    if (leading_) return;
    leading_ = true;
    if (!store_.info().fast_commit) {
      thread_leads_ = true;
      if (!thread_.joinable()) thread_ = std::thread([this] { commit_thread(); });
      work_.notify_one();
      return;
    }
  }
  lead();
}

// Two units of one call never name the same session, so a second one of a session waits for the next group.
CommitGroups::Group CommitGroups::next_group() {
  Group group;
  std::unordered_set<std::string_view> sessions;
  std::deque<CommitRequest*> later;
  while (!pending_.empty() && group.size() < kMaxUnits) {
    CommitRequest* request = pending_.front();
    pending_.pop_front();
    const std::string& session = request->unit.session_id;
    if (!session.empty() && (!pending_.empty() || !group.empty()) && !sessions.insert(session).second) {
      later.push_back(request);
    } else {
      group.push_back(request);
    }
  }
  pending_.insert(pending_.begin(), later.begin(), later.end());
  std::stable_sort(group.begin(), group.end(),
                   [](const auto* a, const auto* b) { return a->unit.session_id < b->unit.session_id; });
  return group;
}

bool CommitGroups::commit(Group& group, std::uint64_t wait_us) {
  std::vector<const CommitUnit*> units;
  units.reserve(group.size());
  for (const CommitRequest* request : group) units.push_back(&request->unit);
  std::vector<UnitResult> results(group.size());
  const std::int64_t began = system_clock().monotonic_ns();
  running_since_.store(began, std::memory_order_relaxed);
  const CommitStatus status = store_.commit(units, results, wait_us);
  running_since_.store(0, std::memory_order_relaxed);
  if (status.outcome == CommitOutcome::busy && wait_us != kWaitStoreLimit) return false;
  calls_.fetch_add(1, std::memory_order_relaxed);
  units_.fetch_add(group.size(), std::memory_order_relaxed);
  if (observer_ != nullptr) observe(group, results, status.outcome, began);
  for (std::size_t i = 0; i < group.size(); ++i) {
    group[i]->result = std::move(results[i]);
    group[i]->committed(status);
  }
  return true;
}

void CommitGroups::observe(const Group& group, std::span<const UnitResult> results, CommitOutcome outcome,
                           std::int64_t began) const {
  CommittedGroup seen;
  seen.store = store_.info().name;
  seen.outcome = outcome;
  seen.took = std::chrono::nanoseconds(system_clock().monotonic_ns() - began);
  seen.units = static_cast<std::uint32_t>(group.size());
  for (std::size_t i = 0; i < group.size() && outcome == CommitOutcome::filled; ++i) {
    ++seen.answers[static_cast<std::size_t>(results[i].answer)];
    if (results[i].answer != CommitAnswer::ok) continue;
    const CommitUnit& unit = group[i]->unit;
    seen.rows += static_cast<std::uint32_t>((unit.session ? 1 : 0) + unit.runs.size() + unit.records.size());
    for (const EventView& event : unit.events) {
      const auto type = static_cast<std::size_t>(event.type);
      ++seen.events[type < kEventTypeSlots ? type : 0];
    }
  }
  observer_->group_committed(seen);
}

// One group per turn: a leader that came with one unit of its own does not spend its time on everybody else's.
void CommitGroups::lead() {
  Group group;
  {
    std::lock_guard lock(mutex_);
    group = next_group();
  }
  if (!group.empty() && !commit(group, kLeaderWaitUs)) {
    std::lock_guard lock(mutex_);
    handed_over_ = std::move(group);
    thread_leads_ = true;
    if (!thread_.joinable()) thread_ = std::thread([this] { commit_thread(); });
    work_.notify_one();
    return;
  }
  std::lock_guard lock(mutex_);
  if (pending_.empty()) {
    leading_ = false;
    idle_.notify_all();
    return;
  }
  schedule_([this] { lead(); });
}

void CommitGroups::commit_thread() {
  std::unique_lock lock(mutex_);
  while (true) {
    work_.wait(lock, [this] { return thread_leads_ || stopping_; });
    if (!thread_leads_) return;
    Group group = handed_over_.empty() ? next_group() : std::move(handed_over_);
    handed_over_.clear();
    if (group.empty()) {
      thread_leads_ = false;
      leading_ = false;
      idle_.notify_all();
      continue;
    }
    lock.unlock();
    commit(group, kWaitStoreLimit);
    lock.lock();
  }
}

}  // namespace asmgr
