// Counts the tokens of one run.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>

namespace asmgr::codex {

class CodexUsage {
 public:
  // thread/tokenUsage/updated of app-server: totals of the thread, which may be older than this run, and the last
  // request's own.
  void thread_totals(const boost::json::object& token_usage);
  // turn.completed of exec.
  void turn(const boost::json::object& usage);

  [[nodiscard]] bool any() const noexcept;
  // token_usage_updated: totals of the run; disjoint.
  [[nodiscard]] boost::json::object totals() const;

 private:
  // As Codex counts: cached tokens are part of input, reasoning is part of output.
  struct Tokens {
    std::int64_t input = 0;
    std::int64_t cached = 0;
    std::int64_t cache_write = 0;
    std::int64_t output = 0;
    std::int64_t reasoning = 0;
  };
  static Tokens minus(const Tokens& from, const Tokens& less);

  std::optional<Tokens> before_;  // of the thread, when this run began
  Tokens run_;
};

}  // namespace asmgr::codex
