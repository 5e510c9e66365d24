#include "entry.hpp"

#include <algorithm>
#include <asmgr/cpp/error.hpp>
#include <charconv>

#include "object_name.hpp"
#include "signature.hpp"

namespace asmgr::s3_store {
namespace {

constexpr char kSha256Header[] = "x-amz-meta-asmgr-sha256";
constexpr char kBytesHeader[] = "x-amz-meta-asmgr-bytes";
constexpr char kCreatedHeader[] = "x-amz-meta-asmgr-created-us";
constexpr char kTypeHeader[] = "x-amz-meta-asmgr-content-type";
constexpr std::size_t kLongestType = 1500;  // S3 takes 2 KiB of metadata in all

template <typename Number>
std::optional<Number> number_in(const http::Headers& headers, const char* name) {
  const std::string* text = http::find_header(headers, name);
  if (text == nullptr) return std::nullopt;
  Number number{};
  const char* const end = text->data() + text->size();
  const auto [stopped, problem] = std::from_chars(text->data(), end, number);
  if (text->empty() || problem != std::errc() || stopped != end) return std::nullopt;
  return number;
}

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = digit_value(text[i + 1]);
    const int low = digit_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

// As a header it is only for those who look at the bucket with other programs.
std::string sendable_type(const std::string& content_type) {
  const auto is_sendable = [](char c) { return c >= ' ' && c < 0x7f; };
  const bool good =
      content_type.find('/') != std::string::npos && std::all_of(content_type.begin(), content_type.end(), is_sendable);
  return good ? content_type : "application/octet-stream";
}

}  // namespace

void check_content_type(std::string_view content_type, std::string_view key) {
  if (is_utf8(content_type) && percent_encoded(content_type).size() <= kLongestType) return;
  throw sdk::StatusError(ASMGR_E_INVALID_INPUT,
                         "the content type of the artifact " + shown(key) +
                             " is not UTF-8, or longer than the metadata of an object can hold (" +
                             std::to_string(kLongestType) + " characters, percent-encoded)");
}

http::Headers headers_of_entry(const Entry& entry) {
  return {{"content-type", sendable_type(entry.content_type)},
          {kSha256Header, hex(entry.sha256)},
          {kBytesHeader, std::to_string(entry.bytes)},
          {kCreatedHeader, std::to_string(entry.created_us)},
          // Never empty: some servers drop what has no value.
          {kTypeHeader, "=" + percent_encoded(entry.content_type)}};
}

std::optional<Entry> entry_of_headers(const http::Headers& headers, std::string_view key) {
  const std::string* const sha256 = http::find_header(headers, kSha256Header);
  const std::string* const type = http::find_header(headers, kTypeHeader);
  const auto bytes = number_in<std::uint64_t>(headers, kBytesHeader);
  const auto created_us = number_in<std::int64_t>(headers, kCreatedHeader);
  if (sha256 == nullptr || type == nullptr || !type->starts_with('=') || !bytes || !created_us) return std::nullopt;
  const auto digest = digest_of_hex(*sha256);
  const auto content_type = percent_decoded(std::string_view(*type).substr(1));
  if (!digest || !content_type || !is_utf8(*content_type)) return std::nullopt;
  return Entry{std::string(key), *content_type, *digest, *bytes, *created_us};
}

}  // namespace asmgr::s3_store
