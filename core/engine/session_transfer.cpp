#include "core/engine/session_transfer.hpp"

#include "core/engine/queue_entry.hpp"
#include "core/engine/row_walk.hpp"
#include "core/engine/whole_log.hpp"
#include "core/model/hash_chain.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

constexpr int kTransferTries = 4;
constexpr std::string_view kUnfinishedCopy = "unfinished_copy";
constexpr std::string_view kOpenCommand = "pending";
// Each unit gives the session back, so it is never seen as an owner.
constexpr std::string_view kCopyOwner = "store_copy";

// What stands for a document until the copy is complete: deleted, as far as anybody can see.
Session unfinished(const Session& session) {
  Session hidden;
  hidden.id = session.id;
  hidden.agent_id = session.agent_id;
  hidden.tenant = session.tenant;
  hidden.chain_id = session.chain_id;
  hidden.metadata[kUnfinishedCopy] = true;
  hidden.version = 1;
  hidden.created_at = session.created_at;
  hidden.updated_at = session.updated_at;
  hidden.deleted_at = session.updated_at.is_set() ? session.updated_at : session.created_at;
  return hidden;
}

Result<bool> has_record(Store& store, std::string_view kind, std::string_view status, const std::string& session_id) {
  RecordQuery query;
  query.kind = kind;
  query.status = status;
  query.session_id = session_id;
  query.limit = 1;
  auto found = store.list_records(query);
  if (!found) return found.error();
  return !found->empty();
}

bool is_open_work(const Record& record) {
  if (record.kind == record_kind::kQueue) return record.status == kQueuedStatus || record.status == kRunningStatus;
  return record.kind == record_kind::kCommand && record.status == kOpenCommand;
}

std::size_t text_of_record(const Record& record) {
  return record.kind.size() + record.id.size() + record.status.size() + record.body.size();
}

}  // namespace

bool is_unfinished_copy(const Session& session) {
  return session.deleted_at.is_set() && find_bool(session.metadata, kUnfinishedCopy).value_or(false);
}

bool is_of_one_session(const Error& error) noexcept {
  switch (error.code()) {
    case ErrorCode::sequence_conflict:
    case ErrorCode::version_conflict:
    case ErrorCode::stale_epoch:
      return true;
    default:
      return is_damage(error);
  }
}

Result<Transfer> SessionTransfer::bring(const std::string& session_id) {
  id_ = session_id;
  if (writer_.waits(id_)) {
    if (auto written = writer_.flush(); !written) return written.error();
  }
  Result<Transfer> done = Transfer::moved;
  for (int i = 0; i < kTransferTries && done && *done == Transfer::moved; ++i) done = try_once();
  unit_.reset();
  if (done) return done;
  // Removed in the middle: whatever was missing then is no fault.
  const auto head = from_.head(id_);
  if (!head && head.error().code() == ErrorCode::session_not_found) return Transfer::gone;
  return done;
}

Result<Transfer> SessionTransfer::try_once() {
  auto there = read_both();
  if (!there) return there.error();
  if (!*there) return Transfer::gone;
  if (auto checked = check_beginning(); !checked) return checked.error();
  if (auto checked = check_document(); !checked) return checked.error();
  auto at_work = is_at_work();
  if (!at_work) return at_work.error();
  begin_unit();
  if (auto staged = stage_events(); !staged) return staged.error();
  if (*at_work) return end_hidden();
  auto staged = stage_rows();
  if (!staged) return staged.error();
  if (!*staged) return Transfer::moved;
  auto moved = has_moved();
  if (!moved) return moved.error();
  if (*moved) return Transfer::moved;
  return end_complete();
}

Result<bool> SessionTransfer::read_both() {
  auto session = from_.get_session({}, id_);
  if (!session && session.error().code() == ErrorCode::session_not_found) return false;
  if (!session) return session.error();
  auto head = from_.head(id_);
  if (!head && head.error().code() == ErrorCode::session_not_found) return false;
  if (!head) return head.error();
  ours_ = {std::move(*session), std::move(*head)};
  theirs_ = {};
  auto copy = to_.get_session({}, id_);
  if (!copy && copy.error().code() == ErrorCode::session_not_found) return true;
  if (!copy) return copy.error();
  auto copied_head = to_.head(id_);
  if (!copied_head) return copied_head.error();
  theirs_ = {std::move(*copy), std::move(*copied_head)};
  return true;
}

