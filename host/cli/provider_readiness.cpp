// Whether each provider has what its runs cannot do without.
#include <filesystem>
#include <string>

#include "core/config/find_program.hpp"
#include "core/config/http_get.hpp"
#include "core/config/provider_facts.hpp"
#include "host/cli/doctor_checks.hpp"

namespace asmgr::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kAnswerLimit{5};

std::string capability_names(const ProviderInfo& info) {
  std::string names;
  for (const auto& capability : info.capabilities) {
    if (capability.enabled) names.append(names.empty() ? "" : ", ").append(capability.name);
  }
  return names.empty() ? "no capabilities" : names;
}

std::string target_names(const ProviderInfo& info) {
  std::string names;
  for (const ProviderInfo& target : info.targets) names += (names.empty() ? "" : ", ") + target.name;
  return names;
}

std::string what_it_is(const ProviderInfo& info) {
  std::string text = info.targets.empty() ? info.vendor : "routes to " + target_names(info);
  for (std::size_t at = 0; at < info.models.size(); ++at) text += (at == 0 ? ", models " : ", ") + info.models[at];
  return text + ", holds tools back by '" + std::string(grade_name(info.grade)) + "', " + capability_names(info);
}

void fail(Finding& finding, const std::string& todo) {
  finding.health = Health::failure;
  finding.todo.append(finding.todo.empty() ? "" : "; ").append(todo);
}

void check_program(const ProviderNeed& need, Finding& finding) {
  const std::string file = find_program(need.what, process_environment());
  if (!file.empty()) {
    finding.detail += ", program " + file;
    return;
  }
  finding.detail += ", program '" + need.what + "' was not found";
  fail(finding, need.todo.empty() ? "install '" + need.what + "', or name another program" : need.todo);
}

void check_address(const ProviderNeed& need, Finding& finding) {
  const auto answer = http_get(need.what, kAnswerLimit);
  if (answer) {
    finding.detail += ", " + need.what + " answers";
    return;
  }
  finding.detail += ", " + answer.error().message();
  fail(finding, need.todo);
}

void check_need(const ProviderNeed& need, Finding& finding) {
  switch (need.kind) {
    case ProviderNeed::Kind::program:
      return check_program(need, finding);
    case ProviderNeed::Kind::address:
      return check_address(need, finding);
    case ProviderNeed::Kind::setting:
      finding.detail += ", " + need.what + " is empty";
      return fail(finding, need.todo);
  }
}

// The folder that an instance is told to work in.
void check_folder(const Deployment& deployment, const ProviderSpec& spec, Finding& finding) {
  const ConfigNode* node = spec.place.config == nullptr ? nullptr : spec.place.config->find("cwd");
  if (node == nullptr || !node->is_scalar() || node->text.empty()) return;
  const fs::path beside = deployment.file().empty() ? fs::path() : fs::path(deployment.file()).parent_path();
  std::error_code ignored;
  if (fs::is_directory(beside / node->text, ignored) || fs::is_directory(node->text, ignored)) return;
  finding.detail += ", folder '" + node->text + "' is not there";
  fail(finding, "make the folder, or name another one as " + spec.place.path + ".config.cwd");
}

}  // namespace

void check_providers(const Deployment& deployment, Findings& findings) {
  for (const auto& [name, provider] : deployment.wiring().providers) {
    const ProviderInfo& info = provider->info();
    Finding finding{"provider", name, Health::ok, what_it_is(info), {}};
    for (const ProviderNeed& need : info.needs) check_need(need, finding);
    const auto spec = deployment.spec().providers.find(name);
    if (spec != deployment.spec().providers.end()) check_folder(deployment, spec->second, finding);
    finding.facts = facts_json(info);
    findings.push_back(std::move(finding));
  }
}

}  // namespace asmgr::cli
