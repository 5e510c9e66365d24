// What a schema says about one typed value beyond its type.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace asmgr {

// Goes on after the value: "is less than 1".
struct BrokenConstraint {
  std::string message;
  std::string suggestion;
};

// enum, const, minimum and maximum (of numbers), minLength, maxLength (in characters) and pattern (of strings).
[[nodiscard]] std::optional<BrokenConstraint> broken_constraint(const boost::json::value& value,
                                                                const boost::json::object& schema);
// minimum and maximum alone, for a number that was made from a string with a unit.
[[nodiscard]] std::optional<BrokenConstraint> broken_range(const boost::json::value& value,
                                                           const boost::json::object& schema);

// "duration": milliseconds; "size": bytes. nullopt when the text is neither.
[[nodiscard]] std::optional<std::int64_t> in_unit(std::string_view text, std::string_view unit);
[[nodiscard]] BrokenConstraint wrong_unit(std::string_view unit);

}  // namespace asmgr
