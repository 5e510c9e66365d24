// An artifact store in memory, whose puts a test can hold up, refuse and look at.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/model/sha256.hpp"
#include "core/ports/artifacts.hpp"

namespace asmgr::testing {

class ArtifactsDouble final : public ArtifactStore {
 public:
  // Called before each put, on the putting thread; an error is what it answers.
  std::function<std::optional<Error>(const std::string& key)> before_put;
  Timestamp now = system_clock().now();  // of what is put

  [[nodiscard]] Result<ArtifactInfo> put(std::string_view key, std::string_view content_type,
                                         const ByteSource& source) override {
    if (before_put) {
      if (auto refused = before_put(std::string(key))) return *refused;
    }
    Kept kept;
    std::vector<char> buffer(1000);
    while (true) {
      auto got = source(buffer);
      if (!got) return got.error();
      if (*got == 0) break;
      kept.bytes.append(buffer.data(), *got);
    }
    kept.info = {std::string(key), std::string(content_type), kept.bytes.size(), now, digest(kept.bytes)};
    std::lock_guard lock(mutex_);
    return (kept_[std::string(key)] = std::move(kept)).info;
  }
  [[nodiscard]] Result<void> get(std::string_view key, const ByteVisitor& visitor) override {
    const std::string bytes = text(std::string(key));
    if (!has(std::string(key))) return Error(ErrorCode::not_found, "no such key");
    for (std::size_t at = 0; at < bytes.size(); at += 1000) {
      if (!visitor(std::string_view(bytes).substr(at, 1000))) break;
    }
    return {};
  }
  [[nodiscard]] Result<ArtifactInfo> stat(std::string_view key) override {
    std::lock_guard lock(mutex_);
    const auto at = kept_.find(key);
    if (at == kept_.end()) return Error(ErrorCode::not_found, "no such key");
    return at->second.info;
  }
  [[nodiscard]] Result<void> remove(std::string_view key) override {
    std::lock_guard lock(mutex_);
    kept_.erase(std::string(key));
    return {};
  }
  [[nodiscard]] Result<std::vector<ArtifactInfo>> list(std::string_view prefix, std::string_view after,
                                                       std::uint32_t limit) override {
    std::lock_guard lock(mutex_);
    std::vector<ArtifactInfo> infos;
    for (auto at = kept_.upper_bound(std::string(after)); at != kept_.end() && infos.size() < limit; ++at) {
      if (at->first.starts_with(prefix)) infos.push_back(at->second.info);
    }
    return infos;
  }

  [[nodiscard]] bool has(const std::string& key) {
    std::lock_guard lock(mutex_);
    return kept_.contains(key);
  }
  [[nodiscard]] std::string text(const std::string& key) {
    std::lock_guard lock(mutex_);
    const auto at = kept_.find(key);
    return at == kept_.end() ? std::string() : at->second.bytes;
  }
  void replace(const std::string& key, const std::string& bytes) {
    std::lock_guard lock(mutex_);
    kept_[key].bytes = bytes;
  }
  [[nodiscard]] std::vector<std::string> keys() {
    std::lock_guard lock(mutex_);
    std::vector<std::string> keys;
    for (const auto& [key, kept] : kept_) keys.push_back(key);
    return keys;
  }

 private:
  struct Kept {
    std::string bytes;
    ArtifactInfo info;
  };
  static Hash digest(std::string_view bytes) {
    Sha256 sha256;
    sha256.add(bytes);
    return sha256.finish();
  }
  std::mutex mutex_;
  std::map<std::string, Kept, std::less<>> kept_;
};

}  // namespace asmgr::testing
