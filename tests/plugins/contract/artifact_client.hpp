// An artifact store plugin driven through the C boundary, the way the host does it.
#pragma once

#include <asmgr/plugin.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/plugins/contract/store_client.hpp"
#include "tests/plugins/contract/test_host.hpp"

namespace asmgr::contract {

struct Artifact {
  std::string key;
  std::string content_type;
  std::uint64_t bytes = 0;
  std::int64_t created_us = 0;
  std::array<std::uint8_t, 32> sha256{};
};

// What a call answered, with what it pushed.
template <typename T>
struct Told {
  asmgr_status status = ASMGR_OK;
  std::string message;
  T value{};
};

// Fills the buffer and returns how much, 0 at the end, -1 to give up.
using Source = std::function<std::int64_t(char* buffer, std::uint64_t capacity)>;
// The text in pieces of at most so many bytes; may be taken from once.
[[nodiscard]] Source source_of(std::string text, std::size_t piece = 100'000);

// One instance. Every function: any thread.
class ArtifactClient {
 public:
  // `name` is plugin file and component. Throws StoreClient::CreateError when the store refuses.
  ArtifactClient(const std::string& name, const std::string& config_json);
  // Of a component that is there already.
  ArtifactClient(const asmgr_component& component, const std::string& config_json);
  ArtifactClient(const ArtifactClient&) = delete;
  ArtifactClient& operator=(const ArtifactClient&) = delete;
  ~ArtifactClient();

  Told<Artifact> put(std::string_view key, const Source& source, std::string_view content_type = "") const;
  Told<Artifact> put(std::string_view key, std::string_view text) const {
    return put(key, source_of(std::string(text)));
  }
  // The bytes that were pushed, also before a failure.
  [[nodiscard]] Told<std::string> get(std::string_view key) const;
  // `visit` returns false when it has enough.
  Told<bool> get(std::string_view key, const std::function<bool(std::string_view chunk)>& visit) const;
  [[nodiscard]] Told<Artifact> stat(std::string_view key) const;
  Told<bool> remove(std::string_view key) const;
  [[nodiscard]] Told<std::vector<Artifact>> list(std::string_view prefix = "", std::string_view after = "",
                                                 std::uint32_t limit = 0) const;
  // The keys of list.
  [[nodiscard]] std::vector<std::string> keys(std::string_view prefix = "", std::string_view after = "",
                                              std::uint32_t limit = 0) const;
  [[nodiscard]] std::vector<std::string> log() const { return host_->log(); }

 private:
  std::unique_ptr<TestHost> host_;
  const asmgr_component* component_ = nullptr;
  asmgr_instance* instance_ = nullptr;
  const asmgr_artifacts* table_ = nullptr;
};

}  // namespace asmgr::contract
