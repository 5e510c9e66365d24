#include "core/workspace/binary_text.hpp"

#include <openssl/evp.h>

namespace asmgr::workspace {
namespace {

constexpr std::size_t kChecksum = 32;

}  // namespace

std::array<std::uint8_t, 32> sha256_of(std::string_view bytes) {
  std::array<std::uint8_t, 32> digest{};
  unsigned int length = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr);
  return digest;
}

std::string BinaryWriter::finish() {
  bytes(sha256_of(out_));
  return std::move(out_);
}

std::optional<BinaryReader> BinaryReader::open(std::string_view bytes) {
  if (bytes.size() < kChecksum) return std::nullopt;
  const std::string_view body = bytes.substr(0, bytes.size() - kChecksum);
  const auto digest = sha256_of(body);
  if (std::memcmp(digest.data(), bytes.data() + body.size(), kChecksum) != 0) return std::nullopt;
  return BinaryReader(body);
}

}  // namespace asmgr::workspace
