// The artifact store port: opaque bytes under a key. Contract in full: sdk/include/asmgr/abi/artifacts.h.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/model/error.hpp"
#include "core/model/event.hpp"

namespace asmgr {

struct ArtifactInfo {
  std::string key;
  std::string content_type;
  std::uint64_t bytes = 0;
  Timestamp created_at;
  Hash sha256{};
};

// Fills the buffer and returns how much, 0 at the end. Errors give the put up.
using ByteSource = std::function<Result<std::size_t>(std::span<char> buffer)>;
// Return false to stop.
using ByteVisitor = std::function<bool(std::string_view chunk)>;

class ArtifactStore {
 public:
  virtual ~ArtifactStore() = default;
  [[nodiscard]] virtual Result<ArtifactInfo> put(std::string_view key, std::string_view content_type,
                                                 const ByteSource& source) = 0;
  [[nodiscard]] virtual Result<void> get(std::string_view key, const ByteVisitor& visitor) = 0;  // not_found
  [[nodiscard]] virtual Result<ArtifactInfo> stat(std::string_view key) = 0;                     // not_found
  [[nodiscard]] virtual Result<void> remove(std::string_view key) = 0;  // a missing key is fine
  [[nodiscard]] virtual Result<std::vector<ArtifactInfo>> list(std::string_view prefix, std::string_view after,
                                                               std::uint32_t limit) = 0;
};

}  // namespace asmgr
