#include "answer_parts.hpp"

#include <asmgr/toolkit/json_lookup.hpp>
#include <boost/json/parse.hpp>
#include <utility>

namespace asmgr::openai {

std::optional<boost::json::object> tool_input_of(std::string_view arguments) {
  if (arguments.find_first_not_of(" \t\r\n") == std::string_view::npos) return boost::json::object();
  return sdk::parse_object(arguments);
}

std::optional<boost::json::value> structured_of(std::string_view text) {
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(sdk::as_json(text), error);
  if (error) return std::nullopt;
  return value;
}

bool keeps_answers(const boost::json::object& options) {
  const boost::json::value* store = options.if_contains("store");
  return store != nullptr && store->is_bool() && store->get_bool();
}

}  // namespace asmgr::openai
