#include "core/config/deployment.hpp"

#include <gtest/gtest.h>

#include "core/model/json.hpp"
#include "tests/core/config/config_fixture.hpp"

namespace asmgr {
namespace {

// A folder with one configuration file, loaded with the probe plugin and the memory store on the search path.
class DeploymentTest : public testing::Test {
 protected:
  Result<Deployment> load(std::string_view text, LoadOptions options = {}) {
    file_ = folder_.write("asmgr.yaml", text);
    prepare(options);
    return Deployment::load(file_, options);
  }

  // The message of the error, with the folder's name cut off; what loaded without an error is "(loaded)".
  std::string refusal(std::string_view text, LoadOptions options = {}) {
    const Result<Deployment> deployment = load(text, std::move(options));
    if (deployment) return "(loaded)";
    code_ = deployment.error().code();
    std::string message = deployment.error().message();
    const std::string prefix = folder_.path().string() + "/";
    for (std::size_t at = message.find(prefix); at != std::string::npos; at = message.find(prefix)) {
      message.erase(at, prefix.size());
    }
    return message;
  }

  void prepare(LoadOptions& options) const {
    options.environment =
        environment_of({{"ASMGR_PLUGIN_PATH", std::string(ASMGR_CONFIG_PROBE_DIR) + ":" + ASMGR_PLUGIN_DIR},
                        {"TOKEN", "s3cr3t-value"}});
    options.program_folder = folder_.path().string();
  }

  TemporaryFolder folder_;
  std::string file_;
  ErrorCode code_ = ErrorCode::unknown_error;
};

std::string deployment_with(std::string_view provider_config, std::string_view policy = "{plugin: config_probe}",
                            std::string_view pipeline = "{store: main, provider: probe, policies: [rules]}") {
  return "version: 1\nstores:\n  main: {plugin: memory}\nproviders:\n  probe: {plugin: config_probe, config: " +
         std::string(provider_config) + "}\npolicies:\n  rules: " + std::string(policy) +
         "\npipelines:\n  default: " + std::string(pipeline) + "\n";
}

TEST_F(DeploymentTest, WiresWhatTheFileSays) {
  const Result<Deployment> deployment = load(deployment_with("{grade: own}"));
  ASSERT_TRUE(deployment) << deployment.error().message();
  const Wiring& wiring = *deployment;
  ASSERT_TRUE(wiring.stores.contains("main"));
  EXPECT_EQ(wiring.stores.at("main")->info().name, "main");
  ASSERT_TRUE(wiring.providers.contains("probe"));
  EXPECT_EQ(wiring.providers.at("probe")->info().grade, EnforcementGrade::own);
  ASSERT_TRUE(wiring.policies.contains("rules"));
  EXPECT_EQ(wiring.policies.at("rules").on_error, OnPolicyError::cancel);
  EXPECT_EQ(wiring.pipelines.at("default").provider, "probe");
  EXPECT_EQ(wiring.default_pipeline, "default");
  EXPECT_TRUE(wiring.warnings.empty());
  EXPECT_EQ(deployment->file(), file_);
}

std::string deployment_with_artifacts(std::string_view pipeline) {
  return "artifacts:\n  files: {plugin: file, config: {root: ./kept}}\n  more: {plugin: file, config: {root: "
         "./more}}\n" +
         deployment_with("{}", "{plugin: config_probe}", pipeline);
}

TEST_F(DeploymentTest, APipelineHasTheArtifactStoreItNames) {
  LoadOptions options;
  options.working_directory = folder_.path().string();
  options.selection.scope = Selection::Scope::one_pipeline;
  const auto with = load(deployment_with_artifacts("{store: main, provider: probe, artifacts: files}"), options);
  ASSERT_TRUE(with) << with.error().message();
  const std::shared_ptr<ArtifactStore> store = with->wiring().pipelines.at("default").artifacts;
  ASSERT_NE(store, nullptr);
  EXPECT_EQ(store, with->artifacts().at("files"));
  bool given = false;
  const auto put = store->put("k", "", [&given](std::span<char> buffer) -> Result<std::size_t> {
    buffer[0] = 'x';
    return std::exchange(given, true) ? 0 : 1;
  });
  ASSERT_TRUE(put) << put.error().message();
  EXPECT_TRUE(std::filesystem::exists(folder_.path() / "kept" / "keys" / "k="));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "more")) << "no pipeline names it";

