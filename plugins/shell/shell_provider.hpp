// The `shell` provider: a run is one command.
#pragma once

#include <asmgr/plugin.hpp>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "config.hpp"

namespace asmgr::shell {

class ShellProvider : public sdk::BlockingProvider {
 public:
  explicit ShellProvider(const sdk::Create& create);

  std::string describe() override;
  sdk::RunResult run(sdk::BlockingRun& run) override;
  void on_cancel(std::uint64_t start) override;

 private:
  class WakeEntry;

  const Config config_;
  std::mutex mutex_;
  std::map<std::uint64_t, int> wake_fds_;  // by start: what a cancel makes readable
};

// What the schema cannot say.
void validate_config(const sdk::Host& host, std::string_view config, sdk::Problems& problems);

}  // namespace asmgr::shell
