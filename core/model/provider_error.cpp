#include "core/model/provider_error.hpp"

#include <algorithm>
#include <charconv>

#include "core/model/json.hpp"

namespace asmgr {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

std::string_view trim(std::string_view text) noexcept {
  const auto begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

// Trimmed and in lower case; "unknown" unless it then reads like the name of a kind.
std::string normal_kind(std::string_view text) {
  std::string kind(trim(text));
  std::ranges::transform(kind, kind.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const bool is_name = !kind.empty() && kind.size() <= 64 && std::ranges::all_of(kind, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
  return is_name ? kind : "unknown";
}

std::optional<int> exit_code_of(const boost::json::object& json) noexcept {
  if (const auto number = find_int(json, "exit_code")) {
    if (*number < std::numeric_limits<int>::min() || *number > std::numeric_limits<int>::max()) return std::nullopt;
    return static_cast<int>(*number);
  }
  const auto text = find_string(json, "exit_code");
  if (!text) return std::nullopt;
  int code = 0;
  const auto [end, failure] = std::from_chars(text->data(), text->data() + text->size(), code);
  if (failure != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return code;
}

// The length of the longest prefix of at most max_bytes that ends between two characters.
std::size_t whole_characters(std::string_view text, std::size_t max_bytes) noexcept {
  if (text.size() <= max_bytes) return text.size();
  std::size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0u) == 0x80u) --end;
  return end;
}

std::size_t length_of_lines(std::string_view text, std::size_t max_lines) noexcept {
  if (max_lines == 0) return 0;
  std::size_t end = 0;
  for (std::size_t lines = 0; lines < max_lines; ++lines) {
    const auto newline = text.find('\n', end);
    if (newline == std::string_view::npos || newline + 1 == text.size()) return text.size();
    if (lines + 1 == max_lines) return newline;
    end = newline + 1;
  }
  return end;
}

}  // namespace

TruncatedText truncate_error_text(std::string_view text, std::size_t max_lines, std::size_t max_bytes) {
  std::string_view kept = text.substr(0, length_of_lines(text, max_lines));
  kept = kept.substr(0, whole_characters(kept, max_bytes));
  return {std::string(kept), kept.size() < text.size()};
}

boost::json::object to_json(const ProviderError& provider_error) {
  boost::json::object json;
  json.reserve(6);
  json["provider"] = provider_error.provider.empty() ? "unknown" : provider_error.provider;
  json["kind"] = provider_error.kind;
  json["message"] = provider_error.message;
  json["exit_code"] = provider_error.exit_code ? boost::json::value(*provider_error.exit_code) : nullptr;
  json["stderr"] = provider_error.standard_error ? boost::json::value(*provider_error.standard_error) : nullptr;
  json["truncated"] = provider_error.truncated ? boost::json::value(true) : nullptr;
  return json;
}

ProviderError provider_error_from_json(const boost::json::object& json) {
  ProviderError result;
  const std::string_view provider = trim(find_string(json, "provider").value_or(""));
  result.provider = provider.empty() ? "unknown" : provider;
  result.kind = normal_kind(find_string(json, "kind").value_or(""));
  result.exit_code = exit_code_of(json);
  result.truncated = find_bool(json, "truncated").value_or(false);
  if (const auto* standard_error = find(json, "stderr"); standard_error && !standard_error->is_null()) {
    const auto* text = standard_error->if_string();
    auto cut = truncate_error_text(text ? std::string_view(*text) : std::string_view(to_text(*standard_error)));
    result.standard_error = std::move(cut.text);
    result.truncated = result.truncated || cut.truncated || text == nullptr;
  }
  result.message = find_string(json, "message").value_or("");
  if (result.message.empty() && result.standard_error) {
    const std::string_view first = trim(*result.standard_error);
    result.message = trim(first.substr(0, first.find('\n')));
  }
  if (result.message.empty()) result.message = "the provider failed and gave no reason";
  return result;
}

}  // namespace asmgr
