// An MCP server at a URL (streamable HTTP): a POST per message, answered by JSON or by a stream of events.
#pragma once

#include <asmgr/toolkit/http.hpp>
#include <memory>

#include "core/tools/mcp_connection.hpp"

namespace asmgr {

// Nothing is sent yet. There is no connection to lose: an answer that the session is gone (404) is taken for that.
[[nodiscard]] std::unique_ptr<McpConnection> connect_by_url(const McpAddress& address, McpEvents events,
                                                            std::shared_ptr<http::Client> client);

}  // namespace asmgr
