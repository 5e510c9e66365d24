#include "core/engine/store_copy.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "core/engine/copy_check.hpp"
#include "core/engine/loose_records.hpp"
#include "core/engine/row_walk.hpp"
#include "core/engine/session_transfer.hpp"

namespace asmgr {
namespace {

// A store that is written to all the time is copied so often, and then it is said that it was not enough.
constexpr std::uint64_t kMaxPasses = 20;
constexpr std::uint32_t kChangesPerPage = 1000;
constexpr std::size_t kNamedOthers = 100;
// Stores that have so little in common were not meant.
constexpr std::size_t kMaxProblems = 10'000;

class CopyPasses {
 public:
  CopyPasses(Store& from, Store& to, const StoreCopyOptions& options)
      : from_(from), to_(to), options_(options), writer_(to, options) {}

  [[nodiscard]] Result<StoreCopyReport> run() {
    if (auto hosts = to_.hosts(); hosts) report_.hosts_at_target = any_lives(*hosts);
    if (auto begun = note_change(); !begun) return begun.error();
    if (options_.mode != StoreCopyOptions::Mode::verify) {
      if (auto copied = passes(); !copied) return copied.error();
    }
    for (auto& [session_id, message] : problems_) report_.problems.push_back({session_id, std::move(message)});
    report_.at_work.assign(at_work_.begin(), at_work_.end());
    report_.other_sessions = others_.size();
    for (const std::string& id : others_) {
      if (report_.others.size() < kNamedOthers) report_.others.push_back(id);
    }
    if (options_.mode == StoreCopyOptions::Mode::copy || options_.mode == StoreCopyOptions::Mode::verify) {
      if (auto checked = check_copy(from_, to_, options_, at_work_, seen_, report_); !checked) return checked.error();
    }
    report_.up_to = seen_.value_or(0);
    return std::move(report_);
  }

 private:
  static bool any_lives(const std::vector<HostRow>& hosts) {
    return std::any_of(hosts.begin(), hosts.end(), [](const HostRow& host) { return host.alive; });
  }

  [[nodiscard]] Result<void> note_change() {
    ChangeFeed* feed = from_.changes();
    if (feed == nullptr) return {};
    auto latest = feed->latest();
    if (!latest) return latest.error();
    seen_ = *latest;
    return {};
  }

  [[nodiscard]] Result<void> passes() {
    for (bool again = true; again;) {
      auto hosts = from_.hosts();
      if (!hosts) return hosts.error();
      transfer_.emplace(from_, to_, writer_, any_lives(*hosts));
      brought_ = false;
      looked_at_ = 0;
      ++report_.passes;
      auto passed = report_.passes == 1 || !seen_ ? everything() : changed_since();
      if (passed) passed = write_all();
      report_.copied = writer_.written();
      if (!passed) return passed;
      again = brought_ && options_.mode != StoreCopyOptions::Mode::dry_run;
      report_.settled = !again || report_.passes < kMaxPasses;
      again = again && report_.settled;
    }
    return {};
  }

  [[nodiscard]] Result<void> everything() {
    handled_.clear();
    others_.clear();
    auto ours = all_sessions(from_);
    auto theirs = all_sessions(to_);
    auto walked = walk_side_by_side(ours, theirs, [this](const Session* session, const Session* copy) -> Result<void> {
      if (session == nullptr) return other(copy->id);
      auto same = copy != nullptr ? look_the_same(*session, *copy) : Result<bool>(false);
      if (!same) return same.error();
      return *same ? step() : bring(session->id);
    });
    if (walked) walked = write_all();
    if (walked && options_.mode != StoreCopyOptions::Mode::dry_run) walked = differing_runs();
    return walked ? differing_records() : walked;
  }

  // Nobody counts rows in a dry run otherwise, so there it looks closer.
  [[nodiscard]] Result<bool> look_the_same(const Session& session, const Session& copy) {
    if (options_.mode == StoreCopyOptions::Mode::dry_run || session != copy) return false;
    auto head = from_.head(session.id);
    auto copied = to_.head(session.id);
    return head && copied && head->last_sequence == copied->last_sequence && head->hash == copied->hash;
  }

  // Rows can differ although neither document nor log does: a run that was only made, a decision, an entry of a queue.
  [[nodiscard]] Result<void> differing_runs() {
    auto ours = runs_of(from_, {});
    auto theirs = runs_of(to_, {});
    return walk_side_by_side(ours, theirs, [this](const Run* run, const Run* copy) -> Result<void> {
      if (run != nullptr && copy != nullptr && *run == *copy) return go_on_copying(options_);
      return bring_once(run == nullptr ? copy->session_id : run->session_id);
    });
  }

