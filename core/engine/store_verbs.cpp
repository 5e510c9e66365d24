// prune_store, check_store, measure_store: what is done to a store as such.
#include <algorithm>

#include "core/engine/session_sizes.hpp"
#include "core/engine/store_upkeep.hpp"
#include "core/engine/verify_log.hpp"
#include "core/engine/waiting.hpp"

namespace asmgr {
namespace {

constexpr std::uint32_t kCheckedPage = 200;

Result<StoreMaintenance*> maintenance_of(StoreHost& host) {
  if (StoreMaintenance* maintenance = host.store().maintenance()) return maintenance;
  return Error(ErrorCode::capability_not_supported,
               "store '" + host.name() + "' cannot be kept small or measured: its plugin does not offer it");
}

Result<RetentionPolicy> policy_for(const SessionManager::Engine& engine, const StoreHost& host,
                                   const std::optional<RetentionPolicy>& given) {
  if (given) {
    if (auto good = validate(*given); !good) return good.error();
    return *given;
  }
  const auto wiring = engine.wiring();
  const auto wired = wiring->retention.find(host.name());
  if (wired != wiring->retention.end()) return wired->second.policy;
  return Error(ErrorCode::validation_error, "nothing says what store '" + host.name() + "' is to keep: write stores." +
                                                host.name() + ".retention in the configuration, or give a policy");
}

// Looks into the store, then follows every chain.
class StoreChecking {
 public:
  StoreChecking(StoreHost& host, const CheckStoreOptions& options)
      : host_(host), options_(options), cancel_(options.cancel ? *options.cancel : never_) {}

  Result<CheckedStore> run() {
    found_.store = host_.name();
    if (StoreMaintenance* maintenance = host_.store().maintenance()) {
      found_.looked_inside = true;
      auto looked = maintenance->check(cancel_, [this](const StoreProblem& problem) { return tell(problem); });
      if (!looked) return looked.error();
    }
    if (auto followed = follow_chains(); !followed) return followed.error();
    return std::move(found_);
  }

 private:
  bool tell(const StoreProblem& problem) {
    ++found_.problems;
    if (options_.problem) wanted_ = options_.problem(problem);
    return wanted_;
  }

  Result<void> follow_chains() {
    SessionQuery query;
    query.limit = kCheckedPage;
    query.include_deleted = true;
    while (wanted_) {
      auto page = host_.store().list_sessions(query);
      // What cannot be read has been told as damaged, by the store.
      if (!page && found_.problems != 0) return {};
      if (!page) return page.error();
      for (const Session& session : *page) {
        if (cancel_.cancelled()) return Error(ErrorCode::cancelled, "the check was stopped before its end");
        if (!wanted_) return {};
        if (auto followed = follow(session); !followed) return followed;
      }
      if (page->size() < query.limit) return {};
      query.after_id = page->back().id;
    }
    return {};
  }

  Result<void> follow(const Session& session) {
    auto log = verify_log(host_, session);
    if (!log && log.error().code() == ErrorCode::session_not_found) return {};  // it went meanwhile
    if (!log) return log.error();
    ++found_.sessions;
    found_.pruned_events += log->pruned;
    if (log->problem) (void)tell({"chain", session.id, log->problem->message()});
    return {};
  }

  StoreHost& host_;
  const CheckStoreOptions& options_;
  const CancelToken never_;
  const CancelToken& cancel_;
  CheckedStore found_;
  bool wanted_ = true;
};

Result<std::vector<SessionSize>> biggest_of(StoreMaintenance& store, std::size_t count) {
  const auto bigger = [](const SessionSize& a, const SessionSize& b) { return a.text_bytes > b.text_bytes; };
  std::vector<SessionSize> biggest;  // a heap, the smallest on top
  SessionSizes sizes(store);
  while (true) {
    auto size = sizes.next();
    if (!size) return size.error();
    if (!*size) break;
    biggest.push_back(std::move(**size));
    std::push_heap(biggest.begin(), biggest.end(), bigger);
    if (biggest.size() <= count) continue;
    std::pop_heap(biggest.begin(), biggest.end(), bigger);
    biggest.pop_back();
  }
  std::sort_heap(biggest.begin(), biggest.end(), bigger);
  return biggest;
}

}  // namespace

Result<PruneReport> prune_store(SessionManager::Engine& engine, const PruneStoreOptions& options) {
  if (EngineThread::here()) return blocking_here();
  auto host = engine.store_named(options.store);
  if (!host) return host.error();
  auto maintenance = maintenance_of(**host);
  if (!maintenance) return maintenance.error();
  const auto policy = policy_for(engine, **host, options.policy);
  if (!policy) return policy.error();
  std::unique_ptr<SessionArchive> archive;
  if (policy->archive.is_set()) {
    auto opened = open_archive(engine, **host, policy->archive);
    if (!opened) return opened.error();
    archive = std::move(*opened);
  }
  return StoreUpkeep(engine, **host, **maintenance, *policy, options, archive.get()).run();
}

Result<PruneReport> SessionManager::prune_store(const PruneStoreOptions& options) {
  return asmgr::prune_store(*engine_, options);
}

Result<CheckedStore> SessionManager::check_store(const CheckStoreOptions& options) {
  if (EngineThread::here()) return blocking_here();
  auto host = engine_->store_named(options.store);
  if (!host) return host.error();
  return StoreChecking(**host, options).run();
}

Result<StoreStats> SessionManager::measure_store(const MeasureStoreOptions& options) {
  if (EngineThread::here()) return blocking_here();
  auto host = engine_->store_named(options.store);
  if (!host) return host.error();
  auto maintenance = maintenance_of(**host);
  if (!maintenance) return maintenance.error();
  StoreStats stats;
  stats.store = (*host)->name();
  auto size = (*maintenance)->measure();
  if (!size) return size.error();
  stats.size = *size;
  auto biggest = biggest_of(**maintenance, options.biggest);
  if (!biggest) return biggest.error();
  for (SessionSize& session : *biggest) {
    BigSession& row = stats.biggest.emplace_back();
    row.size = std::move(session);
    if (auto found = (*host)->store().get_session({}, row.size.session_id)) {
      row.agent_id = found->agent_id;
      row.status = found->status;
      row.deleted = found->deleted_at.is_set();
    }
  }
  return stats;
}

boost::json::object to_json(const PruneReport& report) {
  boost::json::object json;
  json["store"] = report.store;
  json["dry_run"] = report.mode == PruneMode::dry_run;
  json["sessions_soft_deleted"] = report.sessions_soft_deleted;
  json["sessions_hard_deleted"] = report.sessions_hard_deleted;
  json["events_pruned"] = report.events_pruned;
  json["deltas_pruned"] = report.deltas_pruned;
  json["artifacts_cleaned"] = report.artifacts_cleaned;
  json["bytes_freed"] = report.bytes_freed;
  json["archived"] = report.archived;
  json["duration_ms"] = report.duration_ms;
  json["cancelled"] = report.cancelled;
  json["errors"] = boost::json::array(report.errors.begin(), report.errors.end());
  return json;
}

}  // namespace asmgr
