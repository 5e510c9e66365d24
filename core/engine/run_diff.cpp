// What a run changed, read back.
#include "core/engine/artifact_registry.hpp"
#include "core/engine/engine.hpp"
#include "core/engine/session_manager.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

constexpr std::string_view kUnregisteredPatch = "patch_";

// A version before the registry kept it without a record.
Result<std::string> read_unregistered(const Wiring& wiring, const std::string& key) {
  Error failed(ErrorCode::not_found, "no pipeline here has artifacts");
  for (const auto& artifacts : artifact_stores(wiring, {})) {
    std::string text;
    auto read = artifacts->get(key, [&text](std::string_view chunk) {
      text += chunk;
      return true;
    });
    if (read) return text;
    failed = read.error();
  }
  return failed;
}

Result<std::string> read_patch(SessionManager& manager, const Wiring& wiring, const std::string& key,
                               const std::string& tenant) {
  std::string text;
  ReadArtifactOptions options;
  options.key = key;
  options.tenant = tenant;
  options.write = [&text](std::string_view piece) -> Result<void> {
    text += piece;
    return {};
  };
  auto read = manager.read_artifact(options);
  if (read) return text;
  if (read.error().code() != ErrorCode::not_found || !key.starts_with(kUnregisteredPatch)) return read.error();
  return read_unregistered(wiring, key);
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
    auto patch = read_patch(*this, *engine_->wiring(), std::string(*key), tenant);
    if (!patch) return std::move(patch).error().with_context("the patch of run " + run_id + " cannot be read");
    diff->get_object()["patch"] = std::move(*patch);
  }
  return workspace;
}

}  // namespace asmgr
