#include "core/engine/whole_log.hpp"

namespace asmgr {
namespace {

constexpr std::uint32_t kEventsPerPage = 500;

class Following {
 public:
  Following(Store& store, const Session& session, const Head& head, const std::optional<LogPosition>& expect)
      : store_(store), session_id_(session.id), head_(head), expect_(expect), verifier_(session.chain_id) {
    found_.session_id = session.id;
    found_.chain_id = session.chain_id;
  }

  [[nodiscard]] Result<VerifiedLog> run() {
    if (auto read = events(); !read) return read.error();
    if (!found_.problem) check_end();
    if (!found_.problem) {
      if (auto read = look_beyond(); !read) return read.error();
    }
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
    while (last() < head_.last_sequence) {
      const auto visited = read_page(store_, session_id_, last(), head_.last_sequence, [this](const EventView& event) {
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
    if (last() < head_.last_sequence) {
      return wrong(last() + 1, ErrorCode::sequence_conflict,
                   "event " + std::to_string(last() + 1) + " is missing: the log ends at event " +
                       std::to_string(last()) + " and the store's head says that it ends at " +
                       std::to_string(head_.last_sequence));
    }
    if (head_.last_sequence != 0 && verifier_.last_hash() != head_.hash) {
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
    query.session_id = session_id_;
    query.after = last();
    query.limit = 1;
    std::uint64_t beyond = 0;
    auto visited = store_.visit_events(query, [&beyond](const EventView& event) {
      beyond = event.sequence_number;
      return false;
    });
    if (!visited) return visited;
    if (beyond == 0) return {};
    auto head = store_.head(session_id_);
    if (!head) return head.error();
    if (head->last_sequence < beyond) {
      wrong(last() + 1, ErrorCode::sequence_conflict,
            "event " + std::to_string(beyond) + " stands beyond the end of the log, which the store's head says is " +
                std::to_string(head->last_sequence));
    }
    return {};
  }

  Store& store_;
  const std::string& session_id_;
  const Head& head_;
  const std::optional<LogPosition>& expect_;
  ChainVerifier verifier_;
  VerifiedLog found_;
};

}  // namespace

Result<std::size_t> read_page(Store& store, const std::string& session_id, std::uint64_t after, std::uint64_t through,
                              const EventVisitor& visit) {
  std::size_t visited = 0;
  if (after >= through) return visited;
  EventQuery query;
  query.session_id = session_id;
  query.after = after;
  query.before = through + 1;
  query.limit = kEventsPerPage;
  auto read = store.visit_events(query, [&](const EventView& event) {
    ++visited;
    return visit(event);
  });
  if (!read) return read.error();
  return visited;
}

Result<std::optional<Hash>> read_hash(Store& store, const std::string& session_id, std::uint64_t number) {
  std::optional<Hash> found;
  auto read = read_page(store, session_id, number - 1, number, [&found](const EventView& event) {
    found = event.hash;
    return false;
  });
  if (!read) return read.error();
  return found;
}

Result<FollowedPage> follow_page(Store& store, const std::string& session_id, ChainVerifier& chain,
                                 std::uint64_t through, const EventTaker& take) {
  FollowedPage page;
  auto visited = read_page(store, session_id, chain.last_sequence(), through, [&](const EventView& event) {
    const auto chained = chain.next(event);
    const Result<bool> taken = chained ? take(event) : Result<bool>(chained.error());
    if (!taken) page.problem = taken.error();
    page.events += taken ? 1U : 0U;
    return taken && *taken;
  });
  if (!visited) return visited.error();
  if (*visited == 0) {
    page.problem = Error(ErrorCode::sequence_conflict,
                         "event " + std::to_string(chain.last_sequence() + 1) + " is missing from its log");
  }
  return page;
}

Result<bool> begins_with(Store& store, const std::string& session_id, const Head& end) {
  if (end.last_sequence == 0) return true;
  const auto hash = read_hash(store, session_id, end.last_sequence);
  if (!hash) return hash.error();
  return *hash && **hash == end.hash;
}

Result<VerifiedLog> follow_log(Store& store, const Session& session, const Head& head,
                               const std::optional<LogPosition>& expect) {
  return Following(store, session, head, expect).run();
}

bool is_damage(const Error& error) noexcept {
  return error.code() == ErrorCode::storage_read_failed || error.code() == ErrorCode::plugin_misbehaved;
}

}  // namespace asmgr
