// What is known of an artifact, and how it stands in the metadata of its object.
#pragma once

#include <asmgr/toolkit/http.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sha256.hpp"

namespace asmgr::s3_store {

struct Entry {
  std::string key;
  std::string content_type;
  Digest sha256{};
  std::uint64_t bytes = 0;
  std::int64_t created_us = 0;

  bool operator==(const Entry&) const = default;
};

// Throws INVALID_INPUT when it is not UTF-8 or does not fit into the metadata.
void check_content_type(std::string_view content_type, std::string_view key);

// The headers of a request that makes the object.
[[nodiscard]] http::Headers headers_of_entry(const Entry& entry);
// None: the object was not stored by this plugin, or its metadata is damaged.
[[nodiscard]] std::optional<Entry> entry_of_headers(const http::Headers& headers, std::string_view key);

}  // namespace asmgr::s3_store
