// --wait and --no-wait: how long a verb waits for the process that owns the session.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "core/engine/options.hpp"
#include "host/cli/command.hpp"

namespace asmgr::cli {

struct RemoteOptions {
  std::string wait;
  bool no_wait = false;

  void add_to(CLI::App& app) {
    auto* wait_option =
        app.add_option("--wait", wait, "How long to wait when another process owns the session (default 10s)")
            ->type_name("DURATION");
    app.add_flag("--no-wait", no_wait, "Only leave the order with the process that owns the session")
        ->excludes(wait_option);
  }

  [[nodiscard]] Result<RemoteWait> read() const {
    RemoteWait remote;
    remote.wait = !no_wait;
    if (wait.empty()) return remote;
    const auto limit = parse_duration_option("--wait", wait);
    if (limit.has_error()) return limit.error();
    remote.limit = std::chrono::milliseconds(*limit);
    return remote;
  }
};

}  // namespace asmgr::cli
