// The folder that a run works in: kept before it begins, looked at when it has ended, put back when that was asked for.
#include "core/engine/artifact_registry.hpp"
#include "core/engine/engine_thread.hpp"
#include "core/engine/run_execution.hpp"
#include "core/engine/session_runtime.hpp"

namespace asmgr {

// Taken once per run: what goes on after a question goes on from the snapshot that it began with.
void RunExecution::with_snapshot(std::function<void()> then) {
  if (!plan_.workspace) return then();
  if (resumed_) {
    snapshot_before_ = snapshot_before(row_->run);
    return then();
  }
  engine_.helpers.run([self = shared_from_this(), session = session_.shared_from_this(), plan = *plan_.workspace,
                       stop = stop_snapshot_, now = engine_.clock.now(), then = std::move(then)] {
    const EngineThread::Scope scope;
    auto taken = std::make_shared<Result<workspace::Snapshot>>(take_before(plan, now, *stop));
    session->post([self, taken, then] {
      if (self->phase_ != Phase::preflight || self->session_.abandoned()) return;
      if (!*taken && !self->cause_) {
        self->cause_ = EndCause{EndCause::Kind::failed, taken->error(), std::nullopt, {}};
      }
      if (self->cause_) return self->refuse({});
      self->snapshot_before_ = std::move(**taken);
      then();
    });
  });
}

void RunExecution::look_at_folder(bool completed, std::function<void()> then) {
  if (!snapshot_before_) return then();
  WorkspacePlan plan = *plan_.workspace;
  plan.new_key = [&host = session_.host(), &clock = engine_.clock]() -> Result<std::string> {
    auto mark = host.artifact_mark();
    if (!mark) return mark;
    return new_artifact_key(*mark, "patch", clock.now());
  };
  engine_.helpers.run([self = shared_from_this(), session = session_.shared_from_this(), plan = std::move(plan),
                       before = *snapshot_before_, clock = &engine_.clock, completed, then = std::move(then)] {
    const EngineThread::Scope scope;
    const AfterRun ended = completed ? AfterRun::completed : AfterRun::otherwise;
    auto outcome = std::make_shared<WorkspaceOutcome>(look_after(plan, before, ended, *clock));
    session->post([self, outcome, completed, then] {
      if (self->phase_ == Phase::ended || self->session_.abandoned()) return;
      self->folder_was_looked_at(std::move(*outcome), completed);
      then();
    });
  });
}

// A run whose folder could not be looked at has not done what was asked; one that had failed before fails as it did.
void RunExecution::folder_was_looked_at(WorkspaceOutcome outcome, bool completed) {
  if (outcome.after) say(EventType::workspace_snapshot_taken, snapshot_event(*outcome.after));
  if (outcome.diff) say(EventType::workspace_diff_computed, diff_event(outcome));
  if (outcome.patch) {
    outcome.patch->session_id = names_->session_id;
    outcome.patch->run_id = names_->run_id;
    writer_.stage_record(register_artifact(*outcome.patch, session_.session().tenant));
  }
  if (outcome.error) {
    plan_.warnings.push_back(outcome.error->message());
    if (completed) cause_ = EndCause{EndCause::Kind::failed, outcome.error, std::nullopt, {}};
  }
  workspace_ = workspace_json(*snapshot_before_, outcome);
  row_->run.metadata["workspace"] = *workspace_;
}

// A folder that a run's host died in rolling back is put in order before the run is closed.
void SessionRuntime::finish_rollbacks(std::shared_ptr<Loaded> loaded) {
  std::vector<std::pair<std::size_t, workspace::Snapshot>> begun;
  for (std::size_t i = 0; i < loaded->running.size(); ++i) {
    if (auto before = snapshot_before(loaded->running[i])) begun.emplace_back(i, std::move(*before));
  }
  if (begun.empty()) return stage_recovery(*loaded);
  workspace::Surroundings around;
  around.state_folder = workspace::default_state_folder();
  around.excluded = engine_.wiring.get()->own_paths;
  engine_.helpers.run([self = shared_from_this(), loaded, begun, around] {
    const EngineThread::Scope scope;
    for (const auto& [index, before] : begun) {
      Run& run = loaded->running[index];
      const auto finished = workspace::Workspace::finish_rollback(before, around);
      if (finished && !*finished) continue;
      // Another run's rollback may have been cut off in the same folder.
      if (finished && (*finished)->ref == before.ref) run.metadata["workspace"].as_object()["rolled_back"] = true;
      self->engine_.log({.level = finished ? ASMGR_LOG_INFO : ASMGR_LOG_WARN,
                         .message = finished ? "finished a rollback of '" + before.path + "' to " + (*finished)->ref
                                             : "run " + run.id + ": " + finished.error().message(),
                         .session_id = self->id_});
    }
    self->post([self, loaded] {
      if (!self->abandoned()) self->stage_recovery(*loaded);
    });
  });
}

}  // namespace asmgr
