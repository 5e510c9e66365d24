// An MCP server that is a program of ours, spoken to over its standard streams.
#pragma once

#include <memory>

#include "core/tools/call_timers.hpp"
#include "core/tools/mcp_connection.hpp"

namespace asmgr {

// Starts the program on a thread of the connection's; what keeps it from starting comes by on_lost.
[[nodiscard]] std::unique_ptr<McpConnection> connect_by_program(const McpAddress& address, McpEvents events,
                                                                std::shared_ptr<CallTimers> timers);

}  // namespace asmgr
