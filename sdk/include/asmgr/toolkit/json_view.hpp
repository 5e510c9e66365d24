// Text between the standard library's views and Boost.JSON's. Views only: nothing is copied.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <boost/json/value.hpp>
#include <string_view>

namespace asmgr::sdk {

[[nodiscard]] inline boost::json::string_view as_json(std::string_view text) noexcept {
  return {text.data(), text.size()};
}
[[nodiscard]] inline std::string_view as_view(boost::json::string_view text) noexcept {
  return {text.data(), text.size()};
}

// A member that is a string; empty when it is absent or anything else.
[[nodiscard]] inline std::string_view text_member(const boost::json::object& object, std::string_view key) noexcept {
  const boost::json::value* value = object.if_contains(as_json(key));
  return value == nullptr || !value->is_string() ? std::string_view() : as_view(value->get_string());
}
// A member that is an object; null when it is absent or anything else.
[[nodiscard]] inline const boost::json::object* object_member(const boost::json::object& object,
                                                              std::string_view key) noexcept {
  const boost::json::value* value = object.if_contains(as_json(key));
  return value == nullptr ? nullptr : value->if_object();
}

}  // namespace asmgr::sdk
