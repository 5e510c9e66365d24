// The `replay` provider: plays a recording, so that everything above a provider can be tested without one.
#pragma once

#include <asmgr/plugin.hpp>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "playback.hpp"
#include "recording.hpp"

namespace asmgr::replay {

class ReplayProvider : public sdk::AsyncProvider, public sdk::ProviderApproval {
 public:
  explicit ReplayProvider(const sdk::Create& create);

  std::string describe() override;
  void start(sdk::Run& run) override;
  void cancel(std::uint64_t start) override;
  void resolve(std::uint64_t start, std::uint64_t ticket, std::uint32_t verdict, std::string_view note,
               std::string_view edited_input_json) override;

 private:
  struct PlannedFault {
    Fault fault;
    std::uint64_t start;  // which start of the instance, from 1; 0 = every
  };

  void read_config(std::string_view text);
  std::vector<Fault> faults_of(std::uint64_t start) const;
  std::list<Playback> take_done();
  Playback* find(std::uint64_t start);

  double speed_ = 1;
  std::vector<PlannedFault> faults_;
  Recording recording_;

  std::mutex mutex_;
  std::size_t next_ = 0;           // the recorded start to play next
  std::list<Playback> playbacks_;  // last: they end before what they play does
};

}  // namespace asmgr::replay
