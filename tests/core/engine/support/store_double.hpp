// A store in front of a real one, whose commits a test can delay, fail or count.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>

#include "core/ports/store.hpp"

namespace asmgr::testing {

class StoreDouble final : public Store {
 public:
  explicit StoreDouble(std::shared_ptr<Store> store) : store_(std::move(store)), info_(store_->info()) {}

  // Called before each commit; a status instead of nothing is answered without asking the real store.
  std::function<std::optional<CommitStatus>(std::span<const CommitUnit* const>)> before_commit;
  // Called after each commit of the real store; a status instead of nothing is what the engine is told.
  std::function<std::optional<CommitStatus>()> after_commit;
  std::function<void()> before_read;
  std::function<void(std::string_view)> before_head;  // with the session's id
  std::function<void()> before_run_read;
  std::function<void()> before_latest;        // of the change feed
  std::atomic<std::uint64_t> reads{0};        // of events
  std::atomic<std::uint64_t> events_read{0};  // by them
  void set_fast(bool fast) { info_.fast_commit = fast; }
  void set_most_event_bytes(std::int64_t most) { info_.limits["max_event_bytes"] = most; }
  // One: what verbs look up is looked up in their order.
  void set_readers(int readers) { info_.readers = readers; }
  // Without the change feed a reader has to poll.
  bool hide_changes = false;
  // As a store that cannot be asked across sessions.
  bool hide_queries = false;
  // As a store that cannot be kept small.
  bool hide_maintenance = false;

  [[nodiscard]] const StoreInfo& info() const noexcept override { return info_; }
  [[nodiscard]] CommitStatus commit(std::span<const CommitUnit* const> units, std::span<UnitResult> results,
                                    std::uint64_t wait_us) override {
    if (before_commit) {
      if (auto answer = before_commit(units)) return *answer;
    }
    const CommitStatus status = store_->commit(units, results, wait_us);
    if (after_commit) {
      if (auto answer = after_commit()) return *answer;
    }
    return status;
  }
  [[nodiscard]] Result<Head> head(std::string_view id) override {
    if (before_read) before_read();
    if (before_head) before_head(id);
    return store_->head(id);
  }
  [[nodiscard]] Result<Timestamp> renew_host(std::string_view id, std::chrono::milliseconds ttl) override {
    return store_->renew_host(id, ttl);
  }
  [[nodiscard]] Result<void> remove_host(std::string_view id) override { return store_->remove_host(id); }
  [[nodiscard]] Result<std::vector<HostRow>> hosts() override { return store_->hosts(); }
  [[nodiscard]] Result<Session> get_session(std::string_view tenant, std::string_view id) override {
    return store_->get_session(tenant, id);
  }
  [[nodiscard]] Result<std::vector<Session>> list_sessions(const SessionQuery& query) override {
    return store_->list_sessions(query);
  }
  [[nodiscard]] Result<void> delete_session(std::string_view tenant, std::string_view id,
                                            std::uint64_t epoch) override {
    return store_->delete_session(tenant, id, epoch);
  }
  [[nodiscard]] Result<asmgr::Run> get_run(std::string_view tenant, std::string_view id) override {
    if (before_run_read) before_run_read();
    return store_->get_run(tenant, id);
  }
  [[nodiscard]] Result<std::vector<asmgr::Run>> list_runs(const RunQuery& query) override {
    return store_->list_runs(query);
  }
  [[nodiscard]] Result<void> visit_events(const EventQuery& query, const EventVisitor& visitor) override {
    if (before_read) before_read();
    reads.fetch_add(1);
    return store_->visit_events(query, [&](const EventView& event) {
      events_read.fetch_add(1);
      return visitor(event);
    });
  }
  [[nodiscard]] Result<Record> get_record(std::string_view tenant, std::string_view kind,
                                          std::string_view id) override {
    return store_->get_record(tenant, kind, id);
  }
  [[nodiscard]] Result<std::vector<Record>> list_records(const RecordQuery& query) override {
    return store_->list_records(query);
  }
  [[nodiscard]] ChangeFeed* changes() noexcept override {
    if (hide_changes || store_->changes() == nullptr) return nullptr;
    return before_latest ? &hooked_feed_ : store_->changes();
  }
  [[nodiscard]] StoreQueries* queries() noexcept override { return hide_queries ? nullptr : store_->queries(); }
  [[nodiscard]] StoreMaintenance* maintenance() noexcept override {
    return hide_maintenance ? nullptr : store_->maintenance();
  }

 private:
  class HookedFeed final : public ChangeFeed {
   public:
    explicit HookedFeed(StoreDouble& owner) : owner_(owner) {}
    Result<std::vector<Change>> read(std::uint64_t after, std::uint32_t limit) override {
      return owner_.store_->changes()->read(after, limit);
    }
    Result<std::uint64_t> latest() override {
      owner_.before_latest();
      return owner_.store_->changes()->latest();
    }
    void wait(std::uint64_t after, std::chrono::milliseconds timeout, const CancelToken& cancel) override {
      owner_.store_->changes()->wait(after, timeout, cancel);
    }

   private:
    StoreDouble& owner_;
  };

  std::shared_ptr<Store> store_;
  StoreInfo info_;
  HookedFeed hooked_feed_{*this};
};

}  // namespace asmgr::testing
