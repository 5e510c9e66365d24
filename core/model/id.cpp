#include "core/model/id.hpp"

#include <sys/random.h>
#include <time.h>

#include <algorithm>
#include <bit>

namespace asmgr {
namespace {

constexpr std::size_t kHexLength = 32;
// A clock that was set back a little is waited for; one that is further back is another clock (a test's, a corrected
// one).
constexpr std::int64_t kHeldBackMs = 60'000;

// xoroshiro128++ (public domain algorithm of Blackman and Vigna): ids need spread, not secrecy.
class Random {
 public:
  Random() noexcept {
    if (getrandom(state_, sizeof(state_), 0) == sizeof(state_)) return;
    timespec time{};
    clock_gettime(CLOCK_REALTIME, &time);
    state_[0] = static_cast<std::uint64_t>(time.tv_sec) << 32 ^ static_cast<std::uint64_t>(time.tv_nsec);
    state_[1] = reinterpret_cast<std::uintptr_t>(this) | 1;
  }
  std::uint64_t next() noexcept {
    const std::uint64_t a = state_[0];
    const std::uint64_t b = state_[1] ^ a;
    const std::uint64_t result = std::rotl(a + state_[1], 17) + a;
    state_[0] = std::rotl(a, 49) ^ b ^ (b << 21);
    state_[1] = std::rotl(b, 28);
    return result;
  }

 private:
  std::uint64_t state_[2];
};

// The 74 bits behind the milliseconds, as 12 + 62. Within one millisecond they only rise, by random steps.
struct Sequence {
  Random random;
  std::int64_t last_ms = -1;
  std::uint64_t high = 0;  // 12 bits
  std::uint64_t low = 0;   // 62 bits

  void next(std::int64_t now_ms) noexcept {
    constexpr std::uint64_t kLowMask = (std::uint64_t{1} << 62) - 1;
    if (now_ms > last_ms || now_ms < last_ms - kHeldBackMs) {
      last_ms = now_ms;
      high = random.next() & 0x7FFu;  // the upper half is left to count into
      low = random.next() & kLowMask;
      return;
    }
    low += 1 + (random.next() >> 16);
    high += low >> 62;
    low &= kLowMask;
    if (high <= 0xFFFu) return;
    high = 0;
    ++last_ms;
  }
};

void write_hex_id(Timestamp now, char* out) noexcept {
  constexpr char kDigits[] = "0123456789abcdef";
  for (const std::uint8_t byte : make_uuid_v7(now)) {
    *out++ = kDigits[byte >> 4];
    *out++ = kDigits[byte & 0xFu];
  }
}

void store_big_endian(std::uint64_t value, std::uint8_t* out) noexcept {
  for (int i = 7; i >= 0; --i, value >>= 8) out[i] = static_cast<std::uint8_t>(value);
}

}  // namespace

std::array<std::uint8_t, 16> make_uuid_v7(Timestamp now) {
  thread_local Sequence sequence;
  sequence.next(std::max<std::int64_t>(now.us, 0) / 1000);
  std::array<std::uint8_t, 16> uuid;
  store_big_endian(static_cast<std::uint64_t>(sequence.last_ms) << 16 | 0x7000u | sequence.high, uuid.data());
  store_big_endian(std::uint64_t{2} << 62 | sequence.low, uuid.data() + 8);
  return uuid;
}

std::string new_id(std::string_view prefix, Timestamp now) {
  std::string id(prefix.size() + kHexLength, '\0');
  std::ranges::copy(prefix, id.begin());
  write_hex_id(now, id.data() + prefix.size());
  return id;
}

std::string new_session_id(Timestamp now) {
  return new_id("ses_", now);
}
std::string new_run_id(Timestamp now) {
  return new_id("run_", now);
}
std::string new_event_id(Timestamp now) {
  return new_id("evt_", now);
}
std::string new_approval_id(Timestamp now) {
  return new_id("apr_", now);
}

void write_event_id(Timestamp now, char out[36]) noexcept {
  std::ranges::copy(std::string_view("evt_"), out);
  write_hex_id(now, out + 4);
}

bool is_valid_id(std::string_view id) noexcept {
  return !id.empty() && id.size() <= 128 && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == ':' || c == '-';
  });
}

}  // namespace asmgr