  const auto without = load(deployment_with_artifacts("{store: main, provider: probe}"), options);
  ASSERT_TRUE(without) << without.error().message();
  EXPECT_EQ(without->wiring().pipelines.at("default").artifacts, nullptr);
}

TEST_F(DeploymentTest, ChecksABlockAgainstThePluginsOwnSchema) {
  EXPECT_EQ(refusal(deployment_with("{grad: own, nested: {a: x}}")),
            "asmgr.yaml:5:42: providers.probe.config.grad: unknown key\n"
            "    5 |   probe: {plugin: config_probe, config: {grad: own, nested: {a: x}}}\n"
            "      |                                          ^~~~ did you mean 'grade'?\n"
            "asmgr.yaml:5:65: providers.probe.config.nested.a: expected integer, found string \"x\"\n"
            "    5 |   probe: {plugin: config_probe, config: {grad: own, nested: {a: x}}}\n"
            "      |                                                                 ^\n"
            "2 errors\n");
  EXPECT_EQ(code_, ErrorCode::config_invalid);
}

TEST_F(DeploymentTest, PutsWhatThePluginItselfSaysAtItsLineWithoutSecrets) {
  EXPECT_EQ(refusal(deployment_with("{complain: /nested/a, api_key: \"${env:TOKEN}\", nested: {a: 1}}")),
            "asmgr.yaml:5:100: providers.probe.config.nested.a: the probe does not like it: ***\n"
            "    5 | ...a, api_key: \"${env:TOKEN}\", nested: {a: 1}}}\n"
            "      |                                            ^\n"
            "1 error\n");
  EXPECT_EQ(refusal(deployment_with("{complain: /nowhere}")),
            "asmgr.yaml:5:41: providers.probe.config.nowhere: the probe does not like it: \n"
            "    5 |   probe: {plugin: config_probe, config: {complain: /nowhere}}\n"
            "      |                                         ^\n"
            "1 error\n");
}

TEST_F(DeploymentTest, SaysWhatCreatingAnInstanceFailedWith) {
  const std::string message = refusal(deployment_with("{fail: no luck, api_key: a-literal-key}"));
  EXPECT_EQ(message.find("asmgr.yaml:5:3: providers.probe: "), 0U) << message;
  EXPECT_NE(message.find("no luck with key ***"), std::string::npos) << message;
}

TEST_F(DeploymentTest, KeepsTheCodeOfAPluginThatCannotBeFound) {
  const std::string message = refusal(deployment_with("{}", "{plugin: config_prob}"));
  EXPECT_EQ(code_, ErrorCode::plugin_load_failed) << message;
  EXPECT_EQ(message.find("asmgr.yaml:7:19: policies.rules.plugin: "), 0U) << message;
  EXPECT_NE(message.find("config_probe"), std::string::npos) << message;
}

TEST_F(DeploymentTest, RefusesAPluginWhoseSchemaGoesBeyondTheSubset) {
  const std::string message = refusal(deployment_with("{}", "{plugin: config_probe/bad_schema}"));
  EXPECT_EQ(code_, ErrorCode::plugin_load_failed);
  EXPECT_NE(message.find("/$ref: this keyword is not part of the supported subset"), std::string::npos) << message;
}

TEST_F(DeploymentTest, RefusesAPolicyThatTheProviderCannotEnforce) {
  EXPECT_EQ(refusal(deployment_with("{grade: cancel}", "{plugin: config_probe, config: {grade: intercept}}")),
            "asmgr.yaml:9:54: pipelines.default.policies[0]: policy 'rules' cannot be enforced on provider 'probe': "
            "'no_bash' "
            "(deny) needs grade intercept, the provider gives cancel (its runs can be stopped)\n"
            "    9 |   default: {store: main, provider: probe, policies: [rules]}\n"
            "      |                                                      ^~~~~ choose another provider, or set "
            "on_unenforceable: warn on the policy\n"
            "1 error\n");
}

