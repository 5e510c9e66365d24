#include "core/cost/money.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace asmgr {
namespace {

constexpr Int128 kPicoPerMicro = 1'000'000;
// Symmetric, so that negation always fits.
constexpr Int128 kMost = (((Int128{1} << 126) - 1) << 1) + 1;

}  // namespace

std::optional<Money> Money::of_usd(double usd) noexcept {
  if (!std::isfinite(usd) || usd < 0) return std::nullopt;
  const double pico = std::round(usd * 1e12);
  // 2^126: far from where the conversion would be undefined.
  if (pico >= 0x1p126) return of_pico_usd(kMost);
  return of_pico_usd(static_cast<Int128>(pico));
}

Money Money::of_tokens(std::int64_t tokens, std::int64_t pico_usd_per_token) noexcept {
  const std::int64_t zero = 0;
  return of_pico_usd(Int128{std::max(tokens, zero)} * std::max(pico_usd_per_token, zero));
}

std::int64_t Money::micro_usd() const noexcept {
  // Floor of (x + half), also below zero.
  Int128 micro = pico_ / kPicoPerMicro;
  Int128 rest = pico_ % kPicoPerMicro;
  if (rest < 0) {
    rest += kPicoPerMicro;
    --micro;
  }
  if (rest >= kPicoPerMicro / 2) ++micro;
  const Int128 least = std::numeric_limits<std::int64_t>::min();
  const Int128 most = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::clamp(micro, least, most));
}

double Money::usd() const noexcept {
  return static_cast<double>(micro_usd()) / 1e6;
}

Money& Money::operator+=(Money other) noexcept {
  Int128 sum = 0;
  if (__builtin_add_overflow(pico_, other.pico_, &sum)) sum = pico_ > 0 ? kMost : -kMost;
  pico_ = std::clamp(sum, -kMost, kMost);
  return *this;
}

std::optional<Money> sum_of(std::optional<Money> a, std::optional<Money> b) noexcept {
  if (!a || !b) return std::nullopt;
  return *a + *b;
}

}  // namespace asmgr
