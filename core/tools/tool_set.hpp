// The tools that a pipeline's runs may use: those of its servers that its list allows.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/tools/tool.hpp"

namespace asmgr {

// What one run may use, as it was when it was asked for.
class OfferedTools {
 public:
  struct Offer {
    Tool tool;
    std::shared_ptr<ToolServer> server;
  };

  // Another tool that has this one's name already, null when there is none; a tool that is said twice is one.
  const Offer* add(Offer offer);
  // Null when there is none of that name.
  [[nodiscard]] const Offer* find(const std::string& name) const;
  // [{"name","description","input_schema"}], in order of name; empty text when there is none.
  [[nodiscard]] std::string describe() const;
  [[nodiscard]] std::string names() const;  // for a sentence

 private:
  std::map<std::string, Offer> offers_;
};

// Made with std::make_shared.
class ToolSet : public std::enable_shared_from_this<ToolSet> {
 public:
  // `allow`: names, or globs with * and ?, of tools as the model knows them.
  ToolSet(std::vector<std::shared_ptr<ToolServer>> servers, std::vector<std::string> allow);

  // Asks all servers. Any thread; `then` is called once, on any thread, perhaps before this has returned. Errors: that
  // of the first server that cannot say what it has; two tools of one name. A run that was to have its tools should not
  // begin without.
  void offer(std::function<void(Result<OfferedTools>)> then) const;

 private:
  [[nodiscard]] bool allowed(const std::string& name) const;
  [[nodiscard]] Result<OfferedTools> allowed_of(
      const std::vector<std::optional<Result<ToolServer::Tools>>>& came) const;

  std::vector<std::shared_ptr<ToolServer>> servers_;
  std::vector<std::string> allow_;
};

}  // namespace asmgr
