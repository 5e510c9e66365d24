// An MCP server at a URL (streamable HTTP): a POST per message, answered by JSON or by a stream of events.
#pragma once

#include <memory>

#include "core/tools/mcp_connection.hpp"

namespace asmgr {

// Nothing is sent yet. There is no connection to lose: an answer that the session is gone (404) is taken for that. Its
// destructor ends the session with the server, for which it waits two seconds at most. Throws std::system_error when
// there is no thread or descriptor to be had.
[[nodiscard]] std::unique_ptr<McpConnection> connect_by_url(const McpAddress& address, McpEvents events);

}  // namespace asmgr
