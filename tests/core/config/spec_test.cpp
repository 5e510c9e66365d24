#include "core/config/spec.hpp"

#include <gtest/gtest.h>

#include "core/config/spec_names.hpp"
#include "core/config/suggest.hpp"
#include "core/model/json.hpp"
#include "tests/core/config/config_fixture.hpp"

namespace asmgr {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

struct Parsed {
  ConfigTree tree;
  DeploymentSpec spec;
  std::string problems;
};

Parsed parse(std::string_view text, const Selection& selection = {}) {
  Parsed parsed;
  Diagnostics diagnostics;
  parsed.tree = read_config_text(std::string(text), "test.yaml", test_options(), diagnostics);
  parsed.spec = parse_deployment(parsed.tree, selection, diagnostics);
  parsed.problems = render(diagnostics, parsed.tree.sources);
  return parsed;
}

TEST(Spec, AStoreKeepsEverythingUnlessItSaysOtherwise) {
  const Parsed parsed = parse(small_deployment());
  ASSERT_EQ(parsed.problems, "");
  for (const auto& [name, store] : parsed.spec.stores) EXPECT_FALSE(store.retention) << name;
}

std::string deployment_with_retention(const std::string& retention) {
  return "version: 1\nstores:\n  cold: {plugin: memory}\n  local:\n    plugin: memory\n    retention: " + retention +
         "\nproviders:\n  shell: {plugin: shell}\npipelines:\n  default: {store: local, provider: shell}\n";
}

TEST(Spec, ReadsWhatAStoreIsToKeep) {
  const Parsed parsed = parse(deployment_with_retention(
      "{max_completed_session_age_days: 7, hard_delete_after_days: infinity, max_events_per_session: 100, "
      "drop_superseded_deltas: false, exempt_statuses: [paused], archive: {store: cold}, every: 24h}"));
  ASSERT_EQ(parsed.problems, "");
  const auto& retention = parsed.spec.stores.at("local").retention;
  ASSERT_TRUE(retention);
  EXPECT_EQ(retention->policy.max_completed_session_age_days, 7U);
  EXPECT_EQ(retention->policy.hard_delete_after_days, std::nullopt);
  EXPECT_EQ(retention->policy.max_events_per_session, 100U);
  EXPECT_FALSE(retention->policy.drop_superseded_deltas);
  EXPECT_EQ(retention->policy.exempt_statuses, std::vector{SessionStatus::paused});
  EXPECT_EQ(retention->policy.exempt_tags, std::vector<std::string>{"pinned"});
  EXPECT_EQ(retention->policy.archive.store, "cold");
  EXPECT_EQ(retention->every, hours(24));
}

TEST(Spec, WhatIsWrongWithARetentionIsSaidAtItsField) {
  for (const auto& [retention, problem] : std::vector<std::pair<std::string, std::string>>{
           {"{max_events_per_session: 0}", "test.yaml:6:41: stores.local.retention.max_events_per_session: "},
           {"{max_total_events: many}", "stores.local.retention.max_total_events: "},
           {"{drop_superseded_deltas: sometimes}", "stores.local.retention.drop_superseded_deltas: "},
           {"{max_age_days: 3}", "stores.local.retention.max_age_days: unknown key"},
           {"{exempt_statuses: [done]}", "stores.local.retention.exempt_statuses[0]: "},
           {"{archive: {store: local}}", "test.yaml:6:34: stores.local.retention.archive.store: is the store itself"},
           {"{archive: {store: cool}}", "stores.local.retention.archive.store: 'cool' is not a store of this file"},
           {"{archive: {}}", "retention: archive names neither a store nor a folder"},
           {"{archive: {store: cold, folder: ./a}}", "retention: archive names a store and a folder"},
           {"{every: 10ms}", "stores.local.retention.every: "}}) {
    EXPECT_NE(parse(deployment_with_retention(retention)).problems.find(problem), std::string::npos)
        << retention << "\n"
        << parse(deployment_with_retention(retention)).problems;
  }
}

TEST(Spec, ThePlaceOfAnArchiveIsReachedByWhoeverKeepsTheStoreSmallAndNobodyElse) {
  const Parsed parsed = parse(deployment_with_retention("{archive: {store: cold}}"));
  const auto stores = [&parsed](const Selection& selection) { return reach_of(parsed.spec, selection).stores; };
  EXPECT_EQ(stores(Selection::one_store("")), std::vector<std::string>{"local"});
  EXPECT_EQ(stores(Selection::one_store("local")), std::vector<std::string>{"local"});
  EXPECT_EQ(stores(Selection::upkeep_of("", "")), (std::vector<std::string>{"local", "cold"}));
  EXPECT_EQ(stores(Selection::upkeep_of("local", "")), (std::vector<std::string>{"local", "cold"}));
  EXPECT_EQ(stores(Selection::upkeep_of("cold", "local")), (std::vector<std::string>{"cold", "local"}));
}

TEST(Spec, HasTheDefaultsOfTheContract) {
  const Parsed parsed = parse(small_deployment());
  ASSERT_EQ(parsed.problems, "");
  const Pipeline& pipeline = parsed.spec.pipelines.at("default").pipeline;
  EXPECT_EQ(pipeline.timeouts.run, hours(1));
  EXPECT_EQ(pipeline.timeouts.idle, minutes(2));
  EXPECT_EQ(pipeline.timeouts.tool, minutes(30));
  EXPECT_EQ(pipeline.timeouts.cancel_grace, seconds(5));
  EXPECT_EQ(pipeline.store_retry, seconds(30));
  EXPECT_EQ(pipeline.max_event_bytes, 1U << 20);
  EXPECT_EQ(pipeline.queue.max_concurrent_runs, 1U);
  EXPECT_EQ(pipeline.queue.max_queued_runs, 100U);
  EXPECT_EQ(pipeline.limit_merge, LimitMerge::tightest);
  EXPECT_EQ(pipeline.continuation.mode, ContinuationMode::off);
  const HostOptions& host = parsed.spec.host;
  EXPECT_EQ(host.max_parallel_sessions, 1000U);
  EXPECT_EQ(host.max_parallel_runs, 1000U);
  EXPECT_EQ(host.drain_timeout, seconds(30));
  EXPECT_EQ(host.plugin_call_timeout, seconds(5));
  EXPECT_EQ(host.host_ttl, seconds(10));
  const boost::json::object* http = find_object(parsed.spec.host_settings, "http");
  ASSERT_NE(http, nullptr);
  EXPECT_EQ(find_string(*http, "listen"), "127.0.0.1:7420");
  EXPECT_EQ(find_int(*http, "max_body"), 8 << 20);
  const PolicySpec& policy = parsed.spec.policies.at("budget");
  EXPECT_EQ(policy.on_error, OnPolicyError::cancel);
  EXPECT_EQ(policy.on_unenforceable, OnUnenforceable::refuse);
}

TEST(Spec, AnEventKeepsSomethingAndNotEverything) {
  for (const std::string_view wrong : {"4095", "1GiB", "1h"}) {
    const Parsed parsed = parse(
        "version: 1\nstores: {s: {plugin: sqlite}}\nproviders: {p: {plugin: shell}}\n"
        "pipelines:\n  default: {store: s, provider: p, max_event_bytes: " +
        std::string(wrong) + "}\n");
    EXPECT_NE(parsed.problems.find("pipelines.default.max_event_bytes"), std::string::npos) << wrong << parsed.problems;
  }
}

TEST(Spec, TakesEveryValueOfAPipeline) {
  const Parsed parsed = parse(R"(version: 1
plugins:
  search_path: [/opt/plugins, ./mine]
  trust: {sha256: {sqlite: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}}
stores:
  local: {plugin: ./local/sqlite.asmgr.so}
providers:
  shell: {plugin: tools/shell}
policies:
  budget: {plugin: limits, on_error: warn, on_unenforceable: warn}
pipelines:
  work:
    store: local
    provider: shell
    policies: [budget]
    required_capabilities: [tool, {type: sampling, name: streaming}]
    optional_capabilities: [prompt]
    store_retry: 5s
    max_event_bytes: 64KiB
    limit_merge: last_wins
    continuation: {mode: "off", max_messages: 10}
    approvals: {timeout: 1h}
    queue: {max_concurrent_runs: 2, max_queued_runs: 0}
    timeouts: {run: 10m, idle: 1500ms, tool: 2h, cancel_grace: 0}
host:
  limits: {max_parallel_sessions: 5, max_parallel_runs: 6}
  drain_timeout: 1s
  plugin_call_timeout: 2s
  host_ttl: 3s
  log: {level: debug, format: json}
)");
  ASSERT_EQ(parsed.problems, "");
  EXPECT_EQ(parsed.spec.default_pipeline, "work") << "the only pipeline is the default one";
  const Pipeline& pipeline = parsed.spec.pipelines.at("work").pipeline;
  EXPECT_EQ(pipeline.policies, std::vector<std::string>{"budget"});
  ASSERT_EQ(pipeline.required_capabilities.size(), 2U);
  EXPECT_EQ(pipeline.required_capabilities[1], (CapabilityNeed{CapabilityType::sampling, "streaming"}));
  EXPECT_EQ(pipeline.optional_capabilities.size(), 1U);
  EXPECT_EQ(pipeline.store_retry, seconds(5));
  EXPECT_EQ(pipeline.max_event_bytes, 65536U);
  EXPECT_EQ(pipeline.limit_merge, LimitMerge::last_wins);
  EXPECT_EQ(pipeline.continuation.max_messages, 10);
  EXPECT_EQ(pipeline.queue.max_queued_runs, 0U);
  EXPECT_EQ(pipeline.timeouts.idle, milliseconds(1500));
  EXPECT_EQ(pipeline.timeouts.cancel_grace, milliseconds(0));
  EXPECT_EQ(parsed.spec.host.host_ttl, seconds(3));
  EXPECT_EQ(parsed.spec.policies.at("budget").on_error, OnPolicyError::warn);
  EXPECT_EQ(parsed.spec.plugins.search_path[0], "/opt/plugins");
  EXPECT_EQ(parsed.spec.plugins.sha256.size(), 1U);
  EXPECT_EQ(parsed.spec.stores.at("local").plugin,
            (std::filesystem::current_path() / "local/sqlite.asmgr.so").string());
  EXPECT_EQ(parsed.spec.providers.at("shell").plugin, "tools/shell") << "a component of a file, no path";
}

constexpr std::string_view kTwoPipelines = R"(version: 1
stores: {a: {plugin: sqlite}, b: {plugin: sqlite}}
providers:
  shell: {plugin: shell}
  other: {plugin: shell}
  best: {route: {strategy: weighted, targets: [{provider: shell}, {provider: other, weight: 3}]}}
policies: {p: {plugin: limits}, q: {plugin: limits}}
pipelines:
  default: {store: a, provider: shell, policies: [p, p]}
  routed: {store: b, provider: best, policies: [q]}
)";

