// What is configured, checked.
#pragma once

#include <asmgr/toolkit/config.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "signature.hpp"

namespace asmgr::s3_store {

struct Settings {
  std::string scheme;  // "http" or "https"
  std::string host;    // as the header `host` has it: with a port only where that is not the scheme's own
  std::string bucket;
  std::string prefix;
  SigningScope scope;
  Credentials credentials;
  bool path_style = false;
  std::string ca_file;
  std::size_t part_size = 0;
  std::chrono::milliseconds timeout{0};  // of a request with all its repetitions

  [[nodiscard]] std::string endpoint() const { return scheme + "://" + host; }
};

// Throws StatusError (CONFIG_INVALID), which names the key and shows no secret.
[[nodiscard]] Settings read_settings(const sdk::Config& config);

}  // namespace asmgr::s3_store