Error SessionTransfer::no_copy(const std::string& why) const {
  return Error(ErrorCode::sequence_conflict, "session " + id_ + " of store '" + to_.info().name +
                                                 "' is no copy of the one in '" + from_.info().name + "': " + why +
                                                 "; nothing of it was touched");
}

// The log that is there must be the beginning of the one that is to be there.
Result<void> SessionTransfer::check_beginning() {
  if (!theirs_.session) return {};
  if (theirs_.session->chain_id != ours_.session.chain_id || theirs_.session->tenant != ours_.session.tenant) {
    return no_copy("it belongs to another chain or tenant");
  }
  const std::uint64_t last = theirs_.head.last_sequence;
  if (last > ours_.head.last_sequence) {
    return no_copy("it has " + std::to_string(last) + " events, the original " +
                   std::to_string(ours_.head.last_sequence) + ": it was written to there");
  }
  auto begins = begins_with(from_, id_, theirs_.head);
  if (!begins) return begins.error();
  if (*begins) return {};
  return no_copy("its event " + std::to_string(last) + " has another hash: it was written to there, or is another one");
}

Result<void> SessionTransfer::check_document() const {
  if (!theirs_.session || is_unfinished_copy(*theirs_.session) || *theirs_.session == ours_.session) return {};
  if (theirs_.session->version < ours_.session.version) return {};
  return no_copy("its document has version " + std::to_string(theirs_.session->version) + ", the original " +
                 std::to_string(ours_.session.version) + ": it was changed there");
}

// What a living host has in hand, or is about to take.
Result<bool> SessionTransfer::is_at_work() {
  began_work_ = false;
  if (!hosts_live_) return false;
  RunQuery query;
  query.session_id = id_;
  query.statuses = {RunStatus::running};
  query.limit = 1;
  auto running = from_.list_runs(query);
  if (!running) return running.error();
  if (!running->empty()) return true;
  for (const std::string_view status : {kQueuedStatus, kRunningStatus}) {
    auto queued = has_record(from_, record_kind::kQueue, status, id_);
    if (!queued || *queued) return queued;
  }
  return has_record(from_, record_kind::kCommand, kOpenCommand, id_);
}

void SessionTransfer::begin_unit() {
  unit_ = std::make_unique<CopyUnit>();
  CommitUnit& unit = unit_->unit;
  unit.session_id = id_;
  unit.owner = kCopyOwner;
  unit.epoch = theirs_.head.epoch;
  unit.expected_last_sequence = theirs_.head.last_sequence;
  unit.take = true;
  unit.release = true;
}

bool SessionTransfer::has_staged() const noexcept {
  return unit_->rows != 0;
}

void SessionTransfer::hide() {
  if (theirs_.session && is_unfinished_copy(*theirs_.session)) return;
  const std::uint64_t expected = theirs_.session ? theirs_.session->version : kVersionAbsent;
  unit_->unit.session = SessionWrite{unfinished(ours_.session), expected};
}

Result<void> SessionTransfer::hand_over() {
  if (!theirs_.head.owner.empty() && theirs_.head.owner_alive) {
    return Error(ErrorCode::stale_epoch, "session " + id_ + " of store '" + to_.info().name + "' is owned by host " +
                                             theirs_.head.owner +
                                             ", which lives: nothing was copied into it; end that host and copy again");
  }
  return writer_.add(std::move(unit_));
}

// In the middle of a session: what is staged becomes a unit of its own, behind a hidden document.
Result<void> SessionTransfer::spill() {
  hide();
  const std::uint64_t events = unit_->log.events().size();
  const Hash last = events == 0 ? theirs_.head.hash : unit_->log.events().back().hash;
  if (unit_->unit.session) theirs_.session = unit_->unit.session->session;
  if (auto added = hand_over(); !added) return added;
  if (auto written = writer_.flush(); !written) return written;
  if (auto refusal = writer_.take_refusal(id_)) return *refusal;
  theirs_.head.last_sequence += events;
  theirs_.head.hash = last;
  ++theirs_.head.epoch;
  begin_unit();
  return {};
}

Result<void> SessionTransfer::spill_when_full() {
  if (!writer_.is_full(*unit_)) return {};
  return spill();
}

