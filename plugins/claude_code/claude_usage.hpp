// Counts the tokens of one run.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>

namespace asmgr::claude_code {

// From what is said of single messages while they stream, until a result says what the turn has come to.
class ClaudeUsage {
 public:
  // The usage of the message that is being written, as message_start and message_delta have it: the latter's numbers
  // replace the former's.
  void message(const boost::json::object& usage);
  // That message is written.
  void message_ended();
  // The usage of a turn: it replaces what its messages added up to.
  void turn(const boost::json::object& usage);

  // token_usage_updated: the totals of the run; disjoint.
  [[nodiscard]] boost::json::object totals() const;
  [[nodiscard]] bool any() const noexcept;

 private:
  struct Tokens {
    std::int64_t input = 0;
    std::int64_t cache_read = 0;
    std::int64_t cache_write = 0;
    std::int64_t output = 0;
    std::int64_t thinking = 0;  // part of output

    void read(const boost::json::object& usage);
    void add(const Tokens& more);
    [[nodiscard]] bool any() const noexcept { return input + cache_read + cache_write + output > 0; }
  };

  Tokens turns_;    // of turns that are over
  Tokens written_;  // of whole messages of this turn
  Tokens current_;
};

}  // namespace asmgr::claude_code
