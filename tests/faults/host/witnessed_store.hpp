// A store whose every acknowledged write is written down by a witness before the engine hears of it.
#pragma once

#include <memory>

#include "core/ports/store.hpp"
#include "tests/faults/host/witness_file.hpp"

namespace asmgr::faults {

class WitnessedStore final : public Store {
 public:
  // `witness` must outlive it.
  WitnessedStore(std::shared_ptr<Store> store, WitnessFile& witness) : store_(std::move(store)), witness_(witness) {}

  [[nodiscard]] const StoreInfo& info() const noexcept override { return store_->info(); }
  [[nodiscard]] CommitStatus commit(std::span<const CommitUnit* const> units, std::span<UnitResult> results,
                                    std::uint64_t wait_us) override {
    CommitStatus status = store_->commit(units, results, wait_us);
    if (status.outcome != CommitOutcome::filled) return status;
    for (std::size_t i = 0; i < units.size(); ++i) {
      if (results[i].answer == CommitAnswer::ok) witness_.stored(*units[i], results[i].epoch);
    }
    return status;
  }
  [[nodiscard]] Result<Head> head(std::string_view id) override { return store_->head(id); }
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
  [[nodiscard]] Result<Run> get_run(std::string_view tenant, std::string_view id) override {
    return store_->get_run(tenant, id);
  }
  [[nodiscard]] Result<std::vector<Run>> list_runs(const RunQuery& query) override { return store_->list_runs(query); }
  [[nodiscard]] Result<void> visit_events(const EventQuery& query, const EventVisitor& visitor) override {
    return store_->visit_events(query, visitor);
  }
  [[nodiscard]] Result<Record> get_record(std::string_view tenant, std::string_view kind,
                                          std::string_view id) override {
    return store_->get_record(tenant, kind, id);
  }
  [[nodiscard]] Result<std::vector<Record>> list_records(const RecordQuery& query) override {
    return store_->list_records(query);
  }
  [[nodiscard]] ChangeFeed* changes() noexcept override { return store_->changes(); }

 private:
  std::shared_ptr<Store> store_;
  WitnessFile& witness_;
};

}  // namespace asmgr::faults
