// The texts that the policy `content` takes out of events and runs, without a JSON library.
//
// Input: the data of an event.
#include <algorithm>
#include <asmgr/plugin.hpp>
#include <asmgr/toolkit/json_view.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <optional>
#include <string>
#include <vector>

#include "plugins/content/event_text.hpp"
#include "tests/fuzz/law.hpp"

namespace asmgr::fuzz {
namespace {

namespace json = boost::json;

// What a parser makes of the text; nullopt when it is no object.
std::optional<json::object> parsed(std::string_view text) {
  json::error_code problem;
  json::value value = json::parse(sdk::as_json(text), problem);
  if (problem || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

std::string string_member(const json::object& object, const char* key) {
  const json::value* value = object.if_contains(key);
  return value == nullptr || !value->is_string() ? std::string() : std::string(sdk::as_view(value->get_string()));
}

void collect_strings(const json::value& value, std::vector<std::string>& strings) {
  if (value.is_string()) strings.emplace_back(sdk::as_view(value.get_string()));
  if (value.is_array()) {
    for (const json::value& element : value.get_array()) collect_strings(element, strings);
  }
  if (value.is_object()) {
    for (const auto& member : value.get_object()) collect_strings(member.value(), strings);
  }
}

void check_strings(const json::object& object, const char* key, std::string_view raw, std::string_view text) {
  std::vector<std::string> found;
  content::each_string(raw, [&](std::string_view one) { found.emplace_back(one); });
  std::vector<std::string> expected;
  if (const json::value* value = object.if_contains(key)) collect_strings(*value, expected);
  // Of keys that are there twice a parser keeps one; a guard looks at both.
  for (const std::string& one : expected) {
    require(std::find(found.begin(), found.end(), one) != found.end(), "every string in a member is found", text);
  }
}

void check(const json::object& object, std::string_view text) {
  const content::Members members = content::members_of(text);
  check_strings(object, "content", members.content, text);
  check_strings(object, "input", members.input, text);
  const std::string delta = string_member(object, "delta");
  std::string unescaped;
  require(content::streamed_text(text, unescaped) == (delta.empty() ? string_member(object, "content") : delta),
          "a piece is its delta, else its content", text);
}

}  // namespace
}  // namespace asmgr::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = asmgr::fuzz::as_text(data, size);
  const auto object = asmgr::fuzz::parsed(text);
  try {
    if (object) {
      asmgr::fuzz::check(*object, text);
    } else {
      std::string unescaped;
      static_cast<void>(asmgr::content::streamed_text(text, unescaped));
      asmgr::content::each_string(text, [](std::string_view) {});
    }
  } catch (const asmgr::sdk::StatusError&) {
    asmgr::fuzz::require(!object, "an object is read", text);
  }
  return 0;
}
