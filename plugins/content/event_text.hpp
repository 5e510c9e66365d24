// The texts in JSON objects, without building a tree: what is skipped costs a search for its end.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace asmgr::content {

// Values of an object's own members as they are written, the last ones of their names; empty where there is none.
struct Members {
  std::string_view delta;
  std::string_view content;
  std::string_view input;
};
// Throws StatusError (INVALID_FORMAT) when `object` is neither empty nor an object; what is skipped is not checked any
// further.
[[nodiscard]] Members members_of(std::string_view object);

// Calls `visit` with every string in a JSON value, at any depth, keys apart. The view holds during the call.
void each_string(std::string_view value, const std::function<void(std::string_view text)>& visit);

// What a message_streamed event adds to the message: its delta, else its content. The result is in `text` or in the
// event's data.
[[nodiscard]] std::string_view streamed_text(std::string_view data, std::string& text);

}  // namespace asmgr::content
