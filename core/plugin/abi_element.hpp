// Elements of arrays that may be older (smaller) or newer (larger) than the structs this host was compiled with.
#pragma once

#include <asmgr/abi/artifacts.h>
#include <asmgr/abi/data.h>
#include <asmgr/abi/policy.h>
#include <asmgr/abi/store.h>
#include <asmgr/abi/store_maintenance.h>

#include <cstring>
#include <string>
#include <type_traits>

namespace asmgr {

// The sizes of 1.0, written as numbers because sizeof grows with the minor and these never do.
template <typename Element>
inline constexpr std::uint32_t kSize10 = 0;
template <>
inline constexpr std::uint32_t kSize10<asmgr_str> = 16;
template <>
inline constexpr std::uint32_t kSize10<asmgr_event> = 224;
template <>
inline constexpr std::uint32_t kSize10<asmgr_session> = 144;
template <>
inline constexpr std::uint32_t kSize10<asmgr_run> = 112;
template <>
inline constexpr std::uint32_t kSize10<asmgr_record> = 152;
template <>
inline constexpr std::uint32_t kSize10<asmgr_host_row> = 32;
template <>
inline constexpr std::uint32_t kSize10<asmgr_existing_event> = 32;
template <>
inline constexpr std::uint32_t kSize10<asmgr_change> = 40;
template <>
inline constexpr std::uint32_t kSize10<asmgr_session_size> = 40;
template <>
inline constexpr std::uint32_t kSize10<asmgr_hold> = 64;
template <>
inline constexpr std::uint32_t kSize10<asmgr_artifact_info> = 88;

// Copies element `index` into `out` (given zeroed): what both sides know of it. The array has been checked. Returns
// what is wrong with it; empty = nothing.
template <typename Element>
[[nodiscard]] std::string read_element(const asmgr_array& array, std::uint32_t index, Element& out) {
  static_assert(kSize10<Element> != 0 && sizeof(Element) >= kSize10<Element>);
  const auto* source = static_cast<const char*>(array.data) + std::size_t{index} * array.stride;
  std::uint32_t size = sizeof(Element);
  if constexpr (!std::is_same_v<Element, asmgr_str>) {
    std::memcpy(&size, source, sizeof size);
    if (size < kSize10<Element> || size > array.stride) {
      return "element " + std::to_string(index) + " says it has " + std::to_string(size) +
             " bytes; it must be at least " + std::to_string(kSize10<Element>) + " and at most the stride of " +
             std::to_string(array.stride);
    }
  }
  std::memcpy(&out, source, size < sizeof(Element) ? size : sizeof(Element));
  return {};
}

}  // namespace asmgr
