#include "core/model/json.hpp"

#include <array>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parser.hpp>
#include <cmath>

#include "core/model/json_reader.hpp"

namespace asmgr {
namespace {

boost::json::parse_options options_of(std::size_t max_depth) noexcept {
  boost::json::parse_options options;
  options.max_depth = max_depth;
  return options;
}

// Accepts everything: what is left of the parser is the check.
struct NullHandler {
  using code = boost::json::error_code;
  using text = boost::json::string_view;
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);

  bool on_document_begin(code&) noexcept { return true; }
  bool on_document_end(code&) noexcept { return true; }
  bool on_object_begin(code&) noexcept { return true; }
  bool on_object_end(std::size_t, code&) noexcept { return true; }
  bool on_array_begin(code&) noexcept { return true; }
  bool on_array_end(std::size_t, code&) noexcept { return true; }
  bool on_key_part(text, std::size_t, code&) noexcept { return true; }
  bool on_key(text, std::size_t, code&) noexcept { return true; }
  bool on_string_part(text, std::size_t, code&) noexcept { return true; }
  bool on_string(text, std::size_t, code&) noexcept { return true; }
  bool on_number_part(text, code&) noexcept { return true; }
  bool on_int64(std::int64_t, text, code&) noexcept { return true; }
  bool on_uint64(std::uint64_t, text, code&) noexcept { return true; }
  bool on_double(double, text, code&) noexcept { return true; }
  bool on_bool(bool, code&) noexcept { return true; }
  bool on_null(code&) noexcept { return true; }
  bool on_comment_part(text, code&) noexcept { return true; }
  bool on_comment(text, code&) noexcept { return true; }
};

Error json_error(std::string_view what, const boost::json::error_code& failure, std::size_t offset,
                 std::size_t max_depth) {
  std::string message(what);
  message.append(" is not valid JSON at byte ").append(std::to_string(offset)).append(": ");
  if (failure == boost::json::error::too_deep) {
    message.append("nested deeper than ").append(std::to_string(max_depth)).append(" levels");
  } else {
    message.append(failure.message());
  }
  return Error(ErrorCode::invalid_format, std::move(message), {{"offset", offset}});
}

Error not_an_object(std::string_view what, std::string_view found) {
  std::string message(what);
  message.append(" must be a JSON object, but it is ").append(found);
  return Error(ErrorCode::invalid_format, std::move(message), {{"offset", 0}});
}

Result<boost::json::value> parse_with_depth(std::string_view text, std::string_view what, std::size_t max_depth) {
  std::array<unsigned char, 2048> scratch;
  boost::json::parser parser({}, options_of(max_depth), scratch.data(), scratch.size());
  boost::json::error_code failure;
  const std::size_t offset = parser.write(text.data(), text.size(), failure);
  if (failure) return json_error(what, failure, offset, max_depth);
  return parser.release();
}

Result<boost::json::object> object_of(Result<boost::json::value> value, std::string_view what) {
  if (!value) return value.error();
  if (!value->is_object()) return not_an_object(what, describe_found(&*value));
  return std::move(value->get_object());
}

}  // namespace

Result<boost::json::value> parse_json(std::string_view text, std::string_view what) {
  return parse_with_depth(text, what, kMaxJsonDepth);
}

Result<boost::json::object> parse_json_object(std::string_view text, std::string_view what) {
  return object_of(parse_with_depth(text, what, kMaxJsonDepth), what);
}

Result<boost::json::object> parse_document(std::string_view text, std::string_view what) {
  return object_of(parse_with_depth(text, what, kMaxDocumentDepth), what);
}

Result<void> check_json_object(std::string_view text, std::string_view what) {
  if (text.empty()) return {};
  boost::json::basic_parser<NullHandler> parser(options_of(kMaxJsonDepth));
  boost::json::error_code failure;
  const std::size_t offset = parser.write_some(false, text.data(), text.size(), failure);
  if (!failure && offset < text.size()) failure = boost::json::error::extra_data;
  if (failure) return json_error(what, failure, offset, kMaxJsonDepth);
  const char first = text[text.find_first_not_of(" \t\r\n")];
  if (first == '{') return {};
  // Rare: parse again, so that the sentence is the one parse_json_object gives.
  return parse_json_object(text, what).error();
}

const boost::json::value* find(const boost::json::object& object, std::string_view key) noexcept {
  return object.if_contains(key);
}

const boost::json::object* find_object(const boost::json::object& object, std::string_view key) noexcept {
  const auto* value = find(object, key);
  return value ? value->if_object() : nullptr;
}

const boost::json::array* find_array(const boost::json::object& object, std::string_view key) noexcept {
  const auto* value = find(object, key);
  return value ? value->if_array() : nullptr;
}

std::optional<std::string_view> find_string(const boost::json::object& object, std::string_view key) noexcept {
  const auto* value = find(object, key);
  const auto* text = value ? value->if_string() : nullptr;
  if (!text) return std::nullopt;
  return std::string_view(*text);
}

std::optional<std::int64_t> find_int(const boost::json::object& object, std::string_view key) noexcept {
  const auto* value = find(object, key);
  if (!value) return std::nullopt;
  if (const auto* number = value->if_int64()) return *number;
  if (const auto* number = value->if_uint64()) {
    if (*number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
    return static_cast<std::int64_t>(*number);
  }
  const auto* number = value->if_double();
  // 2^63 is the first double that does not fit; infinities and NaN fail the comparison.
  if (!number || !(*number >= -9223372036854775808.0 && *number < 9223372036854775808.0)) return std::nullopt;
  if (std::trunc(*number) != *number) return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

std::optional<double> find_number(const boost::json::object& object, std::string_view key) noexcept {
  const auto* value = find(object, key);
  if (!value) return std::nullopt;
  if (const auto* number = value->if_double()) {
    // The parser makes one of a zero with a huge exponent; it would pass every comparison with a limit.
    if (std::isnan(*number)) return std::nullopt;
    return *number;
  }
  if (const auto* number = value->if_int64()) return static_cast<double>(*number);
  if (const auto* number = value->if_uint64()) return static_cast<double>(*number);
  return std::nullopt;
}

std::optional<bool> find_bool(const boost::json::object& object, std::string_view key) noexcept {
  const auto* value = find(object, key);
  const auto* flag = value ? value->if_bool() : nullptr;
  if (!flag) return std::nullopt;
  return *flag;
}

void deep_merge(boost::json::object& base, const boost::json::object& overlay) {
  for (const auto& member : overlay) {
    auto* existing = base.if_contains(member.key());
    if (existing && existing->is_object() && member.value().is_object()) {
      deep_merge(existing->get_object(), member.value().get_object());
    } else {
      base[member.key()] = member.value();
    }
  }
}

}  // namespace asmgr
