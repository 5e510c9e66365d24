// A store whose reads come back: each is made on a thread of its own, and whoever asked gets an error when the store
// has not answered in time. Writes, the change feed and the host's row pass through.
//
// For stores that are reached over something that can hang. One in this process is read directly: a hand-off per read
// would cost more than the read.
#pragma once

#include <chrono>
#include <memory>

#include "core/engine/helper_threads.hpp"
#include "core/ports/store.hpp"

namespace asmgr {

class BoundedStore final : public Store {
 public:
  BoundedStore(std::shared_ptr<Store> store, std::chrono::milliseconds limit)
      : store_(std::move(store)), limit_(limit), queries_(*this) {}

  [[nodiscard]] const StoreInfo& info() const noexcept override { return store_->info(); }
  [[nodiscard]] CommitStatus commit(std::span<const CommitUnit* const> units, std::span<UnitResult> results,
                                    std::uint64_t wait_us) override {
    return store_->commit(units, results, wait_us);
  }
  [[nodiscard]] Result<Timestamp> renew_host(std::string_view host_id, std::chrono::milliseconds ttl) override {
    return store_->renew_host(host_id, ttl);
  }
  [[nodiscard]] Result<void> remove_host(std::string_view host_id) override { return store_->remove_host(host_id); }
  [[nodiscard]] ChangeFeed* changes() noexcept override { return store_->changes(); }
  [[nodiscard]] StoreQueries* queries() noexcept override { return store_->queries() == nullptr ? nullptr : &queries_; }

  // Takes as long as it takes, and has a token to be ended by.
  [[nodiscard]] StoreMaintenance* maintenance() noexcept override { return store_->maintenance(); }

  // Reads. Errors: also storage_connection_failed, when the limit has passed.
  [[nodiscard]] Result<Head> head(std::string_view session_id) override;
  [[nodiscard]] Result<std::vector<HostRow>> hosts() override;
  [[nodiscard]] Result<Session> get_session(std::string_view tenant, std::string_view id) override;
  [[nodiscard]] Result<std::vector<Session>> list_sessions(const SessionQuery& query) override;
  [[nodiscard]] Result<void> delete_session(std::string_view tenant, std::string_view id, std::uint64_t epoch) override;
  [[nodiscard]] Result<Run> get_run(std::string_view tenant, std::string_view id) override;
  [[nodiscard]] Result<std::vector<Run>> list_runs(const RunQuery& query) override;
  // `visitor` is not called any more once this has returned.
  [[nodiscard]] Result<void> visit_events(const EventQuery& query, const EventVisitor& visitor) override;
  [[nodiscard]] Result<Record> get_record(std::string_view tenant, std::string_view kind, std::string_view id) override;
  [[nodiscard]] Result<std::vector<Record>> list_records(const RecordQuery& query) override;

 private:
  // Searches and sums, in the same way.
  class Queries final : public StoreQueries {
   public:
    explicit Queries(BoundedStore& store) : store_(store) {}
    [[nodiscard]] Result<FoundPage<Session>> search(std::string_view tenant, const SessionSearch& search,
                                                    std::string_view after) override;
    [[nodiscard]] Result<FoundPage<Run>> search(std::string_view tenant, const RunSearch& search,
                                                std::string_view after) override;
    [[nodiscard]] Result<FoundPage<Event>> search(std::string_view tenant, const EventSearch& search,
                                                  std::string_view after) override;
    [[nodiscard]] Result<std::uint64_t> count(std::string_view tenant, const SessionSearch& search) override;
    [[nodiscard]] Result<std::uint64_t> count(std::string_view tenant, const RunSearch& search) override;
    [[nodiscard]] Result<std::uint64_t> count(std::string_view tenant, const EventSearch& search) override;
    [[nodiscard]] Result<SessionStats> session_stats(std::string_view tenant, std::string_view session_id) override;
    [[nodiscard]] Result<std::vector<UsageSums>> usage(std::string_view tenant, const UsageSearch& search) override;

   private:
    template <typename Row, typename Search>
    [[nodiscard]] Result<FoundPage<Row>> page(std::string_view tenant, const Search& search, std::string_view after);
    template <typename Search>
    [[nodiscard]] Result<std::uint64_t> counted(std::string_view tenant, const Search& search);

    BoundedStore& store_;
  };

  template <typename T>
  Result<T> bounded(const char* what, std::function<Result<T>(Store&)> read);
  [[nodiscard]] Error too_late(const char* what) const;

  std::shared_ptr<Store> store_;
  std::chrono::milliseconds limit_;
  Queries queries_;
  HelperThreads helpers_;
};

}  // namespace asmgr
