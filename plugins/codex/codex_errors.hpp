// Errors as Codex reports them.
#pragma once

#include <asmgr/toolkit/agent_report.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace asmgr::codex {

inline constexpr agent::AgentProgram kCodex{"codex", "Codex", "npm install -g @openai/codex"};

// What an error comes to: {"message", "codexErrorInfo"?} of app-server, {"message"} of exec, where only the text tells.
struct CodexError {
  asmgr_status status = ASMGR_E_PROVIDER;
  std::string message;
  std::string_view kind = "unknown";
  std::int64_t http_status = 0;  // 0 = not known

  [[nodiscard]] boost::json::object provider_error() const;
  // As finish wants it.
  [[nodiscard]] boost::json::object as_result() const;
};

[[nodiscard]] CodexError read_error(const boost::json::object& error);

}  // namespace asmgr::codex
