#include "entry.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace asmgr::file_store {
namespace {

constexpr std::int64_t kEntryVersion = 1;

std::optional<Digest> digest_of(std::string_view text) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  Digest digest{};
  if (text.size() != 2 * digest.size()) return std::nullopt;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const std::size_t high = kDigits.find(text[2 * i]);
    const std::size_t low = kDigits.find(text[2 * i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    digest[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return digest;
}

std::optional<std::string> text_at(const boost::json::object& object, std::string_view name) {
  const boost::json::value* value = object.if_contains(boost::json::string_view(name.data(), name.size()));
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->get_string().data(), value->get_string().size());
}

std::optional<std::int64_t> number_at(const boost::json::object& object, std::string_view name) {
  const boost::json::value* value = object.if_contains(boost::json::string_view(name.data(), name.size()));
  if (value == nullptr || !value->is_int64()) return std::nullopt;
  return value->get_int64();
}

// The line before the last one, when the last one is its digest.
std::optional<std::string_view> checked_line(std::string_view text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  if (text.substr(end + 1) != hex(sha256_of(line)) + "\n") return std::nullopt;
  return line;
}

}  // namespace

std::string write_entry(const Entry& entry) {
  boost::json::object object;
  object["version"] = kEntryVersion;
  object["key"] = entry.key;
  object["content_type"] = entry.content_type;
  object["sha256"] = hex(entry.sha256);
  object["bytes"] = static_cast<std::int64_t>(entry.bytes);
  object["created_us"] = entry.created_us;
  const std::string line = boost::json::serialize(object);
  return line + "\n" + hex(sha256_of(line)) + "\n";
}

std::optional<Entry> read_entry(std::string_view text, std::string_view key) {
  const auto line = checked_line(text);
  if (!line) return std::nullopt;
  boost::json::error_code problem;
  const boost::json::value value = boost::json::parse(boost::json::string_view(line->data(), line->size()), problem);
  if (problem || !value.is_object()) return std::nullopt;
  const boost::json::object& object = value.get_object();
  const auto named = text_at(object, "key");
  const auto content_type = text_at(object, "content_type");
  const auto digest = digest_of(text_at(object, "sha256").value_or(""));
  const auto bytes = number_at(object, "bytes");
  const auto created_us = number_at(object, "created_us");
  if (!content_type || !digest || !bytes || *bytes < 0 || !created_us || named != key) return std::nullopt;
  return Entry{*named, *content_type, *digest, static_cast<std::uint64_t>(*bytes), *created_us};
}

}  // namespace asmgr::file_store
