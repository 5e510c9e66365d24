// What a failure says of the provider that it came from.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>

#include "core/model/error.hpp"

namespace asmgr {

// True: the provider is not well, and the next run had better go elsewhere. False: the run was at fault (its input, a
// policy, a person who cancelled it), and another one may fare better with the same provider.
[[nodiscard]] bool is_ill_health(const Error& error) noexcept;

// How long the other side asked to be left alone, in milliseconds (details.retry_after_ms); 0 = it did not say.
[[nodiscard]] std::int64_t asked_to_wait_ms(const Error& error) noexcept;

// The error in the result of a start that failed ({"error": {...}}); provider_error when it does not say, or with a
// code that is none of ours (details.reported_code).
[[nodiscard]] Error error_of_result(const boost::json::object& result, const std::string& provider);

}  // namespace asmgr
