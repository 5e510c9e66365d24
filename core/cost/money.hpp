// Amounts of money as exact integers: sums of many small prices do not drift, and are rounded once, when they are
// shown.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>

namespace asmgr {

// Signed 128 bits: tokens of a session times a rate do not fit 64.
__extension__ typedef __int128 Int128;

// An amount of US dollars in steps of a pico-dollar. Sums stay at the most where they do not fit.
class Money {
 public:
  constexpr Money() noexcept = default;
  [[nodiscard]] static constexpr Money of_pico_usd(Int128 pico) noexcept {
    Money money;
    money.pico_ = pico;
    return money;
  }
  // What somebody reports. Empty for what is no amount: negative, infinite, not a number.
  [[nodiscard]] static std::optional<Money> of_usd(double usd) noexcept;
  // Negative tokens and rates count as 0.
  [[nodiscard]] static Money of_tokens(std::int64_t tokens, std::int64_t pico_usd_per_token) noexcept;

  [[nodiscard]] constexpr Int128 pico_usd() const noexcept { return pico_; }
  // Rounded half up; the nearest that fits.
  [[nodiscard]] std::int64_t micro_usd() const noexcept;
  // micro_usd as dollars: what `cost_usd` of a run says.
  [[nodiscard]] double usd() const noexcept;
  [[nodiscard]] constexpr bool is_zero() const noexcept { return pico_ == 0; }

  Money& operator+=(Money other) noexcept;
  [[nodiscard]] friend Money operator+(Money a, Money b) noexcept { return a += b; }
  [[nodiscard]] Money operator-() const noexcept { return of_pico_usd(-pico_); }
  [[nodiscard]] friend Money operator-(Money a, Money b) noexcept { return a += -b; }
  friend constexpr auto operator<=>(const Money&, const Money&) = default;

 private:
  Int128 pico_ = 0;
};

// The sum of what is known: an unknown part makes the sum unknown, never smaller.
[[nodiscard]] std::optional<Money> sum_of(std::optional<Money> a, std::optional<Money> b) noexcept;

}  // namespace asmgr
