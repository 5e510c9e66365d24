#include "core/model/json_reader.hpp"

#include "core/model/id.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

constexpr std::size_t kMaxQuoted = 60;
constexpr std::string_view kTimeExpected = "a time like 2026-01-02T03:04:05.678901Z (RFC 3339)";
constexpr std::string_view kIdExpected = "an id of 1 to 128 characters out of A-Z a-z 0-9 _ . : -";

const boost::json::value* find_present(const boost::json::object& object, std::string_view key) noexcept {
  const boost::json::value* value = find(object, key);
  return value && !value->is_null() ? value : nullptr;
}

}  // namespace

std::string describe_found(const boost::json::value* found) {
  if (!found) return "missing";
  switch (found->kind()) {
    case boost::json::kind::null:
      return "null";
    case boost::json::kind::object:
      return "an object";
    case boost::json::kind::array:
      return "an array";
    case boost::json::kind::string:
      break;
    default:
      return to_text(*found);
  }
  const std::string_view text = found->get_string();
  if (text.empty()) return "an empty string";
  std::string quoted;
  if (text.size() <= kMaxQuoted) {
    append_json_string(quoted, text);
  } else {
    append_json_string(quoted, truncate_error_text(text, 1, kMaxQuoted).text);
    quoted += "...";
  }
  return quoted;
}

Result<ObjectReader> ObjectReader::open(const boost::json::value& json, std::string_view what, ErrorCode code) {
  if (const auto* object = json.if_object()) return ObjectReader(*object, what, code);
  std::string message = "cannot read ";
  message.append(what).append(": it must be a JSON object, but it is ").append(describe_found(&json));
  return Error(code, std::move(message));
}

Error ObjectReader::mismatch(std::string_view key, std::string_view expected) const {
  std::string message = "cannot read ";
  message.append(what_).append(": \"").append(key).append("\" must be ").append(expected).append(", but it is ");
  message.append(describe_found(find(*object_, key)));
  return Error(code_, std::move(message), {{"field", key}});
}

Error ObjectReader::nested(const Error& inner) const {
  std::string message = "cannot read ";
  message.append(what_).append(": ").append(inner.message());
  return Error(code_, std::move(message), inner.details());
}

Result<std::string_view> ObjectReader::required_string(std::string_view key) const {
  const auto text = find_string(*object_, key);
  if (!text || text->empty()) return mismatch(key, "a non-empty string");
  return *text;
}

Result<std::string_view> ObjectReader::optional_string(std::string_view key) const {
  const auto* value = find_present(*object_, key);
  if (!value) return std::string_view();
  if (!value->is_string()) return mismatch(key, "a string or null");
  return std::string_view(value->get_string());
}

Result<std::string_view> ObjectReader::required_id(std::string_view key) const {
  const auto text = find_string(*object_, key);
  if (!text || !is_valid_id(*text)) return mismatch(key, kIdExpected);
  return *text;
}

Result<std::string_view> ObjectReader::optional_id(std::string_view key) const {
  if (!find_present(*object_, key)) return std::string_view();
  return required_id(key);
}

Result<Timestamp> ObjectReader::required_time(std::string_view key) const {
  const auto text = find_string(*object_, key);
  if (!text) return mismatch(key, kTimeExpected);
  auto time = parse_timestamp(*text);
  if (!time) return mismatch(key, kTimeExpected);
  return *time;
}

Result<Timestamp> ObjectReader::optional_time(std::string_view key) const {
  if (!find_present(*object_, key)) return Timestamp{};
  return required_time(key);
}

Result<std::int64_t> ObjectReader::optional_int(std::string_view key, std::int64_t least, std::int64_t fallback) const {
  if (!find_present(*object_, key)) return fallback;
  const auto number = find_int(*object_, key);
  if (!number || *number < least) return mismatch(key, "a whole number of at least " + std::to_string(least));
  return *number;
}

Result<std::optional<bool>> ObjectReader::optional_bool(std::string_view key) const {
  const auto* value = find_present(*object_, key);
  if (!value) return std::optional<bool>();
  if (!value->is_bool()) return mismatch(key, "true or false");
  return std::optional<bool>(value->get_bool());
}

Result<boost::json::object> ObjectReader::optional_object(std::string_view key) const {
  const auto* value = find_present(*object_, key);
  if (!value) return boost::json::object();
  if (!value->is_object()) return mismatch(key, "an object");
  return value->get_object();
}

Result<std::vector<std::string>> ObjectReader::optional_strings(std::string_view key) const {
  std::vector<std::string> texts;
  const auto* value = find_present(*object_, key);
  if (!value) return texts;
  const auto* array = value->if_array();
  if (!array) return mismatch(key, "a list of strings");
  texts.reserve(array->size());
  for (const auto& item : *array) {
    if (!item.is_string()) return mismatch(key, "a list of strings only");
    texts.emplace_back(item.get_string());
  }
  return texts;
}

}  // namespace asmgr
