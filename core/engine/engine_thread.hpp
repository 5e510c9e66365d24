// Marks threads on which a blocking verb would wait for itself: the engine's own, and any thread while it runs a
// session or a callback.
#pragma once

namespace asmgr {

class EngineThread {
 public:
  // Marks the current thread while alive; nests.
  class Scope {
   public:
    Scope() noexcept { ++depth(); }
    ~Scope() { --depth(); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
  };
  [[nodiscard]] static bool here() noexcept { return depth() > 0; }

 private:
  static int& depth() noexcept {
    thread_local int value = 0;
    return value;
  }
};

}  // namespace asmgr
