#include "core/engine/copy_check.hpp"

#include <map>

#include "core/engine/loose_records.hpp"
#include "core/engine/row_walk.hpp"
#include "core/engine/session_transfer.hpp"
#include "core/engine/whole_log.hpp"

namespace asmgr {
namespace {

constexpr std::uint32_t kChangesPerRead = 1000;

class CopyCheck {
 public:
  CopyCheck(Store& from, Store& to, const StoreCopyOptions& options, const std::set<std::string, std::less<>>& at_work,
            StoreCopyReport& report)
      : from_(from), to_(to), options_(options), at_work_(at_work), report_(report) {}

  [[nodiscard]] Result<void> run(std::optional<std::uint64_t> since) {
    if (auto done = sessions(); !done) return done;
    if (auto done = runs(); !done) return done;
    for (const std::string_view kind : record_kind::kAll) {
      if (kind == record_kind::kHost) continue;
      if (auto done = records(kind); !done) return done;
    }
    return sort_out(since);
  }

 private:
  // Wrong, whatever happened in `from` meanwhile.
  void wrong(const std::string& session_id, std::string message) {
    report_.problems.push_back({session_id, std::move(message)});
  }
  // Wrong, unless the session went on in `from`.
  void differs(const std::string& session_id, std::string message) {
    differences_.emplace(session_id, std::move(message));  // the first one says it
  }
  [[nodiscard]] std::string of(const Session& session) const {
    return "session " + session.id + " of store '" + to_.info().name + "'";
  }
  void tell() const {
    if (!options_.progress) return;
    options_.progress({true, report_.passes, report_.compared.sessions, report_.compared});
  }

  [[nodiscard]] Result<void> sessions() {
    auto ours = all_sessions(from_);
    auto theirs = all_sessions(to_);
    return walk_side_by_side(ours, theirs, [this](const Session* session, const Session* copy) -> Result<void> {
      if (auto on = go_on_copying(options_); !on) return on;
      if (session == nullptr) {
        others_.insert(copy->id);
        if (report_.passes == 0) ++report_.other_sessions;
        return {};
      }
      if (copy == nullptr) {
        differs(session->id, "session " + session->id + " is not in store '" + to_.info().name + "'");
        return {};
      }
      auto compared = compare(*session, *copy);
      tell();
      return compared;
    });
  }

  [[nodiscard]] Result<void> compare(const Session& session, const Session& copy) {
    auto head = from_.head(session.id);
    if (!head && head.error().code() == ErrorCode::session_not_found) return {};
    if (!head) return head.error();
    auto copied = to_.head(session.id);
    if (!copied) return copied.error();
    if (!at_work_.contains(session.id)) {
      if (is_unfinished_copy(copy) && copy != session) {
        differs(session.id, of(copy) + " is not complete; copy again");
      } else if (copy != session) {
        differs(session.id, of(copy) + " has another document than the original");
      }
      if (copied->last_sequence < head->last_sequence) {
        differs(session.id, of(copy) + " has " + std::to_string(copied->last_sequence) + " events, the original " +
                                std::to_string(head->last_sequence));
      }
    }
    ++report_.compared.sessions;
    report_.compared.events += copied->last_sequence;
    return follow(copy, *head, *copied);
  }

  [[nodiscard]] Result<void> follow(const Session& copy, const Head& head, const Head& copied) {
    if (copied.last_sequence > head.last_sequence) {
      wrong(copy.id, of(copy) + " has " + std::to_string(copied.last_sequence) + " events, the original " +
                         std::to_string(head.last_sequence) + ": it was written to there");
      return {};
    }
    LogPosition expected{copied.last_sequence, head.hash};
    if (copied.last_sequence != head.last_sequence && copied.last_sequence != 0) {
      auto hash = read_hash(from_, copy.id, copied.last_sequence);
      if (!hash) return hash.error();
      if (!*hash) {
        differs(copy.id, "event " + std::to_string(copied.last_sequence) + " of session " + copy.id +
                             " is not in store '" + from_.info().name + "'");
        return {};
      }
      expected.hash = **hash;
    }
    auto log = follow_log(to_, copy, copied, copied.last_sequence == 0 ? std::nullopt : std::optional(expected));
    if (!log) return log.error();
    if (log->problem) wrong(copy.id, of(copy) + " does not verify: " + log->problem->message());
    return {};
  }

