// A world whose pipeline uses the router `best` over scripted targets.
#pragma once

#include <gmock/gmock.h>

#include "core/model/json.hpp"
#include "core/routing/router.hpp"
#include "tests/core/engine/support/world.hpp"

namespace asmgr::testing {

inline void fail_with(ScriptedRun& run, const std::string& code, const std::string& more = "") {
  run.finish(FinishStatus::failed, R"({"error":{"code":")" + code + R"(","message":"it failed"})" + more + "}");
}

// `World` is World, or one with more around it; its own provider is the target `a`.
template <typename Around = World>
class RoutedWorld : public Around {
 public:
  using Scripts = std::vector<ScriptedProvider::Script>;  // of a, b, c, ...
  explicit RoutedWorld(Scripts scripts, RouteSettings settings = {}, const std::string& store_plugin = "memory")
      : Around(scripts.front(), store_plugin) {
    targets.push_back(this->provider);
    for (std::size_t i = 1; i < scripts.size(); ++i) {
      targets.push_back(std::make_shared<ScriptedProvider>(scripts[i]));
    }
    for (std::size_t i = 0; i < targets.size(); ++i) {
      targets[i]->set_name(std::string(1, static_cast<char>('a' + i)));
      this->wiring.providers[targets[i]->info().name] = targets[i];
    }
    this->wiring.providers.erase("test");
    route(settings);
  }
  // A new router over the targets as they are now. Before the manager is made.
  void route(RouteSettings settings) {
    std::vector<Router::Target> list;
    for (const auto& target : targets) list.push_back({target, 1});
    router = std::make_shared<Router>("best", settings, list, this->wiring.prices);
    this->wiring.providers["best"] = router;
    this->wiring.pipelines["default"].provider = "best";
  }
  ~RoutedWorld() {
    this->end_manager();
    this->wiring = {};
  }

  // The data of all events of a type, in order.
  std::vector<boost::json::object> all_data(const std::string& session, std::string_view type) {
    std::vector<boost::json::object> all;
    for (const Event& event : this->events(session)) {
      if (event.type_name == type) all.push_back(*parse_json_object(event.data, "data"));
    }
    return all;
  }
  // "1 run_started", "2 step_reset", ...: types with the attempts they belong to, from the run's beginning on.
  std::vector<std::string> attempts(const std::string& session) {
    std::vector<std::string> lines;
    bool begun = false;
    for (const Event& event : this->events(session)) {
      begun = begun || event.type_name == "run_started";
      if (!begun) continue;
      const auto metadata = *parse_json_object(event.metadata, "metadata");
      lines.push_back(std::to_string(find_int(metadata, "attempt").value_or(0)) + " " + event.type_name);
    }
    return lines;
  }

  std::vector<std::shared_ptr<ScriptedProvider>> targets;
  std::shared_ptr<Router> router;
};

}  // namespace asmgr::testing
