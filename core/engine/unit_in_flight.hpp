// What a session's writer has sent to its store and waits for.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "core/engine/store_host.hpp"
#include "core/engine/unit_writer.hpp"

namespace asmgr {

// A unit on its way, with all that its views point into; shared with the commit that carries it.
class UnitWriter::Unit final : public CommitRequest {
 public:
  Unit(std::function<void(std::function<void()>)> post, UnitWriter& writer) : post_(std::move(post)), writer_(writer) {}

  void committed(const CommitStatus& commit_status) override {
    status = commit_status;
    // The session (and so the writer) is held until the task has run.
    post_([writer = &writer_, hold = std::move(session)] { writer->came_back(); });
  }

  Staged content;
  SessionRow* session_row = nullptr;
  CommitStatus status;
  std::shared_ptr<void> session;

 private:
  std::function<void(std::function<void()>)> post_;
  UnitWriter& writer_;
};

}  // namespace asmgr
