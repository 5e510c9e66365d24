// What the other side of a JSON-RPC conversation may write.
#include <algorithm>
#include <asmgr/toolkit/json_rpc.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <string>
#include <vector>

#include "tests/fuzz/law.hpp"

namespace asmgr::fuzz {
namespace {

namespace json = boost::json;

constexpr std::size_t kOpenAtMost = 4;

// A peer with a few open requests, of which it counts the answers.
class Conversation {
 public:
  explicit Conversation(std::string_view text) : text_(text) {}

  void run() {
    for (int i = 0; i < 3; ++i) ask();
    std::string_view rest = text_;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      peer_.feed(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      require(peer_.open_requests() <= kOpenAtMost, "open requests are bounded", text_);
    }
    peer_.end("it is over");
    const std::size_t sent = sent_;
    ask();
    require(sent_ == sent, "nothing is sent after the end", text_);
    require(peer_.open_requests() == 0, "nothing is open after the end", text_);
    for (const auto& [id, answers] : answered_) {
      require(answers == 1, "every request is answered exactly once", text_);
    }
  }

 private:
  void ask() {
    const std::size_t mine = answered_.size();
    answered_[mine] = 0;
    peer_.request("ask", nullptr, [this, mine](const json_rpc::Answer&) { ++answered_[mine]; });
  }

  void take(const json_rpc::Request& request) {
    require(request.id.is_string() || request.id.is_int64() || request.id.is_uint64(), "ids are of a kind", text_);
    // Some are answered at once and twice, some never.
    if (request.method.size() % 2 != 0) return;
    peer_.respond(request.id, nullptr);
    const std::size_t sent = sent_;
    peer_.respond_error(request.id, {});
    require(sent_ == sent, "a request is answered once", text_);
  }

  void check_sent(std::string_view line) {
    ++sent_;
    json::error_code problem;
    const json::value value = json::parse(json::string_view(line.data(), line.size()), problem);
    require(!problem && value.is_object(), "what is sent is an object", line);
    require(line.find('\n') == std::string_view::npos, "on one line", line);
    require(value.get_object().contains("id") || value.get_object().contains("method"), "and a message", line);
  }

  std::string_view text_;
  std::size_t sent_ = 0;
  std::map<std::size_t, int> answered_;
  json_rpc::Peer peer_{
      [this](std::string_view line) { check_sent(line); },
      {[this](const json_rpc::Request& request) { take(request); }, [](const json_rpc::Notification&) {}},
      {true, kOpenAtMost}};
};

}  // namespace
}  // namespace asmgr::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  asmgr::fuzz::Conversation(asmgr::fuzz::as_text(data, size)).run();
  return 0;
}
