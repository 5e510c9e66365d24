// JSON as text. Numbers are written as people write them (0.5, not 5E-1), and what is written is always valid JSON.
#include <charconv>
#include <cmath>

#include "core/model/json.hpp"
#include "core/model/utf8.hpp"

namespace asmgr {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

void append_escaped(std::string& out, unsigned char c) {
  constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    default:
      out.append("\\u00").append({kHex[c >> 4], kHex[c & 0xFu]});
  }
}

template <typename Integer>
void append_integer(std::string& out, Integer number) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof(digits), number).ptr);
}

// The shortest digits that read back as the same double, and as a double: 1.0 keeps its ".0".
void append_double(std::string& out, double number) {
  if (std::isnan(number)) {
    out += "null";
    return;
  }
  if (std::isinf(number)) {
    out += number > 0 ? "1e99999" : "-1e99999";
    return;
  }
  char digits[32];
  const std::string_view text(
      digits, static_cast<std::size_t>(std::to_chars(digits, digits + sizeof(digits), number).ptr - digits));
  out += text;
  if (text.find_first_of(".e") == std::string_view::npos) out += ".0";
}

void append_value(std::string& out, const boost::json::value& value);

void append_object(std::string& out, const boost::json::object& object) {
  out += '{';
  bool first = true;
  for (const auto& member : object) {
    if (!std::exchange(first, false)) out += ',';
    append_json_string(out, member.key());
    out += ':';
    append_value(out, member.value());
  }
  out += '}';
}

void append_array(std::string& out, const boost::json::array& array) {
  out += '[';
  bool first = true;
  for (const auto& item : array) {
    if (!std::exchange(first, false)) out += ',';
    append_value(out, item);
  }
  out += ']';
}

void append_value(std::string& out, const boost::json::value& value) {
  switch (value.kind()) {
    case boost::json::kind::null:
      out += "null";
      break;
    case boost::json::kind::bool_:
      out += value.get_bool() ? "true" : "false";
      break;
    case boost::json::kind::int64:
      append_integer(out, value.get_int64());
      break;
    case boost::json::kind::uint64:
      append_integer(out, value.get_uint64());
      break;
    case boost::json::kind::double_:
      append_double(out, value.get_double());
      break;
    case boost::json::kind::string:
      append_json_string(out, value.get_string());
      break;
    case boost::json::kind::array:
      append_array(out, value.get_array());
      break;
    case boost::json::kind::object:
      append_object(out, value.get_object());
      break;
  }
}

}  // namespace

std::string to_text(const boost::json::value& value) {
  std::string out;
  append_value(out, value);
  return out;
}

std::string to_text(const boost::json::object& object) {
  std::string out;
  append_object(out, object);
  return out;
}

boost::json::value text_or_null(std::string_view text) {
  return text.empty() ? boost::json::value(nullptr) : boost::json::value(text);
}

boost::json::value time_or_null(Timestamp time) {
  return time.is_set() ? boost::json::value(format_timestamp(time)) : boost::json::value(nullptr);
}

boost::json::array to_json_array(const std::vector<std::string>& texts) {
  boost::json::array array;
  array.reserve(texts.size());
  for (const auto& text : texts) array.emplace_back(text);
  return array;
}

void append_json_string(std::string& out, std::string_view text) {
  const char* const end = text.data() + text.size();
  const char* done = text.data();
  out += '"';
  for (const char* at = done; at < end;) {
    const auto c = static_cast<unsigned char>(*at);
    const std::size_t length = c < 0x80 ? 1 : utf8_length(at, end);
    const bool plain = length > 0 && c >= 0x20 && c != '"' && c != '\\';
    if (plain) {
      at += length;
      continue;
    }
    out.append(done, at);
    if (length == 0) {
      out += kReplacement;
    } else {
      append_escaped(out, c);
    }
    done = ++at;
  }
  out.append(done, end);
  out += '"';
}

}  // namespace asmgr
