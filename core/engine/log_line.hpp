// What the engine says to an operator: one line, and whom it concerns.
#pragma once

#include <asmgr/abi/host.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "core/engine/current_wiring.hpp"

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

// Every line of the engine goes through operator(), and leaves it without secrets. Any thread.
class EngineLog {
 public:
  EngineLog() = default;  // says nothing
  explicit EngineLog(LogSink sink) : sink_(std::move(sink)) {}
  // Borrows the wiring.
  EngineLog(LogSink sink, const CurrentWiring& wiring) : sink_(std::move(sink)), wiring_(&wiring) {}
  void operator()(LogLine line) const {
    if (!sink_) return;
    const std::shared_ptr<const Redactor> redactor = wiring_ == nullptr ? nullptr : wiring_->get()->redactor;
    if (redactor == nullptr) return sink_(line);
    const std::string clean = redactor->redact_text(line.message).text;
    line.message = clean;
    sink_(line);
  }

 private:
  LogSink sink_;
  const CurrentWiring* wiring_ = nullptr;
};

}  // namespace asmgr