TEST_F(DeploymentTest, OnlyWarnsWhenThePolicySaysSo) {
  const Result<Deployment> deployment = load(
      deployment_with("{grade: cancel}", "{plugin: config_probe, on_unenforceable: warn, config: {grade: intercept}}"));
  ASSERT_TRUE(deployment) << deployment.error().message();
  ASSERT_EQ(deployment->wiring().warnings.size(), 1U);
  EXPECT_NE(deployment->wiring().warnings[0].find("policy 'rules' cannot be enforced"), std::string::npos);
  EXPECT_NE(deployment->rendered_warnings().find("asmgr.yaml:9:54: warning: "), std::string::npos);
  EXPECT_NE(deployment->rendered_warnings().find("\n1 warning\n"), std::string::npos);
}

constexpr std::string_view kTwoPipelines = R"(version: 1
stores:
  main: {plugin: memory}
providers:
  probe: {plugin: config_probe}
  other: {plugin: config_probe, config: {grade: own}}
  absent: {plugin: no_such_plugin, config: {api_key: "${env:NOPE}"}}
policies:
  strict: {plugin: config_probe, config: {grade: own}}
pipelines:
  default: {store: main, provider: probe}
  strict: {store: main, provider: other, policies: [strict]}
  broken: {store: main, provider: absent}
)";

TEST_F(DeploymentTest, BuildsOnlyWhatThePipelineReaches) {
  LoadOptions options;
  options.selection = Selection::only("");
  const Result<Deployment> deployment = load(kTwoPipelines, options);
  ASSERT_TRUE(deployment) << deployment.error().message();
  EXPECT_EQ(deployment->wiring().providers.size(), 1U);
  EXPECT_TRUE(deployment->wiring().policies.empty());
  EXPECT_EQ(deployment->wiring().pipelines.size(), 1U);
  EXPECT_EQ(deployment->wiring().default_pipeline, "default");
  EXPECT_EQ(refusal(kTwoPipelines).find("asmgr.yaml:7:20: providers.absent.plugin: "), 0U)
      << "the whole file is another matter";
}

TEST_F(DeploymentTest, TakesAnotherProviderForThePipeline) {
  LoadOptions options;
  options.selection = Selection::only("default");
  options.selection.provider = "other";
  const Result<Deployment> deployment = load(kTwoPipelines, options);
  ASSERT_TRUE(deployment) << deployment.error().message();
  EXPECT_EQ(deployment->wiring().pipelines.at("default").provider, "other");
  options.selection = Selection::only("strict");
  options.selection.provider = "probe";
  EXPECT_NE(refusal(kTwoPipelines, options).find("policy 'strict' cannot be enforced on provider 'probe'"),
            std::string::npos);
}

TEST_F(DeploymentTest, ChecksPoliciesOfTheCommandLineAtTheirEntries) {
  LoadOptions options;
  options.selection = Selection::only("default");
  options.selection.policies = {"strict"};
  const std::string message = refusal(kTwoPipelines, options);
  EXPECT_EQ(message.find("asmgr.yaml:9:3: policies.strict: policy 'strict' cannot be enforced on provider 'probe'"), 0U)
      << message;
  options.selection.provider = "other";
  EXPECT_EQ(refusal(kTwoPipelines, options), "(loaded)");
}

TEST_F(DeploymentTest, KnowsWhereEachPolicyAndEachOfItsKeysWasWritten) {
  LoadOptions options;
  options.settings = {"policies.rules.config.path=./x"};
  const Result<Deployment> deployment = load(
      "version: 1\nstores:\n  main: {plugin: memory}\nproviders:\n  probe: {plugin: config_probe}\npolicies:\n"
      "  rules:\n    plugin: config_probe\n    config:\n      grade: cancel\n      nested:\n        a: 1\n"
      "pipelines:\n  default: {store: main, provider: probe, policies: [rules]}\n",
      options);
  ASSERT_TRUE(deployment) << deployment.error().message();
  const PolicyBinding& rules = deployment->wiring().policies.at("rules");
  EXPECT_EQ(source_of(rules, "no_bash"), file_ + ":7") << "a rule without a key of its own";
  EXPECT_EQ(source_of(rules, "grade"), file_ + ":10");
  EXPECT_EQ(source_of(rules, "nested"), file_ + ":11");
  EXPECT_EQ(source_of(rules, "path"), "--set policies.rules.config.path");
}