TEST(Spec, ReachesWhatAPipelineUsesAndNothingElse) {
  const Parsed parsed = parse(kTwoPipelines, Selection::only("default"));
  EXPECT_EQ(parsed.problems, "") << "a router that is not reached is no problem";
  const Reach reach = reach_of(parsed.spec, Selection::only("default"));
  EXPECT_EQ(reach.stores, std::vector<std::string>{"a"});
  EXPECT_EQ(reach.providers, std::vector<std::string>{"shell"});
  EXPECT_EQ(reach.policies, std::vector<std::string>{"p"});
  EXPECT_EQ(reach.pipelines, std::vector<std::string>{"default"});
}

TEST(Spec, ReachesTheTargetsOfARouter) {
  const Parsed parsed = parse(kTwoPipelines);
  const Reach reach = reach_of(parsed.spec, Selection::only("routed"));
  EXPECT_EQ(reach.providers, (std::vector<std::string>{"best", "shell", "other"}));
  ASSERT_TRUE(parsed.spec.providers.at("best").route.has_value());
  EXPECT_EQ(parsed.spec.providers.at("best").route->settings.strategy, RouteStrategy::weighted);
  EXPECT_EQ(parsed.spec.providers.at("best").route->targets[1].weight, 3);
  EXPECT_EQ(parsed.spec.providers.at("best").route->settings.cooldown, std::chrono::seconds(30));
}

