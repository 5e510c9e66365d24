// One entry of a list: which tools it speaks of, and under which conditions.
#pragma once

#include <re2/re2.h>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "certainty.hpp"
#include "glob.hpp"
#include "links.hpp"

namespace asmgr::tool_rules {

// What is to be judged. Borrows.
struct ToolCall {
  Name name;
  const boost::json::value* input = nullptr;  // an object; null when the provider did not say
  Links links = Links::ignored;               // in the paths of the input
};

// An entry that makes no sense: `path` is the JSON pointer within the entry, "" for the entry itself.
class RuleProblem : public std::runtime_error {
 public:
  RuleProblem(std::string where, const std::string& message) : std::runtime_error(message), path(std::move(where)) {}
  std::string path;
};

// How rules read names and paths.
struct Reading {
  LetterCase names = LetterCase::exact;
  std::string cwd;  // where relative paths start; empty = not known
};

class Rule {
 public:
  // `written` is a name, a glob, or {"tool","path_under"?,"command_prefix"?,"field"?,"matches"?}. Throws RuleProblem.
  Rule(const boost::json::value& written, const Reading& reading);

  // Surely speaks of this call: the name as it is written, every condition held beyond doubt. For permissions.
  [[nodiscard]] bool surely_covers(const ToolCall& call) const;
  // Speaks of this call unless it surely does not: names that look alike count, doubts count. For prohibitions.
  [[nodiscard]] bool may_cover(const ToolCall& call) const;

  // As a prohibition speaks of every call that the other one allows as a permission. No also where that is hard to
  // tell.
  [[nodiscard]] bool covers(const Rule& other) const;
  // Means the same as the other one.
  [[nodiscard]] bool is_same_as(const Rule& other) const;

  [[nodiscard]] const boost::json::value& written() const noexcept { return written_; }
  [[nodiscard]] const Glob& tool() const noexcept { return tool_; }
  [[nodiscard]] bool has_conditions() const noexcept { return path_under_ || !command_prefix_.empty() || matches_; }
  // The one name it speaks of under all conditions; nullopt when there is no such.
  [[nodiscard]] std::optional<std::string> plain_name() const;

 private:
  [[nodiscard]] bool has_conditions_of(const Rule& other) const;
  void read_conditions(const boost::json::object& written);
  [[nodiscard]] Certainty conditions_hold(const ToolCall& call) const;
  [[nodiscard]] Certainty path_holds(const boost::json::value& input, Links links) const;
  [[nodiscard]] Certainty command_holds(const boost::json::value& input) const;
  [[nodiscard]] Certainty text_holds(const boost::json::value& input) const;
  [[nodiscard]] const boost::json::value* field_of(const boost::json::value& input, std::string_view otherwise) const;

  boost::json::value written_;
  Glob tool_;
  std::string cwd_;
  std::optional<std::string> path_under_;
  std::vector<std::string> command_prefix_;
  std::string field_;  // a key, or a JSON pointer; empty = the usual ones
  std::unique_ptr<RE2> matches_;
};

}  // namespace asmgr::tool_rules
