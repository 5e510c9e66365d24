// JSON as text to compare: members sorted, so that their order does not matter.
#ifndef ASMGR_TESTS_JSON_TEXT_HPP_
#define ASMGR_TESTS_JSON_TEXT_HPP_

#include <boost/json.hpp>
#include <map>
#include <string>

namespace asmgr_test {

inline std::string sorted_json(const boost::json::value& value) {
  std::string out;
  if (const boost::json::array* array = value.if_array()) {
    for (const boost::json::value& element : *array) out += (out.empty() ? "" : ",") + sorted_json(element);
    return "[" + out + "]";
  }
  const boost::json::object* object = value.if_object();
  if (object == nullptr) return boost::json::serialize(value);
  std::map<std::string, std::string> members;
  for (const auto& member : *object) members[std::string(member.key())] = sorted_json(member.value());
  for (const auto& [key, text] : members) out += (out.empty() ? "\"" : ",\"") + key + "\":" + text;
  return "{" + out + "}";
}

}  // namespace asmgr_test

#endif  // ASMGR_TESTS_JSON_TEXT_HPP_
