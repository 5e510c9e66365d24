// One rule: an expression, what it is looked for in, and what a match does.
#pragma once

#include <asmgr/plugin.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace asmgr::content {

// Bytes of a stream that are looked at again with the next piece, at most: matches up to this length are found however
// it is cut.
inline constexpr std::size_t kLongestCarried = 1024;

enum class On : std::uint8_t { prompt, output };

// A rule that makes no sense: `path` is the JSON pointer within the rule, "" for the rule itself.
class RuleProblem : public std::runtime_error {
 public:
  RuleProblem(std::string where, const std::string& message) : std::runtime_error(message), path(std::move(where)) {}
  std::string path;
};

class Rule {
 public:
  // `written` is {"on","matches","action"?,"name"?,"ignore_case"?}; `default_name` is for one without. Throws
  // RuleProblem.
  Rule(const boost::json::value& written, std::string default_name);
  Rule(Rule&&) noexcept;
  Rule& operator=(Rule&&) noexcept;
  Rule(const Rule&) = delete;
  Rule& operator=(const Rule&) = delete;
  ~Rule();

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] On on() const noexcept { return on_; }
  [[nodiscard]] std::uint32_t action() const noexcept { return action_; }  // ASMGR_*
  // The expression with everything it says, for sets of expressions that share their options.
  [[nodiscard]] std::string pattern() const;
  // Bytes that the longest match has, at most; kLongestCarried when it may have that many or more.
  [[nodiscard]] std::size_t reach() const noexcept { return reach_; }

  // Whether a match lies in [begin, end) of `text`. What is around it counts for anchors and word boundaries.
  [[nodiscard]] bool matches(std::string_view text, std::size_t begin, std::size_t end) const;

 private:
  std::string name_;
  On on_ = On::output;
  std::uint32_t action_ = ASMGR_CANCEL;
  bool ignore_case_ = false;
  std::unique_ptr<re2::RE2> expression_;
  std::size_t reach_ = kLongestCarried;
};

[[nodiscard]] std::string_view name_of(On on) noexcept;
[[nodiscard]] std::string_view action_name(std::uint32_t action) noexcept;

}  // namespace asmgr::content
