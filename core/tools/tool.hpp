// A tool that the host runs for a model, and where it comes from.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/model/error.hpp"

namespace asmgr {

struct Tool {
  std::string name;  // as the model and policies know it: mcp__SERVER__TOOL
  std::string description;
  boost::json::object input_schema;  // JSON Schema
  std::string own_name;              // as its server knows it
};

// What came of a call, for the model and for the log.
struct ToolOutcome {
  bool is_error = false;  // the tool says that it failed, or there is no answer; `output` says why
  // A text, or an array of content blocks {"type":"text","text"}, {"type":"image","data","mimeType"}, ...
  boost::json::value output;
};

// Where tools come from: one server. Every function may be called from any thread; none waits. A continuation is
// called exactly once, on any thread, perhaps before the function has returned.
class ToolServer {
 public:
  using Tools = std::vector<Tool>;

  virtual ~ToolServer() = default;
  [[nodiscard]] virtual const std::string& name() const noexcept = 0;  // that of the configuration
  // What it has; begins it where it does not run yet. Errors: what kept it from beginning or answering, naming it.
  virtual void list(std::function<void(const Result<Tools>&)> then) = 0;
  // Runs one of its tools. What goes wrong is a result that says so. Returns a number for cancel.
  virtual std::uint64_t call(const std::string& own_name, boost::json::object input, std::chrono::milliseconds timeout,
                             std::function<void(ToolOutcome)> then) = 0;
  // The caller does not wait for that call any more; its continuation may still come.
  virtual void cancel(std::uint64_t call) noexcept = 0;
};

}  // namespace asmgr
