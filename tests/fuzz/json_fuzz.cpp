// The model's readers and writer of JSON text.
#include "core/model/json.hpp"
#include "tests/fuzz/json_alike.hpp"
#include "tests/fuzz/law.hpp"

namespace asmgr::fuzz {
namespace {

// The check without building anything says what the parser says.
void check_agrees(std::string_view text) {
  const Result<void> checked = check_json_object(text, "input");
  if (text.empty()) return require(checked.has_value(), "empty text counts as an empty object", text);
  const Result<boost::json::object> parsed = parse_json_object(text, "input");
  require(checked.has_value() == parsed.has_value(), "check_json_object accepts what parse_json_object accepts", text);
  if (!checked) require(checked.error() == parsed.error(), "both give the same error", text);
}

void check_error(const Error& error, std::string_view text) {
  require(error.code() == ErrorCode::invalid_format, "what is no JSON is invalid_format", text);
  const auto offset = find_int(error.details(), "offset");
  require(offset && *offset >= 0 && static_cast<std::size_t>(*offset) <= text.size(), "the offset lies in the text",
          text);
}

void check_value(const boost::json::value& value, std::string_view text) {
  require(is_valid_utf8(text), "JSON is UTF-8", text);
  const std::string written = to_text(value);
  require(written.find_first_of("\r\n") == std::string::npos, "JSON is written on one line", text);
  const auto again = parse_json(written, "written");
  require(again.has_value(), "what is written can be read", written);
  require(alike(*again, value), "a value that is written and read is the same value", written);
}

// Any bytes can be written as a string; those that are text come back as they were.
void check_string(std::string_view text) {
  std::string written;
  append_json_string(written, text);
  const auto read = parse_json(written, "written");
  require(read && read->is_string(), "any bytes are written as a string", text);
  const std::string_view back = read->get_string();
  require((back == text) == is_valid_utf8(text), "a string comes back when it is UTF-8, and only then", text);
  require(is_valid_utf8(back), "what is no UTF-8 is replaced", text);
}

}  // namespace
}  // namespace asmgr::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace asmgr;
  const std::string_view text = fuzz::as_text(data, size);
  fuzz::check_agrees(text);
  fuzz::check_string(text);
  const auto value = parse_json(text, "input");
  if (value) {
    fuzz::check_value(*value, text);
  } else {
    fuzz::check_error(value.error(), text);
  }
  return 0;
}
