#include "core/model/duration.hpp"

#include <limits>
#include <optional>
#include <span>

namespace asmgr {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

constexpr Unit kDurations[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
constexpr Unit kSizes[] = {{"B", 1},         {"KB", 1000},     {"MB", 1'000'000}, {"GB", 1'000'000'000},
                           {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30},  {"", 1}};

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

// "12.5" as 125 over 10. Nothing when it is no plain decimal number or has more digits than 64 bits hold.
struct Decimal {
  std::int64_t digits = 0;
  std::int64_t scale = 1;
};
std::optional<Decimal> read_decimal(std::string_view text) noexcept {
  Decimal number;
  bool fraction = false;
  if (text.empty() || !is_digit(text.front()) || !is_digit(text.back())) return std::nullopt;
  for (const char c : text) {
    if (c == '.' && !fraction) {
      fraction = true;
      continue;
    }
    if (!is_digit(c)) return std::nullopt;
    if (__builtin_mul_overflow(number.digits, 10, &number.digits) ||
        __builtin_add_overflow(number.digits, c - '0', &number.digits) ||
        (fraction && __builtin_mul_overflow(number.scale, 10, &number.scale))) {
      return std::nullopt;
    }
  }
  return number;
}

// The number in base units; nothing when it is too large or no whole number of them.
std::optional<std::int64_t> scaled(Decimal number, std::int64_t factor) noexcept {
  __extension__ using Wide = __int128;
  const Wide product = Wide{number.digits} * factor;
  if (product % number.scale != 0) return std::nullopt;
  const Wide result = product / number.scale;
  if (result > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
  return static_cast<std::int64_t>(result);
}

std::optional<std::int64_t> read_amount(std::string_view text, std::span<const Unit> units) noexcept {
  const auto end_of_number = text.find_first_not_of("0123456789.");
  const std::string_view name = end_of_number == std::string_view::npos ? "" : text.substr(end_of_number);
  const auto number = read_decimal(text.substr(0, end_of_number));
  if (!number) return std::nullopt;
  for (const Unit& unit : units) {
    if (unit.name == name) return scaled(*number, unit.factor);
  }
  return std::nullopt;
}

Error amount_error(std::string_view text, std::string_view help) {
  std::string message = "\"";
  message.append(truncate_error_text(text, 1, 60).text).append("\" is not a ").append(help);
  return Error(ErrorCode::invalid_format, std::move(message));
}

}  // namespace

Result<std::int64_t> parse_duration_ms(std::string_view text) {
  if (text == "0") return 0;
  if (const auto amount = read_amount(text, kDurations)) return *amount;
  return amount_error(text,
                      "duration; write a number with ms, s, m, h or d, in whole milliseconds, like 250ms or 1.5s");
}

Result<std::int64_t> parse_size_bytes(std::string_view text) {
  if (const auto amount = read_amount(text, kSizes)) return *amount;
  return amount_error(text,
                      "size; write a number with B, KB, MB, GB, KiB, MiB or GiB, in whole bytes, like 64KiB or 10MB");
}

std::string format_duration_ms(std::int64_t milliseconds) {
  if (milliseconds == 0) return "0s";
  const Unit* best = kDurations;
  for (const Unit& unit : kDurations) {
    if (milliseconds % unit.factor == 0) best = &unit;
  }
  return std::to_string(milliseconds / best->factor).append(best->name);
}

}  // namespace asmgr
