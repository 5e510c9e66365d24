// Artifacts that nobody names any more, and names of sessions that are gone.
#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "core/engine/artifact_registry.hpp"

namespace asmgr {
namespace {

constexpr std::uint32_t kOrphanPage = 1000;
constexpr std::size_t kMostProblems = 20;
constexpr std::size_t kMostKnownSessions = 100'000;

std::string key_of(const Record& record) {
  return record.id.substr(0, record.id.find('@'));
}

Error stopped() {
  return {ErrorCode::cancelled, "the search for orphaned artifacts was stopped"};
}

// Walks through the records and the keys once each, a page at a time.
class Orphans {
 public:
  using RecordTaker = std::function<Result<void>(const Record&)>;
  using BlobTaker = std::function<Result<void>(const ArtifactInfo&)>;

  Orphans(Store& store, ArtifactStore& artifacts, const OrphanSearch& search, const CancelToken& cancel)
      : store_(store), artifacts_(artifacts), search_(search), cancel_(cancel) {}

  [[nodiscard]] Result<void> each_lost_record(const RecordTaker& take) {
    return walk_records({}, [&](const Record& record) -> Result<bool> {
      auto lost = is_lost(record);
      if (!lost) return lost;
      if (!*lost) return true;
      if (auto taken = take(record); !taken) return taken.error();
      return true;
    });
  }

  [[nodiscard]] Result<void> each_blob(const BlobTaker& take) {
    auto prefix = prefix_of_search();
    if (!prefix) return prefix.error();
    if (prefix->empty()) return {};
    std::string after;
    while (true) {
      if (cancel_.cancelled()) return stopped();
      auto page = artifacts_.list(*prefix, after, kOrphanPage);
      if (!page) return page.error();
      if (page->empty()) return {};
      after = page->back().key;
      const bool last = page->size() < kOrphanPage;
      std::erase_if(*page, [this](const ArtifactInfo& info) { return is_young(info); });
      auto named = named_among(*page);
      if (!named) return named.error();
      for (const ArtifactInfo& info : *page) {
        if (named->contains(info.key)) continue;
        if (auto taken = take(info); !taken) return taken;
      }
      if (last) return {};
    }
  }

 private:
  // Empty: nothing there can be ours.
  [[nodiscard]] Result<std::string> prefix_of_search() {
    std::string prefix(kArtifactKeyBegin);
    if (search_.sharing == ArtifactsSharing::exclusive) return prefix;
    auto mark = find_artifact_mark(store_);
    if (!mark) return mark;
    if (mark->empty()) return std::string();
    return prefix.append(*mark).append("/");
  }

  [[nodiscard]] bool is_young(const ArtifactInfo& info) const {
    return info.created_at.us > search_.now.us - std::chrono::microseconds(search_.grace).count();
  }

  // A deleted session that can still be read has its artifacts.
  [[nodiscard]] Result<bool> is_lost(const Record& record) {
    if (record.session_id.empty()) return false;
    if (const auto known = gone_.find(record.session_id); known != gone_.end()) return known->second;
    auto session = store_.get_session({}, record.session_id);
    if (!session && session.error().code() != ErrorCode::session_not_found) return session.error();
    if (gone_.size() >= kMostKnownSessions) gone_.clear();
    return gone_[record.session_id] = !session;
  }

  // Records are read after the keys were, so that what is named meanwhile counts.
  [[nodiscard]] Result<std::set<std::string>> named_among(const std::vector<ArtifactInfo>& blobs) {
    std::set<std::string> named;
    if (blobs.empty()) return named;
    // A record's id is more than the key.
    auto walked = walk_records(blobs.front().key, [&](const Record& record) -> Result<bool> {
      std::string key = key_of(record);
      if (key > blobs.back().key) return false;
      auto lost = is_lost(record);
      if (!lost) return lost;
      if (!*lost) named.insert(std::move(key));
      return true;
    });
    if (!walked) return walked.error();
    return named;
  }

  // The records of artifacts behind `after_id`, in order of id, until `visit` says false.
  [[nodiscard]] Result<void> walk_records(std::string after_id,
                                          const std::function<Result<bool>(const Record&)>& visit) {
    RecordQuery query;
    query.kind = record_kind::kArtifact;
    query.after_id = std::move(after_id);
    query.limit = kOrphanPage;
    while (true) {
      if (cancel_.cancelled()) return stopped();
      auto page = store_.list_records(query);
      if (!page) return page.error();
      for (const Record& record : *page) {
        query.after_id = record.id;
        auto more = visit(record);
        if (!more) return more.error();
        if (!*more) return {};
      }
      if (page->size() < kOrphanPage) return {};
    }
  }

  Store& store_;
  ArtifactStore& artifacts_;
  const OrphanSearch& search_;
  const CancelToken& cancel_;
  std::unordered_map<std::string, bool> gone_;  // sessions looked for
};

Result<void> remove_record(Store& store, const Record& record) {
  CommitUnit unit;
  unit.records.push_back(RecordWrite{record, record.version, RecordWrite::Kind::remove, 0, 0});
  const CommitUnit* units = &unit;
  UnitResult result;
  const CommitStatus status = store.commit({&units, 1}, {&result, 1}, kWaitStoreLimit);
  if (status.outcome == CommitOutcome::filled && result.answer == CommitAnswer::ok) return {};
  const Error failed =
      status.error ? *status.error : result.error.value_or(Error(ErrorCode::storage_write_failed, "the store is busy"));
  return Error(failed).with_context("the record of artifact '" + key_of(record) + "' cannot be removed");
}

void note(CollectedArtifacts& collected, const Error& problem) {
  if (collected.problems.size() < kMostProblems) collected.problems.push_back(problem.message());
}

}  // namespace

Result<OrphanedArtifacts> orphaned_artifacts(Store& store, ArtifactStore& artifacts, const OrphanSearch& search,
                                             const CancelToken& cancel) {
  OrphanedArtifacts found;
  Orphans orphans(store, artifacts, search, cancel);
  auto looked = orphans.each_lost_record([&found](const Record& record) -> Result<void> {
    found.records.push_back({record, key_of(record)});
    return {};
  });
  if (looked) {
    looked = orphans.each_blob([&found](const ArtifactInfo& info) -> Result<void> {
      found.blobs.push_back(info);
      return {};
    });
  }
  if (!looked) return looked.error();
  return found;
}

Result<CollectedArtifacts> collect_orphaned_artifacts(Store& store, ArtifactStore& artifacts,
                                                      const OrphanSearch& search, DryRun dry_run,
                                                      const CancelToken& cancel) {
  CollectedArtifacts collected;
  Orphans orphans(store, artifacts, search, cancel);
  const bool removes = dry_run == DryRun::no;
  auto looked = orphans.each_lost_record([&](const Record& record) -> Result<void> {
    const Result<void> removed = removes ? remove_record(store, record) : Result<void>();
    if (removed) {
      ++collected.records;
    } else {
      note(collected, removed.error());
    }
    return {};
  });
  if (looked) {
    looked = orphans.each_blob([&](const ArtifactInfo& info) -> Result<void> {
      const Result<void> removed = removes ? artifacts.remove(info.key) : Result<void>();
      if (removed) {
        ++collected.blobs;
        collected.bytes += info.bytes;
      } else {
        note(collected, removed.error());
      }
      return {};
    });
  }
  if (!looked && looked.error().code() != ErrorCode::cancelled) return looked.error();
  return collected;
}

}  // namespace asmgr
