// What the config block of the plugin says.
#pragma once

#include <asmgr/plugin.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rule.hpp"

namespace asmgr::tool_rules {

struct Settings {
  Reading reading;
  std::optional<std::vector<Rule>> allow;  // absent = whatever is not denied
  std::vector<Rule> deny;
  std::vector<Rule> ask;
  std::uint32_t on_violation = ASMGR_DENY;  // ASMGR_*

  [[nodiscard]] bool empty() const noexcept { return !allow && deny.empty() && ask.empty(); }
};

// Is told what is wrong: the JSON pointer within the config, and a sentence about it.
using ProblemSink = std::function<void(const std::string& path, const std::string& message)>;

// Throws asmgr::sdk::StatusError (CONFIG_INVALID) with the first problem that check_config would name.
[[nodiscard]] Settings read_settings(std::string_view config);

// What the schema cannot say: an empty allow list, what is both allowed and denied or said twice, patterns that are
// none.
void check_config(const asmgr::sdk::Host& host, std::string_view config, asmgr::sdk::Problems& problems);

[[nodiscard]] std::string_view action_name(std::uint32_t action) noexcept;

}  // namespace asmgr::tool_rules
