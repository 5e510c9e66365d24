// What the config block of the plugin says.
#pragma once

#include <asmgr/plugin.hpp>
#include <string_view>

#include "rule_set.hpp"

namespace asmgr::content {

struct Settings {
  RuleSet prompt;
  RuleSet output;
};

// Throws asmgr::sdk::StatusError (CONFIG_INVALID) with the first problem that check_config would name.
[[nodiscard]] Settings read_settings(std::string_view config);

// What the schema cannot say: expressions that are none, names that are there twice. Lists every rule's problem.
void check_config(const asmgr::sdk::Host& host, std::string_view config, asmgr::sdk::Problems& problems);

}  // namespace asmgr::content
