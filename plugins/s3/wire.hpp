// One signed request and its answer; the repetitions are in requests.hpp.
#pragma once

#include <asmgr/plugin.hpp>
#include <asmgr/toolkit/http.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "settings.hpp"

namespace asmgr::s3_store {

using Clock = std::chrono::steady_clock;

inline constexpr std::chrono::milliseconds kConnectLimit{10'000};

struct Call {
  std::string method;
  std::string name;  // of the object, with the prefix; empty = the bucket
  NamedValues query;
  http::Headers headers;  // what is the call's own; the others are added
  std::string_view body;  // borrowed while the call is made; copied with every try
};

struct Answer {
  int status = 0;
  http::Headers headers;
  std::string body;
};

// How one try went: the answer counts only when the outcome is an end.
struct Try {
  http::Outcome outcome;
  Answer answer;

  [[nodiscard]] bool answered() const noexcept { return outcome.ending == http::Ending::kEnded; }
};

// A request under way, whose answer is kept whole. An answer that is larger than any of S3's is cut off, as an error.
class Pending {
 public:
  // Waits for the end, which the time limit of the request makes sure of. Once.
  [[nodiscard]] Try wait();

 private:
  friend class Wire;
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    bool ended = false;
    Try result;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

// Any thread.
class Wire {
 public:
  Wire(sdk::Host host, Settings settings) : host_(host), settings_(std::move(settings)) {}

  [[nodiscard]] const Settings& settings() const noexcept { return settings_; }
  [[nodiscard]] http::Client& client() noexcept { return client_; }
  [[nodiscard]] std::int64_t now_us() const noexcept { return host_.now_us(); }

  // The request, signed for now, without time limits.
  [[nodiscard]] http::Request signed_request(const Call& call) const;
  // Sends it; the try ends at the latest after `limit`.
  [[nodiscard]] Pending start(const Call& call, std::chrono::milliseconds limit);
  [[nodiscard]] std::chrono::milliseconds try_limit() const noexcept { return settings_.timeout / 2; }

 private:
  sdk::Host host_;
  Settings settings_;
  http::Client client_;
};

}  // namespace asmgr::s3_store