Result<void> SessionTransfer::stage_events() {
  const std::uint64_t last = ours_.head.last_sequence;
  if (writer_.is_dry()) {
    unit_->brings.events = last - theirs_.head.last_sequence;
    unit_->rows = unit_->brings.events;
    return {};
  }
  ChainVerifier chain = theirs_.head.last_sequence == 0 ? ChainVerifier(ours_.session.chain_id)
                                                        : ChainVerifier(theirs_.head.last_sequence, theirs_.head.hash);
  const auto take = [this](const EventView& event) -> Result<bool> {
    if (auto appended = unit_->log.append(event); !appended) return appended.error();
    ++unit_->rows;
    ++unit_->brings.events;
    unit_->bytes += event.data.size() + event.metadata.size();
    return !writer_.is_full(*unit_);
  };
  while (chain.last_sequence() < last) {
    auto page = follow_page(from_, id_, chain, last, take);
    if (!page) return page.error();
    if (page->problem) {
      return Error(ErrorCode::sequence_conflict, "session " + id_ + " of store '" + from_.info().name +
                                                     "' is copied up to event " +
                                                     std::to_string(theirs_.head.last_sequence) +
                                                     " only, its log does not verify: " + page->problem->message());
    }
    if (auto spilt = spill_when_full(); !spilt) return spilt;
  }
  return {};
}

Result<bool> SessionTransfer::stage_rows() {
  if (auto staged = stage_runs(); !staged) return staged.error();
  for (const std::string_view kind : record_kind::kAll) {
    if (kind == record_kind::kHost) continue;
    auto ours = records_of_kind(from_, kind, id_);
    auto theirs = theirs_.session ? records_of_kind(to_, kind, id_) : no_rows<Record>();
    auto staged = walk_side_by_side(
        ours, theirs, [this](const Record* record, const Record* copy) { return stage_record(record, copy); });
    if (!staged) return staged.error();
  }
  return !began_work_;
}

Result<void> SessionTransfer::stage_runs() {
  auto ours = runs_of(from_, id_);
  auto theirs = theirs_.session ? runs_of(to_, id_) : no_rows<Run>();
  return walk_side_by_side(ours, theirs, [this](const Run* run, const Run* copy) -> Result<void> {
    if (run == nullptr) return no_copy("it has run " + copy->id + ", which the original has not");
    if (copy != nullptr && *run == *copy) return {};
    if (copy != nullptr && copy->version >= run->version) {
      return no_copy("its run " + run->id + " has version " + std::to_string(copy->version) + ", the original " +
                     std::to_string(run->version) + ": it was changed there");
    }
    began_work_ = began_work_ || (hosts_live_ && run->status == RunStatus::running);
    unit_->unit.runs.push_back({*run, copy == nullptr ? kVersionAbsent : copy->version});
    unit_->bytes += run_doc(*run).size();
    ++unit_->rows;
    ++unit_->brings.runs;
    return spill_when_full();
  });
}

Result<void> SessionTransfer::stage_record(const Record* ours, const Record* theirs) {
  if (ours != nullptr && theirs != nullptr && *ours == *theirs) return {};
  RecordWrite write;
  write.record = ours == nullptr ? *theirs : *ours;
  write.expected_version = theirs == nullptr ? kVersionAbsent : theirs->version;
  if (ours == nullptr) write.kind = RecordWrite::Kind::remove;
  began_work_ = began_work_ || (ours != nullptr && hosts_live_ && is_open_work(*ours));
  unit_->bytes += text_of_record(write.record);
  unit_->unit.records.push_back(std::move(write));
  ++unit_->rows;
  ++unit_->brings.records;
  return spill_when_full();
}

// A run's end and its event are one write; so must they be here.
Result<bool> SessionTransfer::has_moved() {
  if (writer_.is_dry()) return false;
  auto head = from_.head(id_);
  if (!head) return head.error();
  auto session = from_.get_session({}, id_);
  if (!session) return session.error();
  return head->last_sequence != ours_.head.last_sequence || session->version != ours_.session.version;
}

Result<Transfer> SessionTransfer::end_hidden() {
  if (!has_staged() && theirs_.session) return Transfer::at_work;
  hide();
  unit_->brings.sessions = 1;
  if (auto added = hand_over(); !added) return added.error();
  return Transfer::at_work;
}

Result<Transfer> SessionTransfer::end_complete() {
  const bool same_document = theirs_.session && *theirs_.session == ours_.session;
  if (!has_staged() && same_document) return Transfer::nothing_new;
  if (!same_document) {
    const std::uint64_t expected = theirs_.session ? theirs_.session->version : kVersionAbsent;
    unit_->unit.session = SessionWrite{ours_.session, expected};
  }
  unit_->brings.sessions = 1;
  if (auto added = hand_over(); !added) return added.error();
  return Transfer::brought;
}

}  // namespace asmgr
