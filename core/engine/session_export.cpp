// export_session: a session as lines of text that another store can import and anyone can verify.
#include <algorithm>

#include "core/engine/artifact_registry.hpp"
#include "core/engine/export_log.hpp"
#include "core/engine/export_writer.hpp"
#include "core/engine/named_artifacts.hpp"
#include "core/engine/waiting.hpp"
#include "core/model/hash_chain.hpp"

namespace asmgr {
namespace {

constexpr std::size_t kExportPiece = std::size_t{1} << 20;

// One export on its way: a page of the store at a time, written outside the store's locks.
class Exporting {
 public:
  Exporting(const StoredLog& log, const ExportSessionOptions& options)
      : log_(log),
        store_(log.host->store()),
        write_(options.write),
        with_artifacts_(options.include_artifacts),
        head_{log.head.last_sequence, log.head.hash},
        lines_(head_, with_artifacts_ ? kExportWithArtifacts : kExportVersion) {}

  [[nodiscard]] Result<ExportedSession> run() {
    lines_.header(piece_, log_.session);
    if (auto done = events(); !done) return done.error();
    if (auto done = runs(); !done) return done.error();
    if (with_artifacts_) {
      if (auto done = artifacts(); !done) return done.error();
    }
    lines_.end(piece_);
    if (auto done = pass_on(); !done) return done.error();
    result_.session_id = log_.session.id;
    result_.head = head_;
    return result_;
  }

 private:
  [[nodiscard]] Result<void> pass_on() {
    auto written = write_(piece_);
    piece_.clear();
    return written;
  }

  [[nodiscard]] Result<void> events() {
    ChainVerifier verifier(log_.session.chain_id);
    const auto take = [this](const EventView& event) -> Result<bool> {
      lines_.event(piece_, event);
      if (with_artifacts_) named_.look_at(event.data);
      return piece_.size() < kExportPiece;
    };
    while (verifier.last_sequence() < head_.sequence) {
      auto page = follow_page(log_.host->store(), log_.session.id, verifier, head_.sequence, take);
      if (!page) return page.error();
      if (page->problem) return refused(*page->problem);
      if (auto written = pass_on(); !written) return written;
    }
    if (verifier.last_hash() == head_.hash) return {};
    return refused(Error(ErrorCode::sequence_conflict, "the store's head has another hash than the last event"));
  }

  [[nodiscard]] Error refused(const Error& problem) const {
    return does_not_verify(problem, "session " + log_.session.id + " cannot be exported");
  }

  // Only what had ended at the head: the row of a run belongs to its last event, and a copied run is never live.
  [[nodiscard]] Result<void> runs() {
    RunQuery query;
    query.session_id = log_.session.id;
    query.limit = 200;
    while (true) {
      auto page = store_.list_runs(query);
      if (!page) return page.error();
      for (const Run& run : *page) {
        query.after_id = run.id;
        auto ended = had_ended(run);
        if (!ended) return ended.error();
        ++(*ended ? result_.runs : result_.unfinished_runs);
        if (*ended) lines_.run(piece_, run);
      }
      if (auto written = pass_on(); !written) return written;
      if (page->size() < query.limit) return {};
    }
  }

  [[nodiscard]] Result<void> artifacts() {
    auto known = list_artifacts(store_, {}, log_.session.id);
    if (!known) return known.error();
    std::vector<Artifact> named = named_.of(std::move(*known));
    std::sort(named.begin(), named.end(), [](const Artifact& a, const Artifact& b) { return a.key < b.key; });
    for (const Artifact& artifact : named) lines_.artifact(piece_, artifact);
    result_.artifacts = named.size();
    return {};
  }

  [[nodiscard]] Result<bool> had_ended(const Run& run) const {
    if (!is_terminal(run.status)) return false;
    EventQuery end;
    end.session_id = log_.session.id;
    end.run_id = run.id;
    end.types = {"run_completed", "run_failed", "run_cancelled", "run_timeout"};
    end.after = head_.sequence;
    end.limit = 1;
    bool later = false;
    auto visited = store_.visit_events(end, [&later](const EventView&) { return !(later = true); });
    if (!visited) return visited.error();
    return !later;
  }

  const StoredLog& log_;
  Store& store_;
  const TextWriter& write_;
  bool with_artifacts_;
  NamedArtifacts named_;
  LogPosition head_;
  ExportWriter lines_;
  std::string piece_;
  ExportedSession result_;
};

}  // namespace

Result<ExportedSession> export_log(const StoredLog& log, const ExportSessionOptions& options) {
  return Exporting(log, options).run();
}

Result<ExportedSession> SessionManager::export_session(const ExportSessionOptions& options) {
  if (EngineThread::here()) return blocking_here();
  auto log = find_recovered_log(*engine_, options.session_id, options.tenant);
  if (!log) return log.error();
  return export_log(*log, options);
}

}  // namespace asmgr
