#include "core/engine/run_workspace.hpp"

#include "core/engine/event_spill.hpp"
#include "core/model/json.hpp"
#include "core/workspace/binary_text.hpp"

namespace asmgr {
namespace {

constexpr std::string_view kPatchType = "text/x-diff";

boost::json::value id_or_null(const std::optional<workspace::Snapshot>& snapshot) {
  return snapshot ? boost::json::value(snapshot->ref) : boost::json::value(nullptr);
}

Error of_workspace(Error error, const WorkspacePlan& plan) {
  return std::move(error).with_context("workspace '" + plan.settings.path + "'");
}

Result<Artifact> keep_patch(const WorkspacePlan& plan, const workspace::Diff& diff, Timestamp now) {
  auto key = plan.new_key();
  if (!key) return key.error();
  auto kept = plan.artifacts->put(*key, kPatchType, source_of(*diff.patch));
  if (!kept)
    return std::move(kept).error().with_context("its patch of " + std::to_string(diff.patch->size()) + " bytes");
  Artifact artifact;
  artifact.key = std::move(*key);
  artifact.bytes = diff.patch->size();
  artifact.sha256 = workspace::sha256_of(*diff.patch);
  artifact.content_type = kPatchType;
  artifact.artifacts = plan.artifacts_name;
  artifact.metadata["kind"] = "patch";
  artifact.metadata["from_ref"] = diff.from_ref;
  artifact.metadata["to_ref"] = diff.to_ref;
  artifact.created_at = now;
  return artifact;
}

// The patch without secrets, and where it is too long for an event, somewhere else.
Result<void> diff_for_record(workspace::Diff diff, const WorkspacePlan& plan, Timestamp now, WorkspaceOutcome& out) {
  if (diff.patch && plan.redactor != nullptr && plan.redactor->enabled()) {
    RedactedText clean = plan.redactor->redact_text(*diff.patch);
    if (clean.count != 0) {
      diff.patch = std::move(clean.text);
      diff.patch_bytes = diff.patch->size();
      diff.metadata["secrets_redacted"] = clean.count;
    }
  }
  std::string patch_ref;
  const bool too_long = diff.patch_bytes > plan.settings.max_patch_bytes;
  const bool truncated = too_long && (plan.artifacts == nullptr || !diff.patch);
  if (too_long && !truncated) {
    auto kept = keep_patch(plan, diff, now);
    if (!kept) return kept.error();
    patch_ref = kept->key;
    out.patch = std::move(*kept);
  }
  if (too_long) diff.patch.reset();
  boost::json::object json = to_json(diff);
  json["patch_ref"] = text_or_null(patch_ref);
  json["patch_truncated"] = truncated;
  out.diff = std::move(json);
  return {};
}

Result<void> compare(workspace::Workspace& folder, const WorkspacePlan& plan, const workspace::Snapshot& before,
                     Timestamp now, WorkspaceOutcome& out) {
  auto diff = folder.diff(before, *out.after, {plan.settings.capture_patch});
  if (!diff) return diff.error();
  return diff_for_record(std::move(*diff), plan, now, out);
}

Result<void> look(const WorkspacePlan& plan, const workspace::Snapshot& before, AfterRun ended, const Clock& clock,
                  WorkspaceOutcome& out) {
  auto folder = workspace::Workspace::open(plan.settings, plan.around);
  if (!folder) return folder.error();
  const bool completed = ended == AfterRun::completed;
  auto taken = folder->take(completed ? "after" : "after_failure", clock.now(), nullptr);
  Result<void> compared;
  if (taken) {
    out.after = std::move(taken->snapshot);
    compared = compare(*folder, plan, before, clock.now(), out);
  } else {
    compared = taken.error();
  }
  // Also where it could not be compared: the way back is what was asked for.
  if (!completed && plan.settings.rollback_on_failure) {
    if (auto back = folder->rollback(before); !back) {
      return std::move(back).error().with_context("it could not be rolled back to " + before.ref);
    }
    out.rolled_back = true;
  }
  return compared;
}

}  // namespace

Result<workspace::Snapshot> take_before(const WorkspacePlan& plan, Timestamp now, const std::atomic<bool>& stop) {
  auto folder = workspace::Workspace::open(plan.settings, plan.around);
  if (!folder) return of_workspace(folder.error(), plan);
  auto taken = folder->take("before", now, &stop);
  if (!taken) return of_workspace(taken.error(), plan);
  return std::move(taken->snapshot);
}

WorkspaceOutcome look_after(const WorkspacePlan& plan, const workspace::Snapshot& before, AfterRun ended,
                            const Clock& clock) {
  WorkspaceOutcome out;
  if (auto looked = look(plan, before, ended, clock, out); !looked) out.error = of_workspace(looked.error(), plan);
  return out;
}

boost::json::object workspace_json(const workspace::Snapshot& before, const WorkspaceOutcome& outcome) {
  boost::json::object json{{"backend", backend_name(before.backend)},
                           {"path", before.path},
                           {"before_ref", before.ref},
                           {"after_ref", id_or_null(outcome.after)},
                           {"before_snapshot", to_json(before)}};
  json["after_snapshot"] = outcome.after ? boost::json::value(to_json(*outcome.after)) : boost::json::value(nullptr);
  json["diff"] = outcome.diff ? boost::json::value(*outcome.diff) : boost::json::value(nullptr);
  json["rolled_back"] = outcome.rolled_back;
  return json;
}

std::optional<workspace::Snapshot> snapshot_before(const Run& run) {
  const boost::json::object* known = find_object(run.metadata, "workspace");
  const boost::json::object* before = known == nullptr ? nullptr : find_object(*known, "before_snapshot");
  if (before == nullptr) return std::nullopt;
  auto snapshot = workspace::snapshot_from_json(*before);
  if (!snapshot) return std::nullopt;
  return std::move(*snapshot);
}

boost::json::object snapshot_event(const workspace::Snapshot& snapshot) {
  return {{"label", snapshot.label},
          {"backend", backend_name(snapshot.backend)},
          {"ref", snapshot.ref},
          {"path", snapshot.path}};
}

boost::json::object diff_event(const WorkspaceOutcome& outcome) {
  boost::json::object data;
  for (const std::string_view key :
       {"files_changed", "insertions", "deletions", "changed_paths", "patch_bytes", "patch_ref", "patch_truncated"}) {
    data[key] = outcome.diff->at(key);
  }
  const bool here = outcome.diff->at("patch").is_string() && !outcome.diff->at("patch").get_string().empty();
  data["has_patch"] = here || !outcome.diff->at("patch_ref").is_null();
  data["rolled_back"] = outcome.rolled_back;
  return data;
}

}  // namespace asmgr