TEST_F(DeploymentTest, WarnsOfAPermissionModeThatDoesNothing) {
  const Result<Deployment> deployment = load(deployment_with("{permission_mode: accept_edits}"));
  ASSERT_TRUE(deployment) << deployment.error().message();
  const std::string warnings = deployment->rendered_warnings();
  EXPECT_NE(warnings.find("asmgr.yaml:5:59: warning: providers.probe.config.permission_mode: 'accept_edits' changes "
                          "nothing: the plugin 'config_probe' has no meaning for it"),
            std::string::npos)
      << warnings;
  EXPECT_NE(warnings.find("it knows plan, full_auto"), std::string::npos) << warnings;
  for (const std::string_view mode : {"default", "plan", "full_auto"}) {
    EXPECT_EQ(load(deployment_with("{permission_mode: " + std::string(mode) + "}"))->rendered_warnings(), "") << mode;
  }
}

TEST_F(DeploymentTest, RefusesAModeOfAProvidersOwnMaking) {
  EXPECT_EQ(refusal(deployment_with("{permission_mode: own}")),
            "asmgr.yaml:5:59: providers.probe.config.permission_mode: the value is not a permission mode\n"
            "    5 |   probe: {plugin: config_probe, config: {permission_mode: own}}\n"
            "      |                                                           ^~~ known: default, accept_edits, plan, "
            "full_auto, dangerously_skip_permissions\n"
            "1 error\n");
}

TEST_F(DeploymentTest, OpensNoStoreWhenItOnlyChecks) {
  LoadOptions options;
  options.extent = BuildExtent::check;
  const Result<Deployment> deployment = load(deployment_with("{}"), options);
  ASSERT_TRUE(deployment) << deployment.error().message();
  EXPECT_TRUE(deployment->wiring().stores.empty());
  EXPECT_EQ(deployment->wiring().providers.size(), 1U);
}

TEST_F(DeploymentTest, LetsAWiringOutliveItsDeployment) {
  Wiring wiring;
  {
    const Result<Deployment> deployment = load(deployment_with("{}"));
    ASSERT_TRUE(deployment) << deployment.error().message();
    wiring = deployment->wiring();
  }
  EXPECT_EQ(wiring.providers.at("probe")->info().vendor, "probe");
}

TEST_F(DeploymentTest, LoadsAnotherFileIntoTheSameCatalogue) {
  const Result<Deployment> first = load(deployment_with("{}"));
  ASSERT_TRUE(first) << first.error().message();
  LoadOptions options;
  options.catalog = first->catalog();
  const Result<Deployment> second = load(deployment_with("{grade: own}"), options);
  ASSERT_TRUE(second) << second.error().message();
  EXPECT_EQ(second->catalog(), first->catalog());
  EXPECT_EQ(first->wiring().providers.at("probe")->info().grade, EnforcementGrade::intercept);
  EXPECT_EQ(second->wiring().providers.at("probe")->info().grade, EnforcementGrade::own);
}

TEST_F(DeploymentTest, MakesInlinePolicies) {
  const Result<Deployment> deployment = load(deployment_with("{}"));
  ASSERT_TRUE(deployment) << deployment.error().message();
  const PolicyMaker& make = deployment->wiring().make_policy;
  const auto definition = [](std::string_view text) { return *parse_json_object(text, "test"); };
  const auto policy = make(definition(R"({"plugin":"config_probe","on_error":"deny","config":{"grade":"cancel"}})"));
  ASSERT_TRUE(policy) << policy.error().message();
  EXPECT_EQ(policy->on_error, OnPolicyError::deny);
  EXPECT_EQ(source_of(*policy, "no_bash"), "inline");
  EXPECT_EQ(policy->policy->info().needs.at(0).grade, EnforcementGrade::cancel);

  const auto unknown = make(definition(R"({"plugin":"config_probe","config":{"grad":"own"}})"));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().message(),
            "inline policy: policy.config.grad: unknown key; did you mean 'grade'?\n1 error\n");
  const auto path = make(definition(R"({"plugin":"./evil.asmgr.so"})"));
  ASSERT_FALSE(path);
  EXPECT_NE(path.error().message().find("is a path"), std::string::npos);
  EXPECT_FALSE(make(definition(R"({"config":{}})")));
  EXPECT_FALSE(make(definition(R"({"plugin":5})")));
}

