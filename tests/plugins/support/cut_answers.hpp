// Recorded HTTP answers that break off anywhere between their first byte and their last, for the plugin that asked.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/plugins/support/cut_places.hpp"
#include "tests/plugins/support/fake_run.hpp"
#include "tests/plugins/support/seen_by_host.hpp"
#include "tests/support/loopback_server.hpp"
#include "tests/support/recorded_answer.hpp"
#include "tests/support/seed.hpp"

namespace asmgr_test {

struct AskedPlugin {
  std::string name;
  std::function<boost::json::object(const LoopbackServer&)> config;  // without retries
  // Begins the event after which nothing is missing any more but the end of HTTP. Up to it every cut has to fail;
  // behind it the answer may complete, since the server has said that it is complete.
  std::string closing;
};

// Every byte of the head and the body where `everywhere` or the profile is long, else a sample.
inline void expect_no_cut_answer_completes(const AskedPlugin& plugin, const RecordedAnswer& recorded, bool everywhere) {
  const std::string wire = recorded.head + (recorded.is_raw ? recorded.body : chunk(recorded.body) + chunk(""));
  const std::size_t closing = wire.rfind(plugin.closing);
  const std::uint32_t seed = asmgr::test::seed_or(std::random_device{}());
  SCOPED_TRACE(asmgr::test::seed_text(seed));
  std::mt19937 random(seed);
  const std::size_t places_wanted = everywhere ? wire.size() : 12;
  const std::vector<std::size_t> places = places_to_cut(wire, 0, LineEnds::kLikeOtherPlaces, places_wanted, random);

  // The prompt names the place.
  LoopbackServer server([&](Peer& peer, const ReceivedRequest& request) {
    constexpr std::string_view kAt = "cut at ";
    const std::size_t place = std::stoul(request.body.substr(request.body.find(kAt) + kAt.size()));
    peer.send(std::string_view(wire).substr(0, place));
    peer.close_after();
  });
  ProviderUnderTest provider(plugin.name, plugin.config(server));
  constexpr std::size_t kAtOnce = 16;
  for (std::size_t from = 0; from < places.size(); from += kAtOnce) {
    std::vector<std::unique_ptr<FakeRun>> runs;
    const std::size_t to = std::min(places.size(), from + kAtOnce);
    for (std::size_t i = from; i < to; ++i) {
      runs.push_back(std::make_unique<FakeRun>(boost::json::value("cut at " + std::to_string(places[i]))));
      provider.start(*runs.back());
    }
    for (std::size_t i = from; i < to; ++i) {
      FakeRun& run = *runs[i - from];
      ASSERT_TRUE(run.wait_finished()) << recorded.name << " cut after " << places[i] << " bytes does not end";
      if (closing != std::string::npos && places[i] > closing) continue;
      ASSERT_EQ(run.finish().status, std::uint32_t{ASMGR_FINISH_FAILED})
          << recorded.name << " cut after " << places[i] << " bytes:\n"
          << seen_of(run);
    }
  }
}

}  // namespace asmgr_test
