// A cancel token of the host's: sticky, looked at in three ways.
#pragma once

#include <asmgr/abi/host.h>

#include <asmgr/cpp/host.hpp>
#include <chrono>

namespace asmgr::sdk {

// Borrows the token: valid as long as the call, or the run context, it came with. Every function: any thread.
class Cancel {
 public:
  Cancel(Host host, const asmgr_cancel* token) noexcept : host_(host), token_(token) {}

  [[nodiscard]] bool cancelled() const noexcept { return host_.table()->cancelled(host_.table()->ctx, token_) != 0; }
  // Becomes readable once cancelled, for poll(); -1 when there is none to be had. Never read from it or close it.
  [[nodiscard]] int fd() const noexcept { return host_.table()->cancel_fd(host_.table()->ctx, token_); }
  // Sleeps until cancelled (true) or the time has passed (false).
  bool wait_for(std::chrono::nanoseconds timeout) const noexcept {
    return host_.table()->wait(host_.table()->ctx, token_, timeout.count()) != 0;
  }
  // Throws StatusError (CANCELLED) once cancelled.
  void throw_if_cancelled() const {
    if (cancelled()) throw StatusError(ASMGR_E_CANCELLED, "cancelled by the host");
  }
  [[nodiscard]] const asmgr_cancel* token() const noexcept { return token_; }

 private:
  Host host_;
  const asmgr_cancel* token_;
};

}  // namespace asmgr::sdk