TEST(Spec, SaysSoWhenAWeightHasNoEffect) {
  const std::string file =
      "version: 1\nstores:\n  s: {plugin: memory}\nproviders:\n  a: {plugin: shell}\n  b: {plugin: shell}\n"
      "  best: {route: {targets: [{provider: a, weight: 2}, {provider: b}]}}\n"
      "pipelines:\n  default: {store: s, provider: best}\n";
  EXPECT_EQ(parse(file).problems,
            "test.yaml:7:42: warning: providers.best.route.targets[0].weight: has no effect under strategy priority\n"
            "    7 |   best: {route: {targets: [{provider: a, weight: 2}, {provider: b}]}}\n"
            "      |                                          ^~~~~~ remove it, or set strategy: weighted\n"
            "1 warning\n");
}

TEST(Spec, ReachesTheProviderThatReplacesThePipelines) {
  const Parsed parsed = parse(kTwoPipelines);
  Selection selection = Selection::only("routed");
  selection.provider = "other";
  EXPECT_EQ(reach_of(parsed.spec, selection).providers, std::vector<std::string>{"other"});
}

TEST(Spec, UsesTheDefaultPipelineWhenNoneIsNamed) {
  const Parsed parsed = parse(kTwoPipelines, Selection::only(""));
  EXPECT_EQ(parsed.problems, "");
  EXPECT_EQ(reach_of(parsed.spec, Selection::only("")).pipelines, std::vector<std::string>{"default"});
}

