// SHA-256 of bytes that come in pieces.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

namespace asmgr {

// Not thread-safe.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(std::string_view bytes);
  // Of all that was added; nothing may be added afterwards.
  [[nodiscard]] std::array<std::uint8_t, 32> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace asmgr
