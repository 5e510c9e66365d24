// The workspace of a run: what is kept of a folder before it, and what is said of it after. On values and files alone;
// blocks, so it is called on helper threads.
#pragma once

#include <atomic>
#include <boost/json/object.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/model/artifact.hpp"
#include "core/model/run.hpp"
#include "core/ports/artifacts.hpp"
#include "core/redaction/redactor.hpp"
#include "core/workspace/workspace.hpp"

namespace asmgr {

struct WorkspacePlan {
  workspace::Settings settings;
  workspace::Surroundings around;
  std::shared_ptr<ArtifactStore> artifacts;  // for patches that are too long; may be null
  std::string artifacts_name;
  std::function<Result<std::string>()> new_key;  // of such a patch; set where artifacts are, may block
  std::shared_ptr<const Redactor> redactor;      // of patches; may be null
};

// `stop` set from another thread ends it with `cancelled`. Errors: those of Workspace::open and take, naming the
// workspace.
[[nodiscard]] Result<workspace::Snapshot> take_before(const WorkspacePlan& plan, Timestamp now,
                                                      const std::atomic<bool>& stop);

// What came of it. Whatever is there is true even when `error` says that something went wrong after it.
struct WorkspaceOutcome {
  std::optional<workspace::Snapshot> after;
  std::optional<boost::json::object> diff;
  std::optional<Artifact> patch;  // to be registered with the diff; says neither session nor run
  bool rolled_back = false;
  std::optional<Error> error;
};
enum class AfterRun : std::uint8_t { completed, otherwise };
[[nodiscard]] WorkspaceOutcome look_after(const WorkspacePlan& plan, const workspace::Snapshot& before, AfterRun ended,
                                          const Clock& clock);

// The result's and the row's `workspace`: {backend, path, before_ref, after_ref, before_snapshot, after_snapshot, diff,
// rolled_back}; of an outcome that is not known yet the later ones are null.
[[nodiscard]] boost::json::object workspace_json(const workspace::Snapshot& before, const WorkspaceOutcome& outcome);

// Of a run's row; nothing when its folder was not kept.
[[nodiscard]] std::optional<workspace::Snapshot> snapshot_before(const Run& run);

// Data of the events.
[[nodiscard]] boost::json::object snapshot_event(const workspace::Snapshot& snapshot);
[[nodiscard]] boost::json::object diff_event(const WorkspaceOutcome& outcome);

}  // namespace asmgr
