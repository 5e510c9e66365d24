// Sessions in another store, as they are in the first: same ids, same numbers, same hashes. Written page by page, so a
// log of any length fits; a copy that was interrupted is continued where it ends.
#include "core/engine/engine.hpp"
#include "core/engine/session_archive.hpp"
#include "core/engine/waiting.hpp"
#include "core/engine/whole_log.hpp"
#include "core/model/hash_chain.hpp"

namespace asmgr {
namespace {

constexpr std::uint32_t kArchivedRunsPerUnit = 100;
constexpr std::size_t kArchivedBytesPerUnit = std::size_t{1} << 20;

// Follows a log's chain from anywhere in it.
class Links {
 public:
  Links(const StoredLog& log, std::uint64_t last, const Hash& hash) : log_(log), last_(last), hash_(hash) {
    if (last == 0) hash_ = hasher_.first(log.session.chain_id);
  }
  [[nodiscard]] std::uint64_t last() const noexcept { return last_; }

  [[nodiscard]] Result<void> next(const Event& event) {
    const EventView view = view_of(event);
    const bool follows = view.sequence_number == last_ + 1 && hasher_.link(hash_, view) == event.hash;
    if (!follows || (!view.pruned && hasher_.body(view.data, view.metadata) != event.body_hash)) return broken();
    ++last_;
    hash_ = event.hash;
    return {};
  }
  [[nodiscard]] Error broken() const {
    return does_not_verify(Error(ErrorCode::sequence_conflict,
                                 "event " + std::to_string(last_ + 1) + " is missing from its log or was changed"),
                           "session " + log_.session.id + " cannot be archived");
  }

 private:
  const StoredLog& log_;
  EventHasher hasher_;
  std::uint64_t last_;
  Hash hash_;
};

class StoreArchive final : public SessionArchive {
 public:
  explicit StoreArchive(StoreHost& store) : to_(store) {}

  Result<Kept> keep(const StoredLog& log) override {
    auto registered = block<void>(
        [this](std::function<void(Result<void>)> done) { to_.register_host(Inline::yes, std::move(done)); });
    if (!registered) return registered.error();
    auto there = head_there(log.session.id);
    if (!there) return there.error();
    auto begin = continues_at(log, *there);
    if (!begin) return begin.error();
    if (begin->at == log.head.last_sequence) return Kept::before;
    at_ = *there;
    if (auto copied = copy_events(log, *begin); !copied) return copied.error();
    if (auto copied = copy_runs(log); !copied) return copied.error();
    return Kept::now;
  }

 private:
  struct Begin {
    std::uint64_t at = 0;  // the last event that is there already
    Hash hash{};           // of it
  };

  // A head at 0 when the session is not there.
  Result<Head> head_there(const std::string& session_id) {
    auto head = to_.store().head(session_id);
    if (head || head.error().code() != ErrorCode::session_not_found) return head;
    return Head{};
  }

  // What is there must be the beginning of this log.
  Result<Begin> continues_at(const StoredLog& log, const Head& there) {
    if (there.last_sequence == 0) return Begin{};
    const auto other = [&] {
      return Error(ErrorCode::already_exists,
                   "store '" + to_.name() + "' has another session " + log.session.id +
                       ": its log is not the beginning of this one; archive to another place");
    };
    if (there.last_sequence > log.head.last_sequence) return other();
    Hash hash = log.head.hash;
    if (there.last_sequence < log.head.last_sequence) {
      auto ours = read_hash(log.host->store(), log.session.id, there.last_sequence);
      if (!ours) return ours.error();
      if (!*ours) return other();
      hash = **ours;
    }
    if (hash != there.hash) return other();
    return Begin{there.last_sequence, hash};
  }

  Result<void> copy_events(const StoredLog& log, const Begin& begin) {
    Links links(log, begin.at, begin.hash);
    while (links.last() < log.head.last_sequence) {
      std::vector<Event> events;
      std::size_t bytes = 0;
      auto read = read_page(log.host->store(), log.session.id, links.last(), log.head.last_sequence,
                            [&](const EventView& event) {
                              events.push_back(to_event(event));
                              bytes += event.data.size() + event.metadata.size();
                              return bytes < kArchivedBytesPerUnit;
                            });
      if (!read) return read.error();
      if (events.empty()) return links.broken();
      for (const Event& event : events) {
        if (auto linked = links.next(event); !linked) return linked;
      }
      if (auto written = write_events(log, events); !written) return written;
    }
    return {};
  }

  Result<void> write_events(const StoredLog& log, const std::vector<Event>& events) {
    std::vector<EventView> views;
    views.reserve(events.size());
    for (const Event& event : events) views.push_back(view_of(event));
    CommitUnit unit = unit_of(log);
    const bool is_new = at_.last_sequence == 0;
    unit.session = SessionWrite{log.session, is_new ? kVersionAbsent : kVersionAny};
    unit.events = views;
    return write(std::move(unit), events.back().sequence_number);
  }

  // All of them, the present rows: those that were running are shown as they were at this moment.
  Result<void> copy_runs(const StoredLog& log) {
    RunQuery query;
    query.session_id = log.session.id;
    query.limit = kArchivedRunsPerUnit;
    while (true) {
      auto page = log.host->store().list_runs(query);
      if (!page) return page.error();
      CommitUnit unit = unit_of(log);
      for (Run& run : *page) {
        query.after_id = run.id;
        if (is_terminal(run.status)) unit.runs.push_back({std::move(run), kVersionAny});
      }
      const bool last = page->size() < query.limit;
      if (!unit.runs.empty()) {
        if (auto written = write(std::move(unit), at_.last_sequence); !written) return written;
      }
      if (last) return {};
    }
  }

  // Taken and given back by every unit, so that nothing is held when this ends anywhere.
  CommitUnit unit_of(const StoredLog& log) {
    CommitUnit unit;
    unit.session_id = log.session.id;
    unit.owner = to_.host_id();
    unit.epoch = at_.epoch;
    unit.expected_last_sequence = at_.last_sequence;
    unit.take = true;
    unit.release = true;
    return unit;
  }

  Result<void> write(CommitUnit unit, std::uint64_t last) {
    auto written = block<std::uint64_t>([&](std::function<void(Result<std::uint64_t>)> done) {
      to_.write(std::move(unit), [this, done = std::move(done)](const CommitStatus& status, UnitResult& result) {
        if (status.outcome == CommitOutcome::filled && result.answer == CommitAnswer::ok) return done(result.epoch);
        const Error why = status.error.value_or(
            result.error.value_or(Error(ErrorCode::storage_write_failed, "the store was busy; try again")));
        done(Error(why).with_context("store '" + to_.name() + "' did not take the archive"));
      });
    });
    if (!written) return written.error();
    at_.epoch = *written;
    at_.last_sequence = last;
    return {};
  }

  StoreHost& to_;
  Head at_;
};

}  // namespace

std::unique_ptr<SessionArchive> archive_in_store(StoreHost& store) {
  return std::make_unique<StoreArchive>(store);
}

Result<std::unique_ptr<SessionArchive>> open_archive(SessionManager::Engine& engine, const StoreHost& of,
                                                     const ArchivePlace& place) {
  if (!place.folder.empty()) return open_archive_folder(place.folder);
  if (place.store.empty()) return std::unique_ptr<SessionArchive>();
  auto store = engine.store_named(place.store);
  if (!store) return std::move(store).error().with_context("retention: archive");
  if (*store == &of) {
    return Error(ErrorCode::validation_error,
                 "retention: archive names the store itself, '" + place.store + "'; name another one, or a folder");
  }
  return archive_in_store(**store);
}

}  // namespace asmgr
