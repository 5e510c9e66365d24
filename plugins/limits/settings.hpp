// What the config block of the plugin says.
#pragma once

#include <array>
#include <asmgr/plugin.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

#include "budgets.hpp"
#include "figures.hpp"

namespace asmgr::limits {

// One bound per figure, in the figure's integer unit; absent = no bound.
using Bounds = std::array<std::optional<std::int64_t>, kFigureCount>;

struct Settings {
  Bounds bounds;
  std::optional<std::int64_t> estimated_tokens;
  std::optional<std::int64_t> estimated_cost_micro_usd;
  std::uint32_t on_violation = ASMGR_CANCEL;      // ASMGR_*
  std::uint32_t on_missing_price = ASMGR_CANCEL;  // or ASMGR_WARN
  std::optional<Window> window;                   // the bounds are of many runs together; absent = of a run
};

// Throws asmgr::sdk::StatusError (CONFIG_INVALID) naming the JSON pointer of what is wrong.
[[nodiscard]] Settings read_settings(std::string_view config);

// What the schema cannot say.
void check_config(const asmgr::sdk::Host& host, std::string_view config, asmgr::sdk::Problems& problems);

[[nodiscard]] std::string_view action_name(std::uint32_t action) noexcept;

// Between the outside and the integer unit of a figure. A number too big for it is the biggest there is.
[[nodiscard]] std::int64_t to_unit(const Figure& figure, const boost::json::value& number);
[[nodiscard]] boost::json::value from_unit(const Figure& figure, std::int64_t amount);

// What the stack of policies allows a single run.
[[nodiscard]] Bounds bounds_of_stack(std::string_view effective_json);
// The bounds this instance set, each with the value that the stack gave it.
[[nodiscard]] Bounds effective_bounds(const Bounds& own, std::string_view effective_json);

}  // namespace asmgr::limits
