// Sessions in another store, as they are in the first: same ids, same numbers, same hashes. Written page by page, so a
// log of any length fits; a copy that was interrupted is continued where it ends.
//
// No SessionTransfer: that hides what is not complete, as long as a run goes on too, and takes queues and commands along.
#include "core/engine/copied_log.hpp"
#include "core/engine/engine.hpp"
#include "core/engine/session_archive.hpp"
#include "core/engine/waited_write.hpp"
#include "core/engine/waiting.hpp"
#include "core/engine/whole_log.hpp"

namespace asmgr {
namespace {

constexpr std::uint32_t kArchivedRunsPerUnit = 100;
constexpr std::size_t kArchivedBytesPerUnit = std::size_t{1} << 20;

class StoreArchive final : public SessionArchive {
 public:
  explicit StoreArchive(StoreHost& store) : to_(store) {}

  Result<Kept> keep(const StoredLog& log) override {
    auto registered = block<void>(
        [this](std::function<void(Result<void>)> done) { to_.register_host(Inline::yes, std::move(done)); });
    if (!registered) return registered.error();
    if (auto there = read_head(log.session.id); !there) return there.error();
    if (auto checked = check_beginning(log); !checked) return checked.error();
    if (at_.last_sequence == log.head.last_sequence) return Kept::before;
    if (auto copied = copy_events(log); !copied) return copied.error();
    if (auto copied = copy_runs(log); !copied) return copied.error();
    return Kept::now;
  }

 private:
  // At 0 when the session is not there.
  Result<void> read_head(const std::string& session_id) {
    auto head = to_.store().head(session_id);
    if (!head && head.error().code() != ErrorCode::session_not_found) return head.error();
    at_ = head ? std::move(*head) : Head{};
    return {};
  }

  // What is there must be the beginning of this log.
  Result<void> check_beginning(const StoredLog& log) {
    auto begins = begins_with(log.host->store(), log.session.id, at_);
    if (!begins) return begins.error();
    if (*begins && at_.last_sequence <= log.head.last_sequence) return {};
    return Error(ErrorCode::already_exists, "store '" + to_.name() + "' has another session " + log.session.id +
                                                ": its log is not the beginning of this one; archive to another place");
  }

  Result<void> copy_events(const StoredLog& log) {
    ChainVerifier chain =
        at_.last_sequence == 0 ? ChainVerifier(log.session.chain_id) : ChainVerifier(at_.last_sequence, at_.hash);
    while (chain.last_sequence() < log.head.last_sequence) {
      CopiedLog events;
      std::size_t bytes = 0;
      auto page = follow_page(log.host->store(), log.session.id, chain, log.head.last_sequence,
                              [&](const EventView& event) -> Result<bool> {
                                if (auto appended = events.append(event); !appended) return appended.error();
                                bytes += event.data.size() + event.metadata.size();
                                return bytes < kArchivedBytesPerUnit;
                              });
      if (!page) return page.error();
      if (page->problem) {
        return does_not_verify(*page->problem, "session " + log.session.id + " cannot be archived");
      }
      CommitUnit unit = unit_of(log);
      unit.session = SessionWrite{log.session, at_.last_sequence == 0 ? kVersionAbsent : kVersionAny};
      unit.events = events.events();
      if (auto written = write(std::move(unit), chain.last_sequence()); !written) return written;
    }
    return {};
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
    auto written = write_and_wait(to_, std::move(unit));
    if (!written) {
      return std::move(written).error().with_context("store '" + to_.name() + "' did not take the archive");
    }
    at_.epoch = written->epoch;
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
