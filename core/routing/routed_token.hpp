// A session that a target has of its own, as a router hands it out: only the target that made it can go on with it.
#pragma once

#include <string>
#include <string_view>

namespace asmgr {

struct RoutedToken {
  std::string target;  // a provider that is no router
  std::string token;   // empty = there is none
};

// {"target","token"}; empty when there is no token.
[[nodiscard]] std::string to_text(const RoutedToken& token);
// A text that is none of these has neither target nor token.
[[nodiscard]] RoutedToken read_routed_token(std::string_view text);

}  // namespace asmgr
