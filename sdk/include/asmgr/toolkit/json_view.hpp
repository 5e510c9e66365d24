// Text between the standard library's views and Boost.JSON's. Views only: nothing is copied.
#pragma once

#include <boost/json/string.hpp>
#include <string_view>

namespace asmgr::sdk {

[[nodiscard]] inline boost::json::string_view as_json(std::string_view text) noexcept {
  return {text.data(), text.size()};
}
[[nodiscard]] inline std::string_view as_view(boost::json::string_view text) noexcept {
  return {text.data(), text.size()};
}

}  // namespace asmgr::sdk
