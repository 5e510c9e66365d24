// Keeps one store as small as a policy wants it: old sessions are hidden, hidden ones removed, logs lose deltas that
// nobody needs any more, long logs lose texts, then the whole store does, then its space is given back. One call of
// prune_store; on the caller's thread.
//
// Whatever fails stops only what it was about, and is told in the report. Two hosts that do this to one store at once
// choose the same things, and what the other one did already is no error.
#pragma once

#include <compare>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>

#include "core/engine/log_pruner.hpp"
#include "core/engine/session_archive.hpp"
#include "core/engine/upkeep_options.hpp"

namespace asmgr {

// SessionManager::prune_store.
[[nodiscard]] Result<PruneReport> prune_store(SessionManager::Engine& engine, const PruneStoreOptions& options);

class StoreUpkeep {
 public:
  // All outlive it. `archive` may be null.
  StoreUpkeep(SessionManager::Engine& engine, StoreHost& host, StoreMaintenance& maintenance,
              const RetentionPolicy& policy, const PruneStoreOptions& options, SessionArchive* archive);
  [[nodiscard]] PruneReport run();

 private:
  static constexpr std::uint64_t kAllOfIt = std::numeric_limits<std::uint64_t>::max();
  using Visit = std::function<Result<void>(const Session&)>;
  [[nodiscard]] bool ended() const noexcept;
  [[nodiscard]] bool dry() const noexcept { return options_.mode == PruneMode::dry_run; }
  void failed(const Error& error);
  void step(const char* name, const std::function<Result<void>()>& work);

  // Every session of the store, deleted ones too; an error of `visit` is collected and the next one comes.
  [[nodiscard]] Result<void> each_session(const std::string& agent_id, const Visit& visit);

  // Steps.
  [[nodiscard]] Result<void> go_by_age();
  [[nodiscard]] Result<void> remove_old_audits();
  [[nodiscard]] Result<void> drop_superseded_deltas();
  [[nodiscard]] Result<void> shorten_long_logs();
  [[nodiscard]] Result<void> shrink_to_total();
  [[nodiscard]] Result<void> clean_artifacts();
  [[nodiscard]] Result<void> compact();

  [[nodiscard]] Result<void> soft_delete(const Session& session);
  [[nodiscard]] Result<void> hard_delete(const Session& session);
  [[nodiscard]] Result<bool> audit_is_over(const Session& audit);
  // A dry run has said so.
  [[nodiscard]] bool would_be_removed(const std::string& session_id) const;

  // Neither pinned nor an audit stream.
  [[nodiscard]] bool may_lose_texts(const Session& session) const;

  // Of the texts that a log has, the number that go; they go by rank.
  using HowMany = std::function<std::uint64_t(const PruneCount&)>;
  // Returns how many went, and counts them in the report. Of a dry run: those that no step before would have taken.
  [[nodiscard]] Result<std::uint64_t> shorten(const std::string& session_id, const HowMany& how_many);
  [[nodiscard]] std::uint64_t plan(const std::string& session_id, const PruneCount& count, std::uint64_t number);
  void count_pruned(const PruneCount& count, std::uint64_t before, std::uint64_t now);
  [[nodiscard]] Result<void> keep_copy(const StoredLog& log);
  // Before it is done, and durable: afterwards nobody else knows of it.
  [[nodiscard]] Result<void> put_on_record(const AuditAct& act);
  void take_back(const AuditAct& act, const Error& error);

  struct Candidate {
    Timestamp changed;
    std::string id;
    std::uint64_t texts = 0;
    auto operator<=>(const Candidate&) const = default;
  };
  // The longest unchanged sessions after `after` that have texts to lose, oldest first.
  [[nodiscard]] Result<std::vector<Candidate>> oldest_after(const Candidate& after);

  SessionManager::Engine& engine_;
  StoreHost& host_;
  StoreMaintenance& maintenance_;
  const RetentionPolicy& policy_;
  const PruneStoreOptions& options_;
  SessionArchive* archive_;
  const CancelToken never_;
  const CancelToken& cancel_;
  PruneReport report_;
  // Of a dry run: how many texts the steps before would have taken, by session; all of one that is removed.
  std::map<std::string, std::uint64_t, std::less<>> taken_;
  std::uint64_t texts_of_removed_ = 0;
};

}  // namespace asmgr
