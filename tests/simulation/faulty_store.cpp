#include "tests/simulation/faulty_store.hpp"

#include <chrono>
#include <thread>

namespace asmgr::simulation {
namespace {

CommitStatus answer_of_the_dead(std::span<UnitResult> results) {
  for (UnitResult& result : results) {
    result = UnitResult{};
    result.answer = CommitAnswer::stale_epoch;
    result.error = Error(ErrorCode::stale_epoch, "this host is dead");
  }
  return {};
}

Error no_connection() {
  return Error(ErrorCode::storage_connection_failed, "the store does not answer");
}

}  // namespace

FaultyStore::FaultyStore(std::shared_ptr<Store> store, StoreFaults faults, std::uint64_t seed, Story& story,
                         std::string name)
    : store_(std::move(store)),
      story_(story),
      name_(std::move(name)),
      info_(store_->info()),
      faults_(faults),
      random_(seed) {}

void FaultyStore::cut_off() {
  std::unique_lock lock(alive_mutex_);
  if (cut_off_.exchange(true)) return;
  story_.tell(name_, "is cut off");
  const std::lock_guard host_lock(host_mutex_);
  if (!host_id_.empty()) (void)store_->remove_host(host_id_);
}

void FaultyStore::forget_host() {
  const std::lock_guard lock(host_mutex_);
  story_.tell(name_, "loses its row");
  if (!host_id_.empty()) (void)store_->remove_host(host_id_);
}

bool FaultyStore::chance(unsigned of_thousand) {
  if (of_thousand == 0 || behaves_) return false;
  const std::lock_guard lock(random_mutex_);
  return random_() % 1000 < of_thousand;
}

FaultyStore::Fault FaultyStore::draw() {
  if (chance(faults_.fails)) return Fault::fails;
  if (chance(faults_.busy)) return Fault::busy;
  if (chance(faults_.written_and_lost)) return Fault::written_and_lost;
  if (chance(faults_.unwritten_and_lost)) return Fault::unwritten_and_lost;
  return Fault::none;
}

void FaultyStore::be_slow() {
  if (!chance(faults_.slow)) return;
  std::uint64_t us = 0;
  {
    const std::lock_guard lock(random_mutex_);
    us = random_() % (faults_.longest_us + 1);
  }
  std::this_thread::sleep_for(std::chrono::microseconds(us));  // the slowness itself
}

CommitStatus FaultyStore::commit(std::span<const CommitUnit* const> units, std::span<UnitResult> results,
                                 std::uint64_t wait_us) {
  be_slow();
  const std::uint64_t number = commits_.fetch_add(1) + 1;
  const bool crashes = crash_ && crash_->commit == number;
  if (crashes && !crash_->written) cut_off();
  CommitStatus status;
  {
    const std::shared_lock lock(alive_mutex_);
    if (cut_off_) return answer_of_the_dead(results);
    const Fault fault = crashes ? Fault::none : draw();
    if (fault == Fault::fails) return {CommitOutcome::failed, no_connection()};
    if (fault == Fault::busy) return {CommitOutcome::busy, std::nullopt};
    const Error unknown(ErrorCode::storage_ambiguous, "the connection broke during the commit");
    if (fault == Fault::unwritten_and_lost) return {CommitOutcome::ambiguous, unknown};
    status = store_->commit(units, results, wait_us);
    story_.tell(name_, describe(units, results) + (fault == Fault::written_and_lost ? " (not told)" : ""));
    if (fault == Fault::written_and_lost) return {CommitOutcome::ambiguous, unknown};
  }
  if (!crashes) return status;
  cut_off();
  return answer_of_the_dead(results);
}

std::optional<Error> FaultyStore::read_fault() {
  return cut_off_ || chance(faults_.read_fails) ? std::optional(no_connection()) : std::nullopt;
}

Result<Timestamp> FaultyStore::renew_host(std::string_view id, std::chrono::milliseconds ttl) {
  const std::shared_lock alive(alive_mutex_);
  if (cut_off_) return Timestamp{1};  // so that it goes on to write, and is refused
  if (auto failed = read_fault()) return *failed;
  const std::lock_guard lock(host_mutex_);
  if (host_id_.empty()) story_.tell(name_, "registers as " + std::string(id));
  host_id_ = id;
  return store_->renew_host(id, ttl);
}

Result<void> FaultyStore::remove_host(std::string_view id) {
  const std::shared_lock alive(alive_mutex_);
  if (cut_off_) return {};
  return store_->remove_host(id);
}

Result<void> FaultyStore::delete_session(std::string_view tenant, std::string_view id, std::uint64_t epoch) {
  const std::shared_lock alive(alive_mutex_);
  if (cut_off_) return no_connection();
  return store_->delete_session(tenant, id, epoch);
}

Result<Head> FaultyStore::head(std::string_view id) {
  if (cut_off_) return Head{};  // nobody owns it: who waits in the dead host for an owner's answer is let go
  if (auto failed = read_fault()) return *failed;
  return store_->head(id);
}
Result<std::vector<HostRow>> FaultyStore::hosts() {
  if (auto failed = read_fault()) return *failed;
  return store_->hosts();
}
Result<Session> FaultyStore::get_session(std::string_view tenant, std::string_view id) {
  if (auto failed = read_fault()) return *failed;
  return store_->get_session(tenant, id);
}
Result<std::vector<Session>> FaultyStore::list_sessions(const SessionQuery& query) {
  if (auto failed = read_fault()) return *failed;
  return store_->list_sessions(query);
}
Result<Run> FaultyStore::get_run(std::string_view tenant, std::string_view id) {
  if (auto failed = read_fault()) return *failed;
  return store_->get_run(tenant, id);
}
Result<std::vector<Run>> FaultyStore::list_runs(const RunQuery& query) {
  if (auto failed = read_fault()) return *failed;
  return store_->list_runs(query);
}
Result<void> FaultyStore::visit_events(const EventQuery& query, const EventVisitor& visitor) {
  if (auto failed = read_fault()) return *failed;
  return store_->visit_events(query, visitor);
}
Result<Record> FaultyStore::get_record(std::string_view tenant, std::string_view kind, std::string_view id) {
  if (auto failed = read_fault()) return *failed;
  return store_->get_record(tenant, kind, id);
}
Result<std::vector<Record>> FaultyStore::list_records(const RecordQuery& query) {
  if (auto failed = read_fault()) return *failed;
  return store_->list_records(query);
}
ChangeFeed* FaultyStore::changes() noexcept {
  return changes_hidden_ ? nullptr : store_->changes();
}

}  // namespace asmgr::simulation
