#include "tool_call_slots.hpp"

#include <asmgr/toolkit/json_view.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace asmgr::openai {
namespace {

namespace json = boost::json;

std::string text_in(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(sdk::as_json(key));
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::string arguments_in(const json::object& function) {
  const json::value* arguments = function.if_contains("arguments");
  if (arguments == nullptr || arguments->is_null()) return {};
  return arguments->is_string() ? std::string(arguments->get_string()) : json::serialize(*arguments);
}

bool is_whole(const std::string& arguments) {
  boost::system::error_code error;
  return json::parse(arguments, error).is_object() && !error;
}

}  // namespace

ToolCallSlots::Piece ToolCallSlots::add(const json::object& piece) {
  std::optional<std::int64_t> index;
  if (const json::value* given = piece.if_contains("index"); given != nullptr && given->is_int64()) {
    index = given->get_int64();
  }
  const std::string id = text_in(piece, "id");
  const json::value* function = piece.if_contains("function");
  const json::object none;
  const json::object& said = function != nullptr && function->is_object() ? function->get_object() : none;
  const std::string name = text_in(said, "name");

  const std::size_t place = place_of(index, id, name);
  Call& call = calls_[place];
  if (call.id.empty()) call.id = id.empty() ? made_up_ids_ + std::to_string(place + 1) : id;
  if (call.name.empty()) call.name = name;
  std::string arguments = arguments_in(said);
  call.arguments += arguments;
  return {place, std::move(arguments)};
}

std::size_t ToolCallSlots::place_of(const std::optional<std::int64_t>& index, const std::string& id,
                                    const std::string& name) {
  // The newest first: an index that is given again means the call that had it last.
  for (std::size_t place = calls_.size(); place-- > 0;) {
    const Call& call = calls_[place];
    const bool may_continue = index ? call.index == index : id.empty() || call.id == id;
    if (!may_continue) continue;
    // Only a call's first piece has its name; there are servers that give every piece an id of its own.
    const bool another = id.empty() ? !index || is_whole(call.arguments) : call.id != id;
    return another && !name.empty() ? open(index) : place;
  }
  return open(index);
}

std::size_t ToolCallSlots::open(const std::optional<std::int64_t>& index) {
  calls_.emplace_back().index = index;
  return calls_.size() - 1;
}

}  // namespace asmgr::openai