TEST_F(DeploymentTest, GivesItsDiagnosticsAsJsonToo) {
  const Result<Deployment> deployment = load(deployment_with("{grad: own}"));
  ASSERT_FALSE(deployment);
  const Error error = deployment.error();
  const boost::json::array* list = find_array(error.details(), "diagnostics");
  ASSERT_NE(list, nullptr);
  ASSERT_EQ(list->size(), 1U);
  const boost::json::object& one = list->at(0).as_object();
  EXPECT_EQ(find_int(one, "line"), 5);
  EXPECT_EQ(find_int(one, "column"), 42);
  EXPECT_EQ(find_string(one, "path"), "providers.probe.config.grad");
  EXPECT_EQ(find_string(one, "suggestion"), "did you mean 'grade'?");
}

TEST_F(DeploymentTest, HasOneCodeWhenAllErrorsShareIt) {
  refusal(deployment_with("{}", "{plugin: config_probe, isolation: process}"));
  EXPECT_EQ(code_, ErrorCode::capability_not_supported);
  refusal(deployment_with("{grad: 1}", "{plugin: config_probe, isolation: process}"));
  EXPECT_EQ(code_, ErrorCode::config_invalid);
}

TEST_F(DeploymentTest, ShowsTheFileWithoutItsSecrets) {
  LoadOptions options;
  prepare(options);
  const std::string file = folder_.write(
      "show.yaml",
      "version: 1\nproviders:\n  probe: {plugin: config_probe, config: {api_key: literal-key, path: ./x}}\n"
      "  absent: {plugin: no_such_plugin, config: {password: hunter2, level: 3, from: \"${env:TOKEN}\"}}\n"
      "host: {http: {tokens: [{name: ops, sha256: \"0123\"}]}}\n");
  const Result<std::string> shown = show_deployment(file, options);
  ASSERT_TRUE(shown) << shown.error().message();
  EXPECT_EQ(*shown,
            "version: 1\nproviders:\n  probe:\n    plugin: config_probe\n    config:\n      api_key: \"***\"\n"
            "      path: ./x\n  absent:\n    plugin: no_such_plugin\n    config:\n      password: \"***\"\n"
            "      level: 3\n      from: \"***\"\nhost:\n  http:\n    tokens:\n      -\n        name: ops\n"
            "        sha256: \"***\"\n");
}

TEST_F(DeploymentTest, TakesSecretsOutUnlessToldOtherwise) {
  auto deployment = load(deployment_with("{}"));
  ASSERT_TRUE(deployment) << deployment.error().message();
  const Wiring& wiring = *deployment;
  ASSERT_NE(wiring.pipelines.at("default").redactor, nullptr);
  EXPECT_EQ(wiring.pipelines.at("default").redactor->redact_text("password: hunter22").text, "password: [REDACTED]");
  EXPECT_NE(wiring.redactor, nullptr);
  deployment =
      load(deployment_with("{}", "{plugin: config_probe}",
                           "{store: main, provider: probe, redaction: {enabled: false, keep_pending: false}}"));
  ASSERT_TRUE(deployment) << deployment.error().message();
  EXPECT_EQ(deployment->wiring().pipelines.at("default").redactor, nullptr);
  EXPECT_FALSE(deployment->wiring().pipelines.at("default").keep_pending);
}

TEST_F(DeploymentTest, KnowsTheSecretsOfTheFileAndThePatternsOfThePipeline) {
  const auto deployment = load(deployment_with("{api_key: \"${env:TOKEN}\"}", "{plugin: config_probe}",
                                               "{store: main, provider: probe, redaction: {patterns: ['ACME-[0-9]+'], "
                                               "replacement: categorized}}"));
  ASSERT_TRUE(deployment) << deployment.error().message();
  const Redactor& redactor = *deployment->wiring().pipelines.at("default").redactor;
  EXPECT_EQ(redactor.redact_text("it is s3cr3t-value of ACME-12").text,
            "it is [REDACTED:known_secret] of [REDACTED:custom]");
}

TEST_F(DeploymentTest, PutsTheOperatorsPricesOverTheShippedOnes) {
  const auto deployment =
      load(deployment_with("{}") + "host:\n  pricing:\n    acme: {rocket: {input: 2, output: 4, reasoning: 8}}\n");
  ASSERT_TRUE(deployment) << deployment.error().message();
  const auto price = deployment->wiring().prices->find("acme", "rocket-1");
  ASSERT_TRUE(price);
  EXPECT_EQ(price->rates.reasoning, 8'000'000);
  EXPECT_TRUE(deployment->wiring().prices->find("anthropic", "claude-haiku-4-5"));
}

}  // namespace
}  // namespace asmgr
