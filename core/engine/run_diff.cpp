// What a run changed, read back.
#include "core/engine/engine.hpp"
#include "core/engine/session_manager.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

Result<std::string> read_artifact(const Wiring& wiring, const std::string& key) {
  Error failed(ErrorCode::not_found, "no pipeline here has artifacts");
  for (const auto& [name, pipeline] : wiring.pipelines) {
    if (pipeline.artifacts == nullptr) continue;
    std::string text;
    auto read = pipeline.artifacts->get(key, [&text](std::string_view chunk) {
      text += chunk;
      return true;
    });
    if (read) return text;
    failed = read.error();
  }
  return std::move(failed).with_context("the patch '" + key + "' cannot be read");
}

}  // namespace

Result<boost::json::object> SessionManager::get_run_workspace(const std::string& run_id, const std::string& tenant) {
  auto run = get_run(run_id, tenant);
  if (!run) return run.error();
  boost::json::value* known = run->metadata.if_contains("workspace");
  if (known == nullptr || !known->is_object()) {
    return Error(ErrorCode::not_found, "run " + run_id +
                                           " has no workspace: set workspace.enabled in its pipeline to have what "
                                           "runs change");
  }
  boost::json::object workspace = std::move(known->get_object());
  boost::json::value* diff = workspace.if_contains("diff");
  if (diff == nullptr || !diff->is_object()) return workspace;
  if (const auto key = find_string(diff->get_object(), "patch_ref")) {
    auto patch = read_artifact(*engine_->context().wiring.get(), std::string(*key));
    if (!patch) return patch.error();
    diff->get_object()["patch"] = std::move(*patch);
  }
  return workspace;
}

}  // namespace asmgr
