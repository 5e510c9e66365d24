// A store on a scripted service.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <random>
#include <string>

#include "tests/plugins/contract/artifact_client.hpp"
#include "tests/plugins/s3/scripted_s3.hpp"

extern "C" const asmgr_plugin* asmgr_plugin_entry_v1() noexcept;

namespace asmgr::s3_test {

inline constexpr std::size_t kMebibyte = std::size_t{1} << 20;
inline constexpr std::size_t kPart = 5 * kMebibyte;  // the smallest that S3 takes

// No two places of it are the same for long.
inline std::string long_text(std::size_t size) {
  std::mt19937_64 random(size);
  std::string text((size + 7) / 8 * 8, '\0');
  for (std::size_t at = 0; at < text.size(); at += 8) {
    const std::uint64_t number = random();
    std::memcpy(text.data() + at, &number, 8);
  }
  text.resize(size);
  return text;
}

// Throws StoreClient::CreateError when the plugin refuses.
inline std::unique_ptr<contract::ArtifactClient> open_store(const std::string& config) {
  const asmgr_plugin* plugin = asmgr_plugin_entry_v1();
  return std::make_unique<contract::ArtifactClient>(*ASMGR_AT(const asmgr_component, &plugin->components, 0), config);
}

class S3Test : public ::testing::Test {
 protected:
  using Client = contract::ArtifactClient;
  // Small parts. Patient, since machines are busy: a test of what lasts for ever says how long that is.
  [[nodiscard]] std::unique_ptr<Client> open(const std::string& more = R"("part_size":5242880,"timeout":30000)") const {
    return open_store(service_.config(more));
  }
  [[nodiscard]] std::size_t requests_of(const std::string& method) {
    const auto log = service_.log();
    return static_cast<std::size_t>(
        std::count_if(log.begin(), log.end(), [&](const std::string& line) { return line.starts_with(method + " "); }));
  }

  ScriptedS3 service_;
};

}  // namespace asmgr::s3_test
