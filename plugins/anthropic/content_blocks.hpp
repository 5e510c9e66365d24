// The content of an answer, put together from its stream exactly as the API would send it in one piece.
#pragma once

#include <asmgr/toolkit/model_api/answer.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace asmgr::anthropic {

// Serial use.
class ContentBlocks {
 public:
  // Events content_block_start, _delta and _stop, parsed; what they add to the answer goes to `out`. Empty when all is
  // well, else what is wrong with the event.
  [[nodiscard]] std::string start(const boost::json::object& event, model_api::Output& out);
  [[nodiscard]] std::string delta(const boost::json::object& event, model_api::Output& out);
  [[nodiscard]] std::string stop(const boost::json::object& event);

  [[nodiscard]] std::string text() const;
  // Those whose input has come whole.
  [[nodiscard]] std::vector<model_api::ToolCall> calls() const;
  // An array that a later request may hold; empty text is left out, which the API would refuse.
  [[nodiscard]] std::string verbatim() const;

 private:
  struct Block {
    boost::json::object content;  // as content_block_start had it, and what the deltas added
    std::string input_json;       // of a call, as far as it has come
    bool complete = false;
  };
  [[nodiscard]] Block* find(const boost::json::object& event);

  std::map<std::int64_t, Block> blocks_;  // by index
};

}  // namespace asmgr::anthropic
