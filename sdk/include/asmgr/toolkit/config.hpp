// Reads a component's configuration. It arrives valid against the component's schema with defaults filled in, so these
// checks matter where a schema was left open, and in tests; each failure says where it is and what was expected.
#pragma once

#include <asmgr/cpp/error.hpp>
#include <boost/json/array.hpp>
#include <boost/json/kind.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asmgr::sdk {

// An object of the configuration and where it is. Borrows the object. Every function throws StatusError
// (CONFIG_INVALID) when the value is of another type or out of range; null counts as absent.
class Config {
 public:
  // `path` is the JSON pointer of the object, "" for the whole block.
  explicit Config(const boost::json::object& object, std::string path = {}) : object_(object), path_(std::move(path)) {}

  [[nodiscard]] bool has(std::string_view key) const { return find(key) != nullptr; }
  // Null when absent.
  [[nodiscard]] const boost::json::value* find(std::string_view key) const {
    const boost::json::value* value = object_.if_contains(boost::json::string_view(key.data(), key.size()));
    return value == nullptr || value->is_null() ? nullptr : value;
  }
  [[nodiscard]] const boost::json::object& json() const { return object_; }

  [[nodiscard]] std::string text(std::string_view key) const { return as_text(required(key, "a string"), at(key)); }
  [[nodiscard]] std::string text_or(std::string_view key, std::string_view fallback) const {
    const boost::json::value* value = find(key);
    return value == nullptr ? std::string(fallback) : as_text(*value, at(key));
  }

  [[nodiscard]] bool flag(std::string_view key) const { return as_flag(required(key, "true or false"), at(key)); }
  [[nodiscard]] bool flag_or(std::string_view key, bool fallback) const {
    const boost::json::value* value = find(key);
    return value == nullptr ? fallback : as_flag(*value, at(key));
  }

  // Between `min` and `max`, both included.
  [[nodiscard]] std::int64_t integer(std::string_view key, std::int64_t min = kMin, std::int64_t max = kMax) const {
    return as_integer(required(key, "an integer"), at(key), min, max);
  }
  [[nodiscard]] std::int64_t integer_or(std::string_view key, std::int64_t fallback, std::int64_t min = kMin,
                                        std::int64_t max = kMax) const {
    const boost::json::value* value = find(key);
    return value == nullptr ? fallback : as_integer(*value, at(key), min, max);
  }

  [[nodiscard]] double number(std::string_view key) const { return as_number(required(key, "a number"), at(key)); }
  [[nodiscard]] double number_or(std::string_view key, double fallback) const {
    const boost::json::value* value = find(key);
    return value == nullptr ? fallback : as_number(*value, at(key));
  }

  // An absent list is empty.
  [[nodiscard]] std::vector<std::string> texts(std::string_view key) const {
    std::vector<std::string> out;
    const boost::json::array* list = array(key);
    if (list == nullptr) return out;
    for (std::size_t i = 0; i < list->size(); ++i)
      out.push_back(as_text((*list)[i], at(key) + "/" + std::to_string(i)));
    return out;
  }
  // Null when absent.
  [[nodiscard]] const boost::json::array* array(std::string_view key) const {
    const boost::json::value* value = find(key);
    if (value == nullptr) return nullptr;
    if (!value->is_array()) wrong(at(key), "a list", *value);
    return &value->get_array();
  }

  // An absent map is empty. Its values are strings.
  [[nodiscard]] std::map<std::string, std::string> text_map(std::string_view key) const {
    std::map<std::string, std::string> out;
    const boost::json::value* value = find(key);
    if (value == nullptr) return out;
    const Config inner = as_config(*value, at(key));
    for (const auto& entry : inner.object_) {
      const std::string_view name(entry.key().data(), entry.key().size());
      out.emplace(name, as_text(entry.value(), inner.at(name)));
    }
    return out;
  }

  [[nodiscard]] Config object(std::string_view key) const { return as_config(required(key, "an object"), at(key)); }

  // Fails on the value of `key`: "config /limits/tokens: <what>".
  [[noreturn]] void fail(std::string_view key, std::string_view what) const { reject(at(key), what); }

  // For elements of lists: the object in `value`, which is at `path`.
  [[nodiscard]] static Config as_config(const boost::json::value& value, std::string path) {
    if (!value.is_object()) wrong(path, "an object", value);
    return Config(value.get_object(), std::move(path));
  }
  // The JSON pointer of a key of this object.
  [[nodiscard]] std::string at(std::string_view key) const {
    std::string out = path_ + "/";
    for (const char c : key) {
      if (c == '~') {
        out += "~0";
      } else if (c == '/') {
        out += "~1";
      } else {
        out += c;
      }
    }
    return out;
  }

 private:
  static constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  static constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

  [[noreturn]] static void reject(const std::string& path, std::string_view what) {
    throw StatusError(ASMGR_E_CONFIG_INVALID, "config " + path + ": " + std::string(what));
  }
  [[noreturn]] static void wrong(const std::string& path, std::string_view expected, const boost::json::value& found) {
    const auto kind = boost::json::to_string(found.kind());
    reject(path, "expected " + std::string(expected) + ", found " + std::string(kind.data(), kind.size()));
  }
  [[nodiscard]] const boost::json::value& required(std::string_view key, std::string_view expected) const {
    const boost::json::value* value = find(key);
    if (value == nullptr) reject(at(key), "is missing; expected " + std::string(expected));
    return *value;
  }
  static std::string as_text(const boost::json::value& value, const std::string& path) {
    if (!value.is_string()) wrong(path, "a string", value);
    return std::string(value.get_string().data(), value.get_string().size());
  }
  static bool as_flag(const boost::json::value& value, const std::string& path) {
    if (!value.is_bool()) wrong(path, "true or false", value);
    return value.get_bool();
  }
  static double as_number(const boost::json::value& value, const std::string& path) {
    if (!value.is_number()) wrong(path, "a number", value);
    return value.to_number<double>();
  }
  static std::int64_t as_integer(const boost::json::value& value, const std::string& path, std::int64_t min,
                                 std::int64_t max) {
    if (!value.is_int64() && !value.is_uint64()) wrong(path, "an integer", value);
    const bool too_big = value.is_uint64() && value.get_uint64() > static_cast<std::uint64_t>(kMax);
    const std::int64_t number = too_big ? kMax : value.to_number<std::int64_t>();
    if (too_big || number < min || number > max)
      reject(path, "must be between " + std::to_string(min) + " and " + std::to_string(max));
    return number;
  }

  const boost::json::object& object_;
  std::string path_;
};

// The config block as an object; keep it alive as long as the Config over it. Throws StatusError (CONFIG_INVALID).
[[nodiscard]] inline boost::json::object parse_config(std::string_view text) {
  if (text.empty()) return {};
  boost::json::error_code problem;
  boost::json::value value = boost::json::parse(boost::json::string_view(text.data(), text.size()), problem);
  if (problem) throw StatusError(ASMGR_E_CONFIG_INVALID, "the config is not JSON: " + problem.message());
  if (!value.is_object()) throw StatusError(ASMGR_E_CONFIG_INVALID, "the config is JSON, but not an object");
  return std::move(value.get_object());
}

}  // namespace asmgr::sdk
