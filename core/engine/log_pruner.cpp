#include "core/engine/log_pruner.hpp"

namespace asmgr {
namespace {

constexpr std::uint32_t kRankedPage = 500;
constexpr std::size_t kRangesPerOrder = 4096;

Result<std::set<std::string, std::less<>>> runs_that_go_on(Store& store, const std::string& session_id) {
  std::set<std::string, std::less<>> live;
  RunQuery query;
  query.session_id = session_id;
  query.statuses = {RunStatus::pending, RunStatus::running};
  while (true) {
    auto page = store.list_runs(query);
    if (!page) return page.error();
    for (const Run& run : *page) live.insert(run.id);
    if (page->size() < query.limit) return live;
    query.after_id = page->back().id;
  }
}

}  // namespace

Result<void> LogPruner::rank_all(const std::function<void(std::uint64_t, PruneRank)>& visit,
                                 const std::function<Result<bool>()>& after_page) {
  PruneRanking ranking(policy_, live_runs_);
  EventQuery query;
  query.session_id = log_.session.id;
  query.order = Order::descending;
  query.limit = kRankedPage;
  query.before = log_.head.last_sequence + 1;
  while (query.before > 1) {
    std::uint64_t lowest = 0;
    auto read = log_.host->store().visit_events(query, [&](const EventView& event) {
      lowest = event.sequence_number;
      visit(lowest, ranking.rank(event));
      return true;
    });
    if (!read) return read;
    if (lowest == 0) return {};
    query.before = lowest;
    auto go_on = after_page();
    if (!go_on) return go_on.error();
    if (!*go_on) return {};
  }
  return {};
}

// The runs are read after the head: what began since then is above it.
Result<void> LogPruner::look() {
  auto live = runs_that_go_on(log_.host->store(), log_.session.id);
  if (!live) return live.error();
  live_runs_ = std::move(*live);
  count_ = {};
  return rank_all([this](std::uint64_t, PruneRank rank) { count_.add(rank); }, [] { return Result<bool>(true); });
}

Result<std::uint64_t> LogPruner::prune(std::uint64_t number, StoreMaintenance& store, const CancelToken& cancel) {
  PruneChoice choice(count_, number);
  FallingNumbers chosen;
  std::uint64_t pruned = 0;
  const auto carry_out = [&]() -> Result<bool> {
    const std::vector<SequenceRange> ranges = chosen.take();
    if (ranges.empty()) return true;
    auto done = store.prune(log_.session.id, ranges, policy_.batch_size, cancel);
    if (!done) return done.error();
    pruned += *done;
    return !cancel.cancelled();
  };
  auto ranked = rank_all(
      [&](std::uint64_t sequence, PruneRank rank) {
        if (choice.takes(rank)) chosen.add(sequence);
      },
      [&]() -> Result<bool> {
        if (cancel.cancelled()) return false;
        return chosen.ranges() < kRangesPerOrder ? Result<bool>(true) : carry_out();
      });
  if (!ranked) return ranked.error();
  if (!cancel.cancelled()) {
    if (auto done = carry_out(); !done) return done.error();
  }
  return pruned;
}

}  // namespace asmgr
