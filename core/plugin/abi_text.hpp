// Text and arrays of the boundary, in both directions. Nothing here trusts a pointer that comes with a length.
#pragma once

#include <asmgr/abi/base.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/model/error.hpp"
#include "core/model/json.hpp"

namespace asmgr {

// The longest text taken from a plugin: what is longer is a length that lies.
inline constexpr std::size_t kMaxAbiText = std::size_t{1} << 30;

[[nodiscard]] inline asmgr_str text_of(std::string_view text) noexcept {
  return {text.data(), text.size()};
}
// A null pointer is the empty text whatever the length says.
[[nodiscard]] inline std::string_view view_of_text(asmgr_str text) noexcept {
  return text.ptr == nullptr || text.len > kMaxAbiText ? std::string_view() : std::string_view(text.ptr, text.len);
}

// What is wrong with a text from a plugin, as the end of a sentence ("its id is not UTF-8"); empty = nothing.
[[nodiscard]] std::string problem_with_text(asmgr_str text, std::string_view what);
// Likewise for a text that must be a JSON object or empty; says at which byte the fault is.
[[nodiscard]] std::string problem_with_object(asmgr_str text, std::string_view what);
// Likewise for an array pushed by a plugin whose elements are at least `element_size` bytes.
[[nodiscard]] std::string problem_with_array(const asmgr_array* array, std::size_t element_size);

}  // namespace asmgr