  // Nothing that only `to` has, nor what is hidden there, can be compared.
  [[nodiscard]] bool is_left_out(const std::string& session_id) const {
    return others_.contains(session_id) || at_work_.contains(session_id);
  }

  [[nodiscard]] Result<void> runs() {
    auto ours = runs_of(from_, {});
    auto theirs = runs_of(to_, {});
    return walk_side_by_side(ours, theirs, [this](const Run* run, const Run* copy) -> Result<void> {
      if (auto on = go_on_copying(options_); !on) return on;
      const std::string& session_id = run == nullptr ? copy->session_id : run->session_id;
      if (is_left_out(session_id)) return {};
      ++report_.compared.runs;
      if (run == nullptr || copy == nullptr || *run != *copy) {
        differs(session_id, "run " + (run == nullptr ? copy->id : run->id) + " of session " + session_id +
                                (run == nullptr    ? " is only in the copy"
                                 : copy == nullptr ? " is not in the copy"
                                                   : " is not the same in the copy"));
      }
      return {};
    });
  }

  [[nodiscard]] Result<void> records(std::string_view kind) {
    auto ours = records_of_kind(from_, kind, {});
    auto theirs = records_of_kind(to_, kind, {});
    return walk_side_by_side(ours, theirs, [this](const Record* record, const Record* copy) -> Result<void> {
      if (auto on = go_on_copying(options_); !on) return on;
      const Record& any = record == nullptr ? *copy : *record;
      if (any.session_id.empty() ? !is_loose(any) || record == nullptr : is_left_out(any.session_id)) return {};
      ++report_.compared.records;
      if (record == nullptr || copy == nullptr || *record != *copy) {
        const std::string whose = any.session_id.empty() ? " of no session" : " of session " + any.session_id;
        differs(any.session_id, any.kind + " record " + any.id + whose +
                                    (record == nullptr ? " is only in the copy"
                                     : copy == nullptr ? " is not in the copy"
                                                       : " is not the same in the copy"));
      }
      return {};
    });
  }

  // What went on in `from` since is no fault of the copy.
  [[nodiscard]] Result<void> sort_out(std::optional<std::uint64_t> since) {
    if (differences_.empty()) return {};
    ChangeFeed* feed = since ? from_.changes() : nullptr;
    while (feed != nullptr) {
      auto changes = feed->read(*since, kChangesPerRead);
      if (!changes && changes.error().code() == ErrorCode::cursor_expired) {
        for (const auto& [session_id, message] : differences_) note_moved(session_id);
        differences_.clear();
        break;
      }
      if (!changes) return changes.error();
      if (changes->empty()) break;
      for (const Change& change : *changes) {
        if (differences_.erase(change.session_id) != 0) note_moved(change.session_id);
      }
      since = changes->back().change;
    }
    for (auto& [session_id, message] : differences_) wrong(session_id, std::move(message));
    return {};
  }
  void note_moved(const std::string& session_id) {
    if (!session_id.empty()) report_.moved.push_back(session_id);
  }

  Store& from_;
  Store& to_;
  const StoreCopyOptions& options_;
  const std::set<std::string, std::less<>>& at_work_;
  StoreCopyReport& report_;
  std::set<std::string, std::less<>> others_;  // sessions that only `to` has
  std::map<std::string, std::string, std::less<>> differences_;
};

}  // namespace

Result<void> check_copy(Store& from, Store& to, const StoreCopyOptions& options,
                        const std::set<std::string, std::less<>>& at_work, std::optional<std::uint64_t> since,
                        StoreCopyReport& report) {
  return CopyCheck(from, to, options, at_work, report).run(since);
}

Result<void> go_on_copying(const StoreCopyOptions& options) {
  if (options.cancel == nullptr || !options.cancel->cancelled()) return {};
  return Error(ErrorCode::cancelled, "the copy was interrupted; what is copied stays, and copying again goes on there");
}

}  // namespace asmgr
