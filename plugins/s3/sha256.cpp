#include "sha256.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <asmgr/cpp/error.hpp>

namespace asmgr::s3_store {
namespace {

constexpr std::string_view kLowerHex = "0123456789abcdef";

void require_openssl(bool done) {
  if (!done) throw sdk::StatusError(ASMGR_E_DEPENDENCY_NOT_AVAILABLE, "OpenSSL cannot compute SHA-256");
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
  require_openssl(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
}

void Sha256::add(std::string_view bytes) {
  require_openssl(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

Digest Sha256::finish() {
  Digest digest{};
  require_openssl(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
  return digest;
}

Digest sha256_of(std::string_view bytes) {
  Sha256 sha;
  sha.add(bytes);
  return sha.finish();
}

Digest hmac_sha256(std::string_view key, std::string_view bytes) {
  Digest digest{};
  unsigned int size = 0;
  require_openssl(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                       reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data(),
                       &size) != nullptr &&
                  size == digest.size());
  return digest;
}

std::string hex(const Digest& digest) {
  std::string text;
  text.reserve(2 * digest.size());
  for (const std::uint8_t byte : digest) {
    text += kLowerHex[byte >> 4];
    text += kLowerHex[byte & 15];
  }
  return text;
}

std::optional<Digest> digest_of_hex(std::string_view digits) {
  Digest digest{};
  if (digits.size() != 2 * digest.size()) return std::nullopt;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const std::size_t high = kLowerHex.find(digits[2 * i]);
    const std::size_t low = kLowerHex.find(digits[2 * i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    digest[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return digest;
}

std::string_view bytes_of(const Digest& digest) noexcept {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace asmgr::s3_store
