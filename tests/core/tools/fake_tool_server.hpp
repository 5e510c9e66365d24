// A tool server whose tools are functions of the test.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/tools/tool.hpp"

namespace asmgr::testing {

class FakeToolServer final : public ToolServer {
 public:
  using Answer = std::function<void(ToolOutcome)>;
  // What a tool does with its input; it answers now or later, on any thread.
  using Work = std::function<void(const boost::json::object& input, Answer answer)>;

  explicit FakeToolServer(std::string name = "fake") : name_(std::move(name)) {}
  void add(const std::string& tool, Work work) { tools_[tool] = std::move(work); }
  std::string prefix = "mcp__fake__";  // of its tools' names, as the model knows them
  std::optional<Error> refuses;        // to say what it has
  std::atomic<int> calls{0};
  std::atomic<int> cancels{0};
  std::atomic<std::uint64_t> last_cancelled{0};
  std::atomic<int> lists{0};

  [[nodiscard]] const std::string& name() const noexcept override { return name_; }
  void list(std::function<void(const Result<Tools>&)> then) override {
    ++lists;
    if (refuses) return then(*refuses);
    Tools tools;
    for (const auto& [tool, work] : tools_) {
      Tool one;
      one.name = prefix + tool;
      one.own_name = tool;
      one.description = "does " + tool;
      one.input_schema["type"] = "object";
      tools.push_back(std::move(one));
    }
    then(tools);
  }
  std::uint64_t call(const std::string& own_name, boost::json::object input, std::chrono::milliseconds,
                     std::function<void(ToolOutcome)> then) override {
    const auto number = static_cast<std::uint64_t>(++calls);
    tools_.at(own_name)(input, std::move(then));
    return number;
  }
  void cancel(std::uint64_t call) noexcept override {
    last_cancelled = call;
    ++cancels;
  }

 private:
  std::string name_;
  std::map<std::string, Work> tools_;
};

}  // namespace asmgr::testing
