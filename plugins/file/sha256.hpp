// SHA-256 over bytes that come in pieces.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace asmgr::file_store {

using Digest = std::array<std::uint8_t, 32>;

class Sha256 {
 public:
  Sha256();
  void add(std::string_view bytes);
  // Once, at the end.
  [[nodiscard]] Digest finish();

 private:
  std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st*)> context_;
};

[[nodiscard]] Digest sha256_of(std::string_view bytes);
[[nodiscard]] std::string hex(const Digest& digest);  // 64 lower-case digits

}  // namespace asmgr::file_store