TEST(Spec, SaysSoWhenTheSelectionNamesNothing) {
  EXPECT_EQ(parse(kTwoPipelines, Selection::only("defualt")).problems,
            "test.yaml:8:1: pipelines: 'defualt' is not a pipeline of this file\n"
            "    8 | pipelines:\n"
            "      | ^~~~~~~~~ did you mean 'default'?\n1 error\n");
  Selection selection = Selection::only("default");
  selection.provider = "shel";
  EXPECT_NE(parse(kTwoPipelines, selection).problems.find("did you mean 'shell'?"), std::string::npos);
  const Parsed none = parse(
      "version: 1\nstores: {s: {plugin: x}}\nproviders: {p: {plugin: x}}\npipelines:\n"
      "  a: {store: s, provider: p}\n  b: {store: s, provider: p}\n",
      Selection::only(""));
  EXPECT_NE(none.problems.find("'default' is not a pipeline of this file"), std::string::npos) << none.problems;
}

TEST(Spec, KnowsWhatANameIs) {
  for (const char* name : {"a", "main-store", "x_1", "claude3"}) EXPECT_TRUE(is_instance_name(name)) << name;
  for (const char* name : {"", "A", "1a", "-a", "a.b", "a b", "\xc3\xa4"}) EXPECT_FALSE(is_instance_name(name)) << name;
  EXPECT_FALSE(is_instance_name(std::string(65, 'a')));
}

TEST(Suggest, FindsTheNearestName) {
  const std::vector<std::string> known{"journal_mode", "path", "durability"};
  EXPECT_EQ(nearest("jurnal_mode", known), "journal_mode");
  EXPECT_EQ(nearest("paht", known), "path") << "a swap is one slip";
  EXPECT_EQ(nearest("zzz", known), "");
  EXPECT_EQ(nearest("", known), "");
  EXPECT_EQ(suggest("zzz", known), "known: journal_mode, path, durability");
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
}

}  // namespace
}  // namespace asmgr
