// Looks into JSON that comes from elsewhere, of which nothing is certain: what is absent, null or of another type than
// asked for is not there. Nothing throws, nothing is copied. text_member and object_member are in json_view.hpp.
#pragma once

#include <asmgr/toolkit/json_view.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace asmgr::sdk {

// Null when it is not there.
[[nodiscard]] inline const boost::json::value* find_member(const boost::json::object& where, std::string_view key) {
  const boost::json::value* found = where.if_contains(as_json(key));
  return found == nullptr || found->is_null() ? nullptr : found;
}

// An empty object when it is not there, so that a path is one expression.
[[nodiscard]] inline const boost::json::object& object_of(const boost::json::object& where, std::string_view key) {
  static const boost::json::object none;
  const boost::json::value* found = find_member(where, key);
  return found != nullptr && found->is_object() ? found->get_object() : none;
}

// An empty array when it is not there.
[[nodiscard]] inline const boost::json::array& array_of(const boost::json::object& where, std::string_view key) {
  static const boost::json::array none;
  const boost::json::value* found = find_member(where, key);
  return found != nullptr && found->is_array() ? found->get_array() : none;
}

[[nodiscard]] inline std::optional<std::int64_t> integer_member(const boost::json::object& where,
                                                                std::string_view key) {
  const boost::json::value* found = find_member(where, key);
  if (found == nullptr || !found->is_number()) return std::nullopt;
  boost::json::error_code error;
  const auto number = found->to_number<std::int64_t>(error);
  return error ? std::nullopt : std::optional<std::int64_t>(number);
}

// False also when it is not there.
[[nodiscard]] inline bool flag_member(const boost::json::object& where, std::string_view key) {
  const boost::json::value* found = find_member(where, key);
  return found != nullptr && found->is_bool() && found->get_bool();
}

// Empty when the text is not JSON, or not an object.
[[nodiscard]] inline std::optional<boost::json::object> parse_object(std::string_view text) {
  boost::json::error_code error;
  boost::json::value value = boost::json::parse(as_json(text), error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

}  // namespace asmgr::sdk
