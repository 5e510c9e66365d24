// What providers say of themselves, for people who choose one.
#pragma once

#include <boost/json/object.hpp>

#include "core/plugin/catalog.hpp"
#include "core/ports/provider.hpp"

namespace asmgr {

// {"vendor", "grade", "models": [], "capabilities": [{"name","type","enabled",...}], "steers", "resumes",
//  "max_output_tokens"?, "max_turns"?, "needs": [{"program"|"address"|"setting","todo"}], "targets"?: [{"name", ...}]}
[[nodiscard]] boost::json::object facts_json(const ProviderInfo& info);

// Gives each provider in `plugin` (as description_json makes it) what an instance of it says of itself: `facts` as
// above, or `facts_error`, a sentence. The instance has the defaults of its configuration and a stand-in for each key
// that has none, so it is made and ended, and never started. Runs the plugin's code: meant for a child that may crash.
void add_provider_facts(boost::json::object& plugin, PluginCatalog& catalog);

}  // namespace asmgr
