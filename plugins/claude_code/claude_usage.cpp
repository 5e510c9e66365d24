#include "claude_usage.hpp"

#include <algorithm>
#include <asmgr/toolkit/agent_report.hpp>

namespace asmgr::claude_code {

void ClaudeUsage::Tokens::read(const boost::json::object& usage) {
  const auto take = [&](const char* key, std::int64_t& count) {
    if (usage.contains(key)) count = std::max<std::int64_t>(0, agent::integer_at(usage, key));
  };
  take("input_tokens", input);
  take("cache_read_input_tokens", cache_read);
  take("cache_creation_input_tokens", cache_write);
  take("output_tokens", output);
  if (const auto* details = agent::object_at(usage, "output_tokens_details")) {
    thinking = std::clamp<std::int64_t>(agent::integer_at(*details, "thinking_tokens"), 0, output);
  }
}

void ClaudeUsage::Tokens::add(const Tokens& more) {
  input += more.input;
  cache_read += more.cache_read;
  cache_write += more.cache_write;
  output += more.output;
  thinking += more.thinking;
}

void ClaudeUsage::message(const boost::json::object& usage) {
  current_.read(usage);
}

void ClaudeUsage::message_ended() {
  written_.add(current_);
  current_ = {};
}

void ClaudeUsage::turn(const boost::json::object& usage) {
  Tokens whole;
  whole.read(usage);
  turns_.add(whole);
  written_ = {};
  current_ = {};
}

boost::json::object ClaudeUsage::totals() const {
  Tokens sum = turns_;
  sum.add(written_);
  sum.add(current_);
  boost::json::object out;
  out["input_tokens"] = sum.input;
  out["cache_read_tokens"] = sum.cache_read;
  out["cache_write_tokens"] = sum.cache_write;
  out["output_tokens"] = sum.output - sum.thinking;
  out["reasoning_tokens"] = sum.thinking;
  return out;
}

bool ClaudeUsage::any() const noexcept {
  return turns_.any() || written_.any() || current_.any();
}

}  // namespace asmgr::claude_code
