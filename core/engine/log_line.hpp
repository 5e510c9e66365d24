// What the engine says to an operator: one line, and whom it concerns.
#pragma once

#include <asmgr/abi/host.h>

#include <functional>
#include <string_view>

namespace asmgr {

// The views live for the call; what is not known is empty.
struct LogLine {
  int level = ASMGR_LOG_INFO;  // ASMGR_LOG_*
  std::string_view message;
  std::string_view session_id = {};
  std::string_view run_id = {};
  std::string_view request_id = {};  // of whoever asked
  std::string_view plugin = {};      // instance name of a store, provider, policy or sink
};

using LogSink = std::function<void(const LogLine&)>;

// Every line of the engine goes through operator(). Any thread.
class EngineLog {
 public:
  explicit EngineLog(LogSink sink) : sink_(std::move(sink)) {}
  void operator()(const LogLine& line) const {
    if (sink_) sink_(line);
  }

 private:
  LogSink sink_;
};

}  // namespace asmgr
