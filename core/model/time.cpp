#include "core/model/time.hpp"

#include <time.h>

#include <algorithm>
#include <chrono>

namespace asmgr {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;
// What four digits of a year can say: 0000-01-01T00:00:00 to 9999-12-31T23:59:59.999999.
constexpr std::int64_t kFirst = -719'528 * kDay;
constexpr std::int64_t kLast = 2'932'897 * kDay - 1;

void write_digits(char* out, unsigned value, int width) noexcept {
  for (int i = width - 1; i >= 0; --i, value /= 10) out[i] = static_cast<char>('0' + value % 10);
}

// A cursor over the text; once something did not fit, ok stays false.
struct Reader {
  std::string_view rest;
  bool ok = true;

  int digits(std::size_t count) noexcept {
    if (rest.size() < count) ok = false;
    int value = 0;
    for (std::size_t i = 0; ok && i < count; ++i) {
      if (rest[i] < '0' || rest[i] > '9') ok = false;
      value = value * 10 + (rest[i] - '0');
    }
    if (ok) rest.remove_prefix(count);
    return value;
  }
  bool take(char lower, char upper) noexcept {
    if (rest.empty() || (rest[0] != lower && rest[0] != upper)) return false;
    rest.remove_prefix(1);
    return true;
  }
  void expect(char c) noexcept {
    if (!take(c, c)) ok = false;
  }
};

// Microseconds of ".678901"; digits past the sixth are cut, past the ninth refused.
std::int64_t read_fraction(Reader& in) noexcept {
  if (!in.take('.', '.')) return 0;
  std::int64_t us = 0;
  std::size_t count = 0;
  for (; count < in.rest.size() && in.rest[count] >= '0' && in.rest[count] <= '9'; ++count) {
    if (count < 6) us = us * 10 + (in.rest[count] - '0');
  }
  if (count == 0 || count > 9) in.ok = false;
  in.rest.remove_prefix(count);
  for (; count < 6; ++count) us *= 10;
  return us;
}

// Seconds to subtract for "Z" or "+02:00".
std::int64_t read_offset(Reader& in) noexcept {
  if (in.take('Z', 'z')) return 0;
  const bool negative = in.take('-', '-');
  if (!negative) in.expect('+');
  const int hours = in.digits(2);
  in.expect(':');
  const int minutes = in.digits(2);
  if (hours > 23 || minutes > 59) in.ok = false;
  const std::int64_t seconds = (hours * 60 + minutes) * 60;
  return negative ? -seconds : seconds;
}

std::optional<Timestamp> read_timestamp(std::string_view text) noexcept {
  Reader in{text};
  const int year = in.digits(4);
  in.expect('-');
  const int month = in.digits(2);
  in.expect('-');
  const int day = in.digits(2);
  if (!in.take('T', 't')) return std::nullopt;
  const int hour = in.digits(2);
  in.expect(':');
  const int minute = in.digits(2);
  in.expect(':');
  const int second = in.digits(2);
  const std::int64_t fraction = read_fraction(in);
  const std::int64_t offset = read_offset(in);
  if (!in.ok || !in.rest.empty()) return std::nullopt;

  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t seconds = days * 86'400 + hour * 3600 + minute * 60 + second - offset;
  // A leap second is only ever the last of a UTC day; it reads as the second after it.
  if (second == 60 && seconds % 86'400 != 0) return std::nullopt;
  const Timestamp time{seconds * kSecond + fraction};
  if (time.us < kFirst || time.us > kLast) return std::nullopt;
  return time;
}

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const noexcept override { return {read(CLOCK_REALTIME) / 1000}; }
  [[nodiscard]] std::int64_t monotonic_ns() const noexcept override { return read(CLOCK_MONOTONIC); }

 private:
  static std::int64_t read(clockid_t clock) noexcept {
    timespec time{};
    clock_gettime(clock, &time);
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
  }
};

}  // namespace

void write_timestamp(Timestamp time, char out[27]) noexcept {
  const std::int64_t us = std::clamp(time.us, kFirst, kLast);
  const auto days = std::chrono::floor<std::chrono::days>(std::chrono::microseconds(us));
  const std::chrono::year_month_day date{std::chrono::sys_days(days)};
  const std::int64_t of_day = us - days.count() * kDay;
  const auto seconds = static_cast<unsigned>(of_day / kSecond);
  write_digits(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  out[4] = '-';
  write_digits(out + 5, static_cast<unsigned>(date.month()), 2);
  out[7] = '-';
  write_digits(out + 8, static_cast<unsigned>(date.day()), 2);
  out[10] = 'T';
  write_digits(out + 11, seconds / 3600, 2);
  out[13] = ':';
  write_digits(out + 14, seconds / 60 % 60, 2);
  out[16] = ':';
  write_digits(out + 17, seconds % 60, 2);
  out[19] = '.';
  write_digits(out + 20, static_cast<unsigned>(of_day % kSecond), 6);
  out[26] = 'Z';
}

std::string format_timestamp(Timestamp time) {
  char text[27];
  write_timestamp(time, text);
  return {text, sizeof(text)};
}

Result<Timestamp> parse_timestamp(std::string_view text) {
  if (const auto time = read_timestamp(text)) return *time;
  std::string message = "\"";
  message.append(truncate_error_text(text, 1, 60).text);
  message.append("\" is not a time; write it like 2026-01-02T03:04:05.678901Z or 2026-01-02T03:04:05+02:00 (RFC 3339)");
  return Error(ErrorCode::invalid_format, std::move(message));
}

const Clock& system_clock() noexcept {
  static const SystemClock kClock;
  return kClock;
}

}  // namespace asmgr
