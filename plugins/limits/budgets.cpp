#include "budgets.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <asmgr/toolkit/json_view.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <utility>

namespace asmgr::limits {
namespace {

namespace json = boost::json;

constexpr std::size_t kLongestPart = 64;
constexpr std::string_view kHex = "0123456789abcdef";

void append_hex(std::string& text, unsigned char byte) {
  text.push_back(kHex[byte >> 4U]);
  text.push_back(kHex[byte & 15U]);
}

bool is_plain(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

// Plain characters stay, others become %XX; a text that is too long for that becomes ~ and its SHA-256. Thus '/' only
// ever stands between parts.
std::string name_part(std::string_view text) {
  std::string part;
  for (const char c : text) {
    if (is_plain(c)) {
      part.push_back(c);
    } else {
      part.push_back('%');
      append_hex(part, static_cast<unsigned char>(c));
    }
    if (part.size() > kLongestPart) break;
  }
  if (part.size() <= kLongestPart) return part;
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  const std::string bytes(text);
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  part = "~";
  for (const unsigned char byte : digest) append_hex(part, byte);
  return part;
}

// Each once.
std::vector<std::string> tags_of(const asmgr_session& session) {
  std::vector<std::string> tags;
  const std::string_view doc = asmgr::sdk::view(session.doc);
  if (doc.empty()) return tags;
  json::error_code problem;
  const json::value parsed = json::parse(asmgr::sdk::as_json(doc), problem);
  if (problem || !parsed.is_object())
    throw asmgr::sdk::StatusError(ASMGR_E_INVALID_FORMAT,
                                  "the session's document is no JSON object, so its tags are not known; this is a "
                                  "fault of the host");
  const json::value* list = parsed.get_object().if_contains("tags");
  if (list == nullptr || !list->is_array()) return tags;
  for (const json::value& tag : list->get_array()) {
    if (tag.is_string()) tags.emplace_back(asmgr::sdk::as_view(tag.get_string()));
  }
  std::sort(tags.begin(), tags.end());
  tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
  return tags;
}

std::vector<std::string> subjects_of(std::string_view per, const asmgr_session& session) {
  const std::string tenant = name_part(asmgr::sdk::view(session.tenant));
  if (per == "tenant") return {tenant};
  if (per == "session") return {tenant + "/" + name_part(asmgr::sdk::view(session.id))};
  if (per == "agent") return {tenant + "/" + name_part(asmgr::sdk::view(session.agent_id))};
  std::vector<std::string> subjects;
  for (const std::string& tag : tags_of(session)) subjects.push_back(tenant + "/" + name_part(tag));
  return subjects;
}

// Which window of an `every` it is, from 1970.
std::int64_t number_of(const Window& window, std::int64_t now_us) {
  return std::max<std::int64_t>(now_us, 0) / 1000 / window.every_ms;
}

}  // namespace

Budgets::Budgets(std::string_view instance_name, Window window, const asmgr_session& session)
    : window_(std::move(window)), instance_(name_part(instance_name)), subjects_(subjects_of(window_.per, session)) {}

std::vector<std::string> Budgets::counters(const Figure& figure, std::int64_t now_us) const {
  std::string when = "ever";
  if (window_.every_ms != 0) {
    when = std::to_string(window_.every_ms) + "ms/" + std::to_string(number_of(window_, now_us));
  }
  std::vector<std::string> names;
  for (const std::string& subject : subjects_) {
    std::string name = "limits/";
    name.append(instance_).append("/").append(figure.key).append("/").append(window_.per).append("/");
    name.append(when).append("/").append(subject);
    names.push_back(std::move(name));
  }
  return names;
}

std::int64_t Budgets::keep_until_us(std::int64_t now_us) const {
  constexpr std::int64_t kDayUs = 24LL * 3600 * 1'000'000;
  if (window_.every_ms == 0) return 0;
  std::int64_t every_us = 0;
  std::int64_t until_us = 0;
  const bool beyond_counting = __builtin_mul_overflow(window_.every_ms, std::int64_t{1000}, &every_us) ||
                               __builtin_mul_overflow(number_of(window_, now_us) + 2, every_us, &until_us) ||
                               __builtin_add_overflow(until_us, kDayUs, &until_us);
  return beyond_counting ? 0 : until_us;
}

}  // namespace asmgr::limits
