// Reads the parts of a price document, with errors that name the path of what is wrong.
#pragma once

#include <boost/json/object.hpp>
#include <initializer_list>
#include <string>
#include <string_view>

#include "core/cost/price_table.hpp"

namespace asmgr {

// config_invalid: "PATH: PROBLEM", {"path"} in the details.
[[nodiscard]] Error price_problem(std::string_view path, std::string_view problem);

// `path` as the parent of `name`; a name that is no plain word stands in brackets and quotes.
[[nodiscard]] std::string price_path(std::string_view path, std::string_view name);

// The value as an object whose keys are all among `allowed`; an empty list allows any key that is not empty.
[[nodiscard]] Result<const boost::json::object*> read_price_object(const boost::json::value& json,
                                                                   std::string_view path,
                                                                   std::initializer_list<std::string_view> allowed);

// USD per million tokens; a card may be incomplete.
[[nodiscard]] Result<RateCard> read_rate_card(const boost::json::value& json, std::string_view path);

// A day as YYYY-MM-DD.
[[nodiscard]] Result<std::string> read_price_date(const boost::json::value* json, std::string_view path);

}  // namespace asmgr
