// Which error value a failure of the server is.
#pragma once

#include <asmgr/abi/status.h>

#include <string_view>

namespace asmgr::postgres_store {

// Whether a failure with this SQLSTATE means that the server, or this session of it, is going away or not there yet.
[[nodiscard]] bool means_gone(std::string_view state) noexcept;
[[nodiscard]] asmgr_status status_of(std::string_view state, bool writing) noexcept;
// What to do about it; empty when the server's own words are all there is.
[[nodiscard]] std::string_view advice_for(std::string_view state) noexcept;

}  // namespace asmgr::postgres_store
