// A plugin whose behaviour its configuration chooses, for tests of the configuration.
#include <asmgr/plugin.hpp>
#include <memory>
#include <string>

namespace {

// The value of a string member of a flat JSON object that this file's own schema has checked.
std::string text_of(std::string_view config, std::string_view key) {
  const std::string start = "\"" + std::string(key) + "\":\"";
  const std::size_t at = config.find(start);
  if (at == std::string_view::npos) return {};
  const std::size_t begin = at + start.size();
  return std::string(config.substr(begin, config.find('"', begin) - begin));
}

void check(const asmgr::sdk::Host&, std::string_view config, asmgr::sdk::Problems& problems) {
  const std::string complaint = text_of(config, "complain");
  if (!complaint.empty()) problems.add(complaint, "the probe does not like it: " + text_of(config, "api_key"));
}

void maybe_fail(std::string_view config) {
  const std::string failure = text_of(config, "fail");
  if (failure.empty()) return;
  throw asmgr::sdk::StatusError(ASMGR_E_CONFIG_INVALID, failure + " with key " + text_of(config, "api_key"));
}

class ProbeProvider final : public asmgr::sdk::BlockingProvider {
 public:
  explicit ProbeProvider(const asmgr::sdk::Create& create) : grade_(text_of(create.config, "grade")) {
    maybe_fail(create.config);
  }
  std::string describe() override {
    return R"({"vendor":"probe","capabilities":[],"models":[],"usage":"delta","heartbeat_ms":0,"grade":")" + grade_ +
           "\"}";
  }
  asmgr::sdk::RunResult run(asmgr::sdk::BlockingRun&) override { return {}; }

 private:
  std::string grade_;
};

class ProbePolicyRun final : public asmgr::sdk::PolicyRun {};

class ProbePolicy final : public asmgr::sdk::Policy {
 public:
  explicit ProbePolicy(const asmgr::sdk::Create& create) : grade_(text_of(create.config, "grade")) {
    maybe_fail(create.config);
  }
  std::string declare() override {
    return R"({"limits":{},"tool_rules":[],"on_violation":"deny","metadata":{},"events":[],"needs":[)"
           R"({"rule":"no_bash","grade":")" +
           grade_ + R"(","action":"deny"},{"rule":"always","grade":"observe","action":"warn"}]})";
  }
  std::unique_ptr<asmgr::sdk::PolicyRun> begin(std::string_view, const asmgr_session&, const asmgr_run&) override {
    return std::make_unique<ProbePolicyRun>();
  }

 private:
  std::string grade_;
};

constexpr std::string_view kSchema = R"({
  "type": "object",
  "properties": {
    "grade": {"type": "string", "description": "Given or needed.", "enum": ["observe", "cancel", "intercept", "own"],
              "default": "intercept"},
    "api_key": {"type": "string", "description": "A secret.", "x-secret": true},
    "complain": {"type": "string", "description": "Where validate finds a problem, a JSON pointer."},
    "fail": {"type": "string", "description": "What create fails with."},
    "path": {"type": "string", "description": "A path.", "x-path": true},
    "permission_mode": {"type": "string", "description": "How much it may do.", "default": "default",
                        "enum": ["default", "accept_edits", "plan", "full_auto", "dangerously_skip_permissions", "own"],
                        "x-meanings": {"plan": "reads only", "full_auto": "asks for nothing"}},
    "nested": {"type": "object", "description": "A map.", "additionalProperties": {"type": "integer"}}
  },
  "additionalProperties": false
})";
constexpr std::string_view kBadSchema = R"({"type": "object", "$ref": "#/nowhere"})";

constexpr asmgr_component kComponents[] = {
    asmgr::sdk::component<ProbeProvider, &asmgr::sdk::make_instance<ProbeProvider>, &check>("config_probe", "Probe",
                                                                                            kSchema),
    asmgr::sdk::component<ProbePolicy, &asmgr::sdk::make_instance<ProbePolicy>, &check>("config_probe", "Probe",
                                                                                        kSchema),
    asmgr::sdk::component<ProbePolicy>("bad_schema", "Its schema goes too far", kBadSchema),
};

constexpr asmgr_plugin kPlugin =
    asmgr::sdk::plugin({"com.example.config-probe", "asmgr", "1.0.0", "Apache-2.0"}, kComponents);

}  // namespace

extern "C" ASMGR_EXPORT const asmgr_plugin* asmgr_plugin_entry_v1() noexcept {
  return &kPlugin;
}
