#include "core/config/scalar.hpp"

#include <charconv>
#include <cmath>
#include <optional>

namespace asmgr {
namespace {

bool all_digits(std::string_view text) noexcept {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<std::int64_t> parse_integer(std::string_view text) noexcept {
  int base = 10;
  std::string_view digits = text;
  if (text.starts_with("0x") || text.starts_with("0o")) {
    base = text[1] == 'x' ? 16 : 8;
    digits = text.substr(2);
    if (digits.empty() || digits.front() == '-' || digits.front() == '+') return std::nullopt;
  } else {
    if (digits.starts_with('+')) digits.remove_prefix(1);
    const std::string_view unsigned_digits =
        digits.starts_with('-') && digits.size() == text.size() ? digits.substr(1) : digits;
    if (!all_digits(unsigned_digits)) return std::nullopt;
    if (unsigned_digits.size() > 1 && unsigned_digits.front() == '0') return std::nullopt;
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

// [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
bool has_number_form(std::string_view text) noexcept {
  const auto skip_digits = [&text] {
    const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(count);
    return count;
  };
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9') return false;
  const std::size_t whole = skip_digits();
  std::size_t fraction = 0;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    fraction = skip_digits();
  }
  if (whole + fraction == 0) return false;
  if (!text.starts_with('e') && !text.starts_with('E')) return text.empty();
  text.remove_prefix(1);
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return skip_digits() > 0 && text.empty();
}

std::optional<double> parse_number(std::string_view text) noexcept {
  if (!has_number_form(text)) return std::nullopt;
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

}  // namespace

TypedScalar type_scalar(const ConfigNode& scalar) {
  if (scalar.null) return {ScalarType::null, nullptr};
  const std::string& text = scalar.text;
  if (!scalar.quoted) {
    if (text == "true" || text == "True" || text == "TRUE") return {ScalarType::boolean, true};
    if (text == "false" || text == "False" || text == "FALSE") return {ScalarType::boolean, false};
    if (const auto integer = parse_integer(text)) return {ScalarType::integer, *integer};
    if (const auto number = parse_number(text)) return {ScalarType::number, *number};
  }
  return {ScalarType::string, boost::json::string(text)};
}

std::string_view scalar_type_name(ScalarType type) noexcept {
  switch (type) {
    case ScalarType::null:
      return "nothing";
    case ScalarType::boolean:
      return "boolean";
    case ScalarType::integer:
      return "integer";
    case ScalarType::number:
      return "number";
    case ScalarType::string:
      return "string";
  }
  return "string";
}

}  // namespace asmgr
