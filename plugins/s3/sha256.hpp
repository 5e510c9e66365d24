// SHA-256 over bytes that come in pieces, and the keyed hash made of it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace asmgr::s3_store {

using Digest = std::array<std::uint8_t, 32>;

// All functions throw StatusError (DEPENDENCY_NOT_AVAILABLE) when OpenSSL refuses.
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
[[nodiscard]] Digest hmac_sha256(std::string_view key, std::string_view bytes);
[[nodiscard]] std::string hex(const Digest& digest);                         // 64 lower-case digits
[[nodiscard]] std::optional<Digest> digest_of_hex(std::string_view digits);  // none: it is none
[[nodiscard]] std::string_view bytes_of(const Digest& digest) noexcept;      // borrows

}  // namespace asmgr::s3_store
