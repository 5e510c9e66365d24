// fs/read_text_file and fs/write_text_file: what an agent reads and writes through the host.
#pragma once

#include <asmgr/toolkit/json_rpc.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <string>

#include "questions.hpp"
#include "turn.hpp"
#include "workspace.hpp"

namespace asmgr::acp {

// Reading is free inside the workspace. Writing asks as a tool call `edit` {path, content}, unless a permission was
// granted for a call that still runs and names this very path. The run's thread.
class FileRequests {
 public:
  FileRequests(json_rpc::Peer& peer, Turn& turn, Questions& questions, const Workspace& workspace)
      : peer_(peer), turn_(turn), questions_(questions), workspace_(workspace) {}

  void read(const json_rpc::Request& request);
  void write(const json_rpc::Request& request);

 private:
  void ask_and_write(const json_rpc::Request& request, const std::string& path, const std::string& content);
  void answer_with(const boost::json::value& id, const FileProblem& problem);

  json_rpc::Peer& peer_;
  Turn& turn_;
  Questions& questions_;
  const Workspace& workspace_;
  std::uint64_t next_call_ = 1;
};

}  // namespace asmgr::acp
