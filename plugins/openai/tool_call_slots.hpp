// Puts the pieces of tool calls together that Chat Completions streams.
#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asmgr::openai {

// Which call a piece belongs to says its `index`; but there are servers that leave out the index or the id, that give
// every call the index 0, and that send whole calls at once, with arguments as an object.
class ToolCallSlots {
 public:
  struct Call {
    std::string id;
    std::string name;
    std::string arguments;  // JSON as text, as far as it has come
    std::optional<std::int64_t> index;
  };
  struct Piece {
    std::size_t call;  // place among calls()
    std::string arguments;
  };

  // `made_up_ids`: what ids begin with that the server does not give.
  explicit ToolCallSlots(std::string made_up_ids) : made_up_ids_(std::move(made_up_ids)) {}

  // One element of a delta's `tool_calls`. The call has its id and name from here on.
  Piece add(const boost::json::object& piece);

  [[nodiscard]] const std::vector<Call>& calls() const { return calls_; }

 private:
  std::size_t place_of(const std::optional<std::int64_t>& index, std::string_view id, std::string_view name);
  std::size_t open(const std::optional<std::int64_t>& index);

  std::string made_up_ids_;
  std::vector<Call> calls_;
};

}  // namespace asmgr::openai