  [[nodiscard]] Result<void> differing_records() {
    LooseRecords loose(to_, writer_, others_.empty(), options_.remove_others);
    for (const std::string_view kind : record_kind::kAll) {
      auto ours = records_of_kind(from_, kind, {});
      auto theirs = records_of_kind(to_, kind, {});
      auto walked = walk_side_by_side(ours, theirs, [&](const Record* record, const Record* copy) -> Result<void> {
        const Record& any = record == nullptr ? *copy : *record;
        if (is_loose(any)) return loose.add(record, copy);
        const bool same = record != nullptr && copy != nullptr && *record == *copy;
        const bool skip = any.session_id.empty() || options_.mode == StoreCopyOptions::Mode::dry_run;
        return same || skip ? go_on_copying(options_) : bring_once(any.session_id);
      });
      if (!walked) return walked;
    }
    if (auto finished = loose.finish(); !finished) return finished;
    problems_.erase("");
    for (CopyProblem& problem : loose.take_problems()) add_problem(problem.session_id, std::move(problem.message));
    brought_ = brought_ || loose.has_added();
    return write_all();
  }

  // Everything that a change between the one seen and the present one may have touched.
  [[nodiscard]] Result<void> changed_since() {
    ChangeFeed& feed = *from_.changes();
    auto latest = feed.latest();
    if (!latest) return latest.error();
    bool loose_changed = false;
    while (*seen_ < *latest) {
      auto changes = feed.read(*seen_, kChangesPerPage);
      if (!changes && changes.error().code() == ErrorCode::cursor_expired) {
        seen_ = *latest;
        return everything();
      }
      if (!changes) return changes.error();
      if (changes->empty()) break;
      handled_.clear();
      for (const Change& change : *changes) {
        loose_changed = loose_changed || change.session_id.empty();
        if (auto brought = bring_once(change.session_id); !brought) return brought;
      }
      seen_ = changes->back().change;
    }
    return loose_changed ? differing_records() : Result<void>();
  }

  [[nodiscard]] Result<void> bring_once(const std::string& session_id) {
    const bool skip = session_id.empty() || others_.contains(session_id) || !handled_.insert(session_id).second;
    return skip ? go_on_copying(options_) : bring(session_id);
  }

  [[nodiscard]] Result<void> bring(const std::string& session_id) {
    auto done = transfer_->bring(session_id);
    if (!done && !is_of_one_session(done.error())) {
      return Error(done.error()).with_context("session " + session_id + " cannot be copied");
    }
    if (!done) {
      add_problem(session_id, done.error().message());
      return step();
    }
    problems_.erase(session_id);
    if (*done == Transfer::gone) {
      if (auto noted = other(session_id); !noted) return noted;
      return step();
    }
    if (*done == Transfer::at_work) {
      at_work_.insert(session_id);
    } else {
      at_work_.erase(session_id);
    }
    brought_ = brought_ || *done == Transfer::brought || *done == Transfer::moved;
    return step();
  }

  // A session that only `to` has.
  [[nodiscard]] Result<void> other(const std::string& session_id) {
    auto head = to_.head(session_id);
    if (!head && head.error().code() == ErrorCode::session_not_found) return {};
    if (!head) return head.error();
    at_work_.erase(session_id);
    if (!options_.remove_others) {
      others_.insert(session_id);
      return {};
    }
    // Made since that page was read: nothing is removed that `from` has.
    if (from_.head(session_id)) return {};
    if (!head->owner.empty() && head->owner_alive) {
      add_problem(session_id, "session " + session_id + " of store '" + to_.info().name + "' is owned by host " +
                                  head->owner + ", which lives: it was not removed");
      return {};
    }
    ++report_.removed;
    if (writer_.is_dry()) return {};
    return to_.delete_session({}, session_id, head->epoch);
  }

  [[nodiscard]] Result<void> write_all() {
    auto written = writer_.flush();
    for (CopyProblem& problem : writer_.take_refusals()) add_problem(problem.session_id, std::move(problem.message));
    return written;
  }

  void add_problem(const std::string& session_id, std::string message) { problems_[session_id] = std::move(message); }

  // After each session.
  [[nodiscard]] Result<void> step() {
    ++looked_at_;
    if (options_.progress) options_.progress({false, report_.passes, looked_at_, writer_.written()});
    if (problems_.size() > kMaxProblems) {
      return Error(ErrorCode::context_mismatch, "more than " + std::to_string(kMaxProblems) + " sessions of store '" +
                                                    to_.info().name + "' are no copies of those of '" +
                                                    from_.info().name + "', the last: " + problems_.rbegin()->second +
                                                    "; these two stores do not belong together");
    }
    return go_on_copying(options_);
  }

  Store& from_;
  Store& to_;
  const StoreCopyOptions& options_;
  CopyWriter writer_;
  std::optional<SessionTransfer> transfer_;
  StoreCopyReport report_;
  std::optional<std::uint64_t> seen_;  // the change of `from` up to which everything has been looked at
  std::map<std::string, std::string> problems_;
  std::set<std::string, std::less<>> at_work_;
  std::set<std::string, std::less<>> others_;   // sessions that only `to` has
  std::set<std::string, std::less<>> handled_;  // since a moment ago
  bool brought_ = false;
  std::uint64_t looked_at_ = 0;
};

}  // namespace

Result<StoreCopyReport> copy_store(Store& from, Store& to, const StoreCopyOptions& options) {
  return CopyPasses(from, to, options).run();
}

}  // namespace asmgr
