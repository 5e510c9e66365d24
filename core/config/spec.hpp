// A deployment as the file describes it: typed, complete, its names checked; nothing is loaded yet.
#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <string>
#include <vector>

#include "core/config/diagnostic.hpp"
#include "core/config/tree.hpp"
#include "core/cost/price_table.hpp"
#include "core/engine/wiring.hpp"
#include "core/redaction/redaction_options.hpp"
#include "core/routing/route_settings.hpp"

namespace asmgr {

// Where a name stands, for diagnostics about it. `config` points into the tree the spec was made from, null when the
// block is absent; `path` is that of the entry ("stores.main").
struct Place {
  Position position;  // of the entry's key
  std::string path;
  const ConfigNode* config = nullptr;
};

// An entry of stores, artifacts, providers or policies.
struct ComponentSpec {
  std::string plugin;  // as written, a path made absolute
  bool isolated = false;
  Place place;
  Position plugin_position;
};

struct StoreSpec : ComponentSpec {
  std::optional<StoreRetention> retention;  // empty: everything is kept
};

struct RouteTarget {
  std::string provider;
  std::int64_t weight = 1;
};
struct RouteSpec {
  RouteSettings settings;
  std::vector<RouteTarget> targets;
  std::string text;  // all of it as JSON, with defaults: what makes two routes the same
};

struct ProviderSpec : ComponentSpec {
  std::optional<RouteSpec> route;  // then plugin is empty
};

struct PolicySpec : ComponentSpec {
  OnPolicyError on_error = OnPolicyError::cancel;
  OnUnenforceable on_unenforceable = OnUnenforceable::refuse;
};

struct PipelineSpec {
  Pipeline pipeline;
  RedactionOptions redaction;  // without the secrets of the file
  std::string artifacts;
  boost::json::object settings;  // the whole entry, typed, for what has no field yet
  Position position;             // of its key
  std::string path;
  Position provider_position;
  Position policies_position;              // of the key `policies`, of the pipeline's own without one
  std::vector<Position> policy_positions;  // as many as pipeline.policies
};

struct PluginsSpec {
  std::vector<std::string> search_path;       // absolute
  std::map<std::string, std::string> sha256;  // file NAME -> digest
};

struct DeploymentSpec {
  PluginsSpec plugins;
  std::map<std::string, StoreSpec> stores;
  std::map<std::string, ComponentSpec> artifacts;
  std::map<std::string, ProviderSpec> providers;
  std::map<std::string, PolicySpec> policies;
  std::map<std::string, PipelineSpec> pipelines;
  std::string default_pipeline;  // "default", else the only one; empty when neither is there
  boost::json::object mcp;
  HostOptions host;
  PriceTable prices;                  // the shipped ones and host.pricing over them
  boost::json::object host_settings;  // all of `host`, typed, with defaults: http, log
};

// What of a deployment is going to be used.
struct Selection {
  enum class Scope : std::uint8_t { everything, one_pipeline, stores };
  Scope scope = Scope::everything;
  std::string pipeline;  // of one_pipeline; empty = the default one
  std::string provider;  // instead of the pipeline's own (of everything: the default pipeline's); empty = its own
  std::vector<std::string> policies;  // besides the pipeline's own; names that are none of the file's are left out
  bool store_only = false;            // of one_pipeline: neither its provider nor its policies
  std::vector<std::string> store_names = {};  // of stores: these and nothing else; of one_pipeline: these too
  bool upkeep = false;                        // also the stores that these are archived in

  [[nodiscard]] static Selection everything() { return {}; }
  [[nodiscard]] static Selection only(std::string pipeline_name) {
    return {Scope::one_pipeline, std::move(pipeline_name), {}, {}, false};
  }
  // For what only reads and writes sessions: nothing of it can be carried out.
  [[nodiscard]] static Selection only_store(std::string pipeline_name) {
    return {Scope::one_pipeline, std::move(pipeline_name), {}, {}, true};
  }
  // For what looks at a store; of no name: the default pipeline's.
  [[nodiscard]] static Selection one_store(const std::string& name) {
    return name.empty() ? only_store({}) : stores({name});
  }
  // For what keeps it small; `archive` (may be empty) is another store that takes part.
  [[nodiscard]] static Selection upkeep_of(const std::string& name, const std::string& archive) {
    Selection selection = one_store(name);
    if (!archive.empty()) selection.store_names.push_back(archive);
    selection.upkeep = true;
    return selection;
  }
  // For what works on stores as such, whichever pipelines use them: no pipeline is made.
  [[nodiscard]] static Selection stores(std::vector<std::string> names) {
    return {Scope::stores, {}, {}, {}, true, std::move(names)};
  }
};

// Checks the whole file strictly (keys, types, names, references) and types it. What is refused only where it is used,
// a ${...} that could not be replaced and a feature of a later version, is reported for the selection alone. The spec
// is usable when no error was added.
[[nodiscard]] DeploymentSpec parse_deployment(const ConfigTree& tree, const Selection& selection,
                                              Diagnostics& diagnostics);

// The pipeline a selection means: its own, else the file's default one. Empty when there is no such.
[[nodiscard]] std::string selected_pipeline(const DeploymentSpec& spec, const Selection& selection);

// The names of each section that the selection reaches.
struct Reach {
  std::vector<std::string> stores, artifacts, providers, policies, pipelines;
};
[[nodiscard]] Reach reach_of(const DeploymentSpec& spec, const Selection& selection);

}  // namespace asmgr
