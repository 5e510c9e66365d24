// Which providers could serve a run on this machine without anybody having configured one.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/config/environment.hpp"
#include "core/config/http_get.hpp"

namespace asmgr {

struct ReadyProvider {
  std::string name;   // for its entry and its pipeline
  std::string entry;  // the entry under `providers:`, as YAML on one line
  bool asks = false;  // its agent uses tools of its own, and asks before
};

// What is looked at; tests give their own.
struct Surroundings {
  EnvironmentLookup environment;
  std::function<bool(const std::string& plugin)> has_plugin;
  std::function<Result<HttpAnswer>(const std::string& url)> get;  // of servers on this machine; empty = none is asked
};

// Agents on PATH, then keys of model APIs in the environment; when there is neither, a server on this machine that
// speaks Chat Completions and has a model. The best one first; none of a plugin that is not there.
[[nodiscard]] std::vector<ReadyProvider> ready_here(const Surroundings& surroundings);

// The deployment that stands in for a file: SQLite in `state_folder`, the best of `ready` (else `shell`) in the
// pipeline `default`, a pipeline for each, named like it. Agents that ask before they use tools may read; a person
// decides about everything else.
[[nodiscard]] std::string built_in_deployment(const std::string& state_folder, const std::vector<ReadyProvider>& ready);

}  // namespace asmgr
