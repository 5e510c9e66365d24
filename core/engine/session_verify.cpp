// verify_session: whether a session's log is what was written, from its first event on.
#include "core/engine/verify_log.hpp"
#include "core/engine/waiting.hpp"
#include "core/model/hash_chain.hpp"

namespace asmgr {
namespace {

// The store answers and says that what it has cannot be what was written.
bool is_damage(const Error& error) {
  return error.code() == ErrorCode::storage_read_failed || error.code() == ErrorCode::plugin_misbehaved;
}

class Verifying {
 public:
  Verifying(const StoredLog& log, const std::optional<LogPosition>& expect)
      : log_(log), expect_(expect), verifier_(log.session.chain_id) {}

  [[nodiscard]] Result<VerifiedLog> run() {
    if (auto read = events(); !read) return read.error();
    if (!found_.problem) check_end();
    if (!found_.problem) {
      if (auto read = look_beyond(); !read) return read.error();
    }
    if (!found_.problem) {
      if (auto read = run_rows(); !read) return read.error();
    }
    found_.session_id = log_.session.id;
    found_.chain_id = log_.session.chain_id;
    found_.verified = {verifier_.last_sequence(), verifier_.last_hash()};
    found_.pruned = verifier_.pruned();
    return std::move(found_);
  }

 private:
  [[nodiscard]] std::uint64_t last() const noexcept { return verifier_.last_sequence(); }

  void wrong(std::uint64_t at, Error problem) {
    found_.problem_at = at;
    found_.problem = std::move(problem);
  }
  void wrong(std::uint64_t at, ErrorCode code, std::string message) { wrong(at, Error(code, std::move(message))); }

  [[nodiscard]] Result<void> events() {
    while (last() < log_.head.last_sequence) {
      const auto visited = read_page(log_, last(), log_.head.last_sequence, [this](const EventView& event) {
        check(event);
        return !found_.problem;
      });
      if (!visited && !is_damage(visited.error())) return visited.error();
      if (!visited) {
        wrong(last() + 1,
              Error(visited.error()).with_context("event " + std::to_string(last() + 1) + " cannot be read"));
      }
      if (found_.problem || *visited == 0) return {};
    }
    return {};
  }

  void check(const EventView& event) {
    const std::uint64_t due = last() + 1;
    if (auto next = verifier_.next(event); !next) return wrong(due, next.error());
    if (!expect_ || expect_->sequence != due || expect_->hash == verifier_.last_hash()) return;
    wrong(due, ErrorCode::sequence_conflict,
          "event " + std::to_string(due) + " has the hash " + to_hex(verifier_.last_hash()) +
              ", another one than was expected: the log was written anew");
  }

  void check_end() {
    const Head& head = log_.head;
    if (last() < head.last_sequence) {
      return wrong(last() + 1, ErrorCode::sequence_conflict,
                   "event " + std::to_string(last() + 1) + " is missing: the log ends at event " +
                       std::to_string(last()) + " and the store's head says that it ends at " +
                       std::to_string(head.last_sequence));
    }
    if (head.last_sequence != 0 && verifier_.last_hash() != head.hash) {
      return wrong(
          last(), ErrorCode::sequence_conflict,
          "event " + std::to_string(last()) + " has another hash than the store's head: one of them was changed");
    }
    if (expect_ && expect_->sequence > last()) {
      wrong(last() + 1, ErrorCode::sequence_conflict,
            "event " + std::to_string(last() + 1) + " is missing: event " + std::to_string(expect_->sequence) +
                " was expected and the log ends at " + std::to_string(last()) + ": it was cut");
    }
  }

  // Events above the head, unless the head has moved there meanwhile.
  [[nodiscard]] Result<void> look_beyond() {
    EventQuery query;
    query.session_id = log_.session.id;
    query.after = last();
    query.limit = 1;
    std::uint64_t beyond = 0;
    auto visited = log_.host->store().visit_events(query, [&beyond](const EventView& event) {
      beyond = event.sequence_number;
      return false;
    });
    if (!visited) return visited;
    if (beyond == 0) return {};
    auto head = log_.host->store().head(log_.session.id);
    if (!head) return head.error();
    if (head->last_sequence < beyond) {
      wrong(last() + 1, ErrorCode::sequence_conflict,
            "event " + std::to_string(beyond) + " stands beyond the end of the log, which the store's head says is " +
                std::to_string(head->last_sequence));
    }
    return {};
  }

  // Their checksums are looked at when they are read.
  [[nodiscard]] Result<void> run_rows() {
    RunQuery query;
    query.session_id = log_.session.id;
    query.limit = 200;
    while (true) {
      const auto page = log_.host->store().list_runs(query);
      if (!page && !is_damage(page.error())) return page.error();
      if (!page) return wrong(0, page.error()), Result<void>();
      if (page->size() < query.limit) return {};
      query.after_id = page->back().id;
    }
  }

  const StoredLog& log_;
  const std::optional<LogPosition>& expect_;
  ChainVerifier verifier_;
  VerifiedLog found_;
};

}  // namespace

Result<VerifiedLog> verify_log(StoreHost& host, const Session& session) {
  auto head = host.store().head(session.id);
  if (!head) return head.error();
  const StoredLog log{&host, session, std::move(*head)};
  return Verifying(log, std::nullopt).run();
}

Result<VerifiedLog> SessionManager::verify_session(const VerifySessionOptions& options) {
  if (EngineThread::here()) return blocking_here();
  auto log = find_recovered_log(*engine_, options.session_id, options.tenant);
  if (!log) return log.error();
  return Verifying(*log, options.expect).run();
}

}  // namespace asmgr
