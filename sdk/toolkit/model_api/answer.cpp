#include <algorithm>
#include <asmgr/toolkit/json_view.hpp>
#include <asmgr/toolkit/model_api/answer.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

namespace asmgr::model_api {
namespace {

namespace json = boost::json;

json::string text_of(std::string_view text) {
  return json::string(sdk::as_json(text));
}

// How much a counter went up; the counter follows.
std::int64_t grown(std::int64_t& counter, std::int64_t now) {
  const std::int64_t before = counter;
  counter = std::max(before, now);
  return counter - before;
}

}  // namespace

void Output::add(std::uint32_t type, const json::object& data) {
  events_.push_back({type, json::serialize(data)});
}

void Output::started(std::string_view session_id, std::string_view model) {
  if (std::exchange(started_, true)) return;
  json::object data;
  if (!session_id.empty()) data["session_id"] = text_of(session_id);
  if (!model.empty()) data["model"] = text_of(model);
  add(ASMGR_EV_RUN_STARTED, data);
}

void Output::text(std::string_view delta) {
  if (delta.empty()) return;
  json::object data;
  data["content"] = text_of(delta);
  data["delta"] = text_of(delta);
  add(ASMGR_EV_MESSAGE_STREAMED, data);
}

void Output::reasoning(std::string_view delta) {
  if (delta.empty()) return;
  json::object data;
  data["delta"] = text_of(delta);
  add(ASMGR_EV_REASONING_STREAMED, data);
}

void Output::tool_input(std::string_view call_id, std::string_view tool_name, std::string_view delta) {
  if (delta.empty()) return;
  json::object data;
  data["tool_call_id"] = text_of(call_id);
  if (!tool_name.empty()) data["tool_name"] = text_of(tool_name);
  data["delta"] = text_of(delta);
  add(ASMGR_EV_TOOL_INPUT_STREAMED, data);
}

void Output::message(std::string_view content) {
  if (content.empty()) return;
  json::object data;
  data["content"] = text_of(content);
  data["role"] = "assistant";
  add(ASMGR_EV_MESSAGE_RECEIVED, data);
}

void Output::usage(const Usage& so_far) {
  const Usage more{grown(used_.input, so_far.input), grown(used_.cache_read, so_far.cache_read),
                   grown(used_.cache_write, so_far.cache_write), grown(used_.output, so_far.output),
                   grown(used_.reasoning, so_far.reasoning)};
  if (!is_any(more)) return;
  add(ASMGR_EV_TOKEN_USAGE_UPDATED, usage_json(more));
}

void Output::next_answer() {
  before_ = used();
  used_ = Usage{};
}

Usage Output::used() const noexcept {
  return Usage{before_.input + used_.input, before_.cache_read + used_.cache_read,
               before_.cache_write + used_.cache_write, before_.output + used_.output,
               before_.reasoning + used_.reasoning};
}

std::vector<Output::Made> Output::take() {
  return std::exchange(events_, {});
}

bool is_any(const Usage& usage) noexcept {
  return usage.input != 0 || usage.cache_read != 0 || usage.cache_write != 0 || usage.output != 0 ||
         usage.reasoning != 0;
}

json::object usage_json(const Usage& usage) {
  json::object data;
  data["input_tokens"] = usage.input;
  data["cache_read_tokens"] = usage.cache_read;
  data["cache_write_tokens"] = usage.cache_write;
  data["output_tokens"] = usage.output;
  data["reasoning_tokens"] = usage.reasoning;
  return data;
}

}  // namespace asmgr::model_api
