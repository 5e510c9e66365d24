// One verb on its way to a session. It can be carried out again when the session had to be taken anew, and is answered
// once.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>

#include "core/engine/options.hpp"
#include "core/engine/store_host.hpp"
#include "core/model/error.hpp"
#include "core/model/record.hpp"

namespace asmgr {

class SessionRuntime;

class SessionOp {
 public:
  using Ptr = std::shared_ptr<SessionOp>;

  // What the verb does, inside the session's serialiser, once the session is loaded and may be ours. Calls done() and
  // its own handler when it has an answer.
  std::function<void(SessionRuntime&, const Ptr&)> act;
  // Answers with an error.
  std::function<void(const Error&)> fail;
  // The session is owned by another, living host: ask it. Empty: act anyway (the verb needs no ownership).
  std::function<void(SessionRuntime&, const Ptr&)> ask_owner;
  // The command record this verb came as; closed in the unit that carries its effect.
  std::optional<Record> command;
  Caller caller;              // who asked
  Inline where = Inline::no;  // yes: the thread that submits it is a caller's and may read the store
  int attempts = 0;
  bool resumed = false;  // execute: this run's own queue entry may stand already, written by the same caller

  // True for the first that asks: the verb is answered now.
  [[nodiscard]] bool done() noexcept { return !done_.exchange(true); }
  [[nodiscard]] bool is_done() const noexcept { return done_.load(); }

 private:
  std::atomic<bool> done_{false};
};

}  // namespace asmgr
