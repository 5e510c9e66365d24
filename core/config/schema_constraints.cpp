#include "core/config/schema_constraints.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <vector>

#include "core/config/suggest.hpp"
#include "core/model/duration.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

std::string plain_text(const boost::json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : to_text(value);
}

bool same_number(const boost::json::value& a, const boost::json::value& b) {
  return a.is_number() && b.is_number() && a.to_number<double>() == b.to_number<double>();
}

std::optional<BrokenConstraint> broken_choice(const boost::json::value& value, const boost::json::object& schema) {
  if (const boost::json::value* only = find(schema, "const")) {
    if (value != *only && !same_number(value, *only)) return BrokenConstraint{"must be " + plain_text(*only), ""};
  }
  const boost::json::array* allowed = find_array(schema, "enum");
  if (allowed == nullptr) return std::nullopt;
  const auto is_value = [&value](const boost::json::value& one) { return one == value || same_number(one, value); };
  if (std::any_of(allowed->begin(), allowed->end(), is_value)) return std::nullopt;
  std::vector<std::string> names;
  std::string list;
  for (const boost::json::value& one : *allowed) {
    names.push_back(plain_text(one));
    list += (list.empty() ? "" : ", ") + names.back();
  }
  const std::string near = value.is_string() ? nearest(value.get_string(), names) : std::string();
  return BrokenConstraint{"is not one of: " + list, near.empty() ? "" : "did you mean '" + near + "'?"};
}

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::optional<BrokenConstraint> broken_text(std::string_view text, const boost::json::object& schema) {
  const auto length = static_cast<std::int64_t>(count_characters(text));
  const auto counted = [](std::int64_t count) {
    return std::to_string(count) + (count == 1 ? " character" : " characters");
  };
  if (const auto least = find_int(schema, "minLength"); least && length < *least) {
    return BrokenConstraint{"is shorter than " + counted(*least), ""};
  }
  if (const auto most = find_int(schema, "maxLength"); most && length > *most) {
    return BrokenConstraint{"is longer than " + counted(*most), ""};
  }
  const auto pattern = find_string(schema, "pattern");
  if (!pattern) return std::nullopt;
  const RE2 expression(re2::StringPiece(pattern->data(), pattern->size()), RE2::Quiet);
  if (!expression.ok() || RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), expression))
    return std::nullopt;
  return BrokenConstraint{"does not match " + std::string(*pattern), ""};
}

}  // namespace

std::optional<BrokenConstraint> broken_range(const boost::json::value& value, const boost::json::object& schema) {
  if (!value.is_number()) return std::nullopt;
  const double number = value.to_number<double>();
  const boost::json::value* least = find(schema, "minimum");
  if (least != nullptr && least->is_number() && number < least->to_number<double>()) {
    return BrokenConstraint{"is less than " + to_text(*least), ""};
  }
  const boost::json::value* most = find(schema, "maximum");
  if (most != nullptr && most->is_number() && number > most->to_number<double>()) {
    return BrokenConstraint{"is more than " + to_text(*most), ""};
  }
  return std::nullopt;
}

std::optional<BrokenConstraint> broken_constraint(const boost::json::value& value, const boost::json::object& schema) {
  if (auto problem = broken_choice(value, schema)) return problem;
  if (auto problem = broken_range(value, schema)) return problem;
  if (value.is_string()) return broken_text(value.get_string(), schema);
  return std::nullopt;
}

std::optional<std::int64_t> in_unit(std::string_view text, std::string_view unit) {
  const Result<std::int64_t> parsed = unit == "size" ? parse_size_bytes(text) : parse_duration_ms(text);
  if (!parsed) return std::nullopt;
  return *parsed;
}

BrokenConstraint wrong_unit(std::string_view unit) {
  if (unit == "size") return {"is not a size", "for example 64KiB or 10MB"};
  return {"is not a duration", "for example 250ms, 30s, 5m or 2h"};
}

}  // namespace asmgr
