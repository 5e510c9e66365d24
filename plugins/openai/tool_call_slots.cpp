#include "tool_call_slots.hpp"

#include <asmgr/toolkit/json_lookup.hpp>
#include <boost/json/serialize.hpp>

namespace asmgr::openai {
namespace {

namespace json = boost::json;

std::string arguments_in(const json::object& function) {
  const json::value* arguments = sdk::find_member(function, "arguments");
  if (arguments == nullptr) return {};
  return arguments->is_string() ? std::string(arguments->get_string()) : json::serialize(*arguments);
}

bool is_whole(const std::string& arguments) {
  return sdk::parse_object(arguments).has_value();
}

}  // namespace

ToolCallSlots::Piece ToolCallSlots::add(const json::object& piece) {
  const std::optional<std::int64_t> index = sdk::integer_member(piece, "index");
  const std::string_view id = sdk::text_member(piece, "id");
  const json::object& function = sdk::object_of(piece, "function");
  const std::string_view name = sdk::text_member(function, "name");

  const std::size_t place = place_of(index, id, name);
  Call& call = calls_[place];
  if (call.id.empty()) call.id = id.empty() ? made_up_ids_ + std::to_string(place + 1) : std::string(id);
  if (call.name.empty()) call.name = name;
  std::string arguments = arguments_in(function);
  call.arguments += arguments;
  return {place, std::move(arguments)};
}

std::size_t ToolCallSlots::place_of(const std::optional<std::int64_t>& index, std::string_view id,
                                    std::string_view name) {
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
