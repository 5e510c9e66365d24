// The few things the model needs from JSON beyond Boost.JSON itself.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/error.hpp"
#include "core/model/time.hpp"

namespace asmgr {

// Limits for text that comes from outside.
inline constexpr std::size_t kMaxJsonDepth = 64;

// Parses one complete JSON value: strict JSON, UTF-8, depth at most kMaxJsonDepth. Errors: invalid_format with
// {"offset"} in the details. `what` names the input in the message.
[[nodiscard]] Result<boost::json::value> parse_json(std::string_view text, std::string_view what);
// The same, and it must be an object.
[[nodiscard]] Result<boost::json::object> parse_json_object(std::string_view text, std::string_view what);

// Checks without building anything (no allocation): ok, or the error parse_json_object would give. Empty text is fine.
[[nodiscard]] Result<void> check_json_object(std::string_view text, std::string_view what);
[[nodiscard]] bool is_valid_utf8(std::string_view text) noexcept;

// Always valid JSON on one line: bytes that are no UTF-8 become U+FFFD, a NaN null.
[[nodiscard]] std::string to_text(const boost::json::value& value);
[[nodiscard]] std::string to_text(const boost::json::object& object);
// Null for an empty text, for a time that is not set.
[[nodiscard]] boost::json::value text_or_null(std::string_view text);
[[nodiscard]] boost::json::value time_or_null(Timestamp time);
[[nodiscard]] boost::json::array to_json_array(const std::vector<std::string>& texts);
// Appends `text` as a JSON string with its quotes; bytes that are no UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

// Members by key, without throwing: null pointer / empty / nullopt when missing or of another type.
[[nodiscard]] const boost::json::value* find(const boost::json::object& object, std::string_view key) noexcept;
[[nodiscard]] const boost::json::object* find_object(const boost::json::object& object, std::string_view key) noexcept;
[[nodiscard]] const boost::json::array* find_array(const boost::json::object& object, std::string_view key) noexcept;
[[nodiscard]] std::optional<std::string_view> find_string(const boost::json::object& object,
                                                          std::string_view key) noexcept;
// Integers, also doubles without a fraction that fit.
[[nodiscard]] std::optional<std::int64_t> find_int(const boost::json::object& object, std::string_view key) noexcept;
// Never a NaN.
[[nodiscard]] std::optional<double> find_number(const boost::json::object& object, std::string_view key) noexcept;
[[nodiscard]] std::optional<bool> find_bool(const boost::json::object& object, std::string_view key) noexcept;

// Objects merge member by member, everything else is replaced by `overlay`.
void deep_merge(boost::json::object& base, const boost::json::object& overlay);

}  // namespace asmgr
