// A conversation without a process: the test is the agent, line by line, and the host.
#ifndef ASMGR_TESTS_ACP_TALK_HPP_
#define ASMGR_TESTS_ACP_TALK_HPP_

#include <boost/json.hpp>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "plugins/acp/conversation.hpp"
#include "tests/plugins/acp/recording.hpp"
#include "tests/sdk/toolkit/process_probe.hpp"

namespace asmgr_test {

namespace acp = asmgr::acp;

class Host final : public acp::Outlet {
 public:
  void send(std::string_view line) override { sent.push_back(boost::json::parse(std::string(line)).as_object()); }
  void emit(std::uint32_t type, const boost::json::object& data) override {
    events.emplace_back(event_name(type), data);
  }
  void emit_named(std::string_view type, const boost::json::object& data) override {
    events.emplace_back(std::string(type), data);
  }
  std::uint64_t ask(const boost::json::object& tool_call) override {
    asked.push_back(tool_call);
    return asked.size();  // the first ticket is 1
  }
  void ignored(std::string_view what) override { unknown.emplace_back(what); }
  void finish_up() override { ++finished; }

  std::vector<boost::json::object> sent;
  std::vector<std::pair<std::string, boost::json::object>> events;
  std::vector<boost::json::object> asked;
  std::vector<std::string> unknown;
  int finished = 0;
};

inline boost::json::object object_of(const std::string& text) {
  return boost::json::parse(text).as_object();
}

class Talk {
 public:
  // `run_doc` and so on as the host gives them.
  std::string run_doc = R"({"input":"hello"})";
  std::string transcript;
  std::string resume_token;
  std::string capabilities = "{}";  // the agent's
  std::string auth_methods = "[]";
  std::string session = R"({"sessionId":"s1"})";  // what session/new answers
  acp::Config config;
  TempFolder folder;
  Host host;

  Talk() {
    config.agent.cwd = folder.path().string();
    config.agent.command = {"agent"};
  }

  void begin() {
    conversation = std::make_unique<acp::Conversation>(host, config, acp::Assignment{run_doc, transcript, resume_token},
                                                       [this](const std::string& id) {
                                                         const std::lock_guard<std::mutex> lock(mutex_);
                                                         exited_.push_back(id);
                                                         changed_.notify_all();
                                                       });
    conversation->begin();
  }
  // As far as the session's request.
  void greet() {
    begin();
    answer(R"({"protocolVersion":1,"agentCapabilities":)" + capabilities + R"(,"authMethods":)" + auth_methods + "}");
  }
  // As far as the prompt.
  void open() {
    greet();
    answer(session);
  }

  // A session that was loaded repeats nothing any more.
  void let_history_end() { conversation->time_passed(acp::Opening::Clock::now() + std::chrono::hours(1)); }

  // What we wrote last.
  [[nodiscard]] const boost::json::object& last() const { return host.sent.back(); }
  [[nodiscard]] std::string method() const { return std::string(last().at("method").as_string()); }
  [[nodiscard]] const boost::json::object& params() const { return last().at("params").as_object(); }

  // To our last request.
  void answer(const std::string& result) {
    say(R"({"jsonrpc":"2.0","result":)" + result + ",\"id\":" + request_id() + "}");
  }
  void refuse(const std::string& error) {
    say(R"({"jsonrpc":"2.0","error":)" + error + ",\"id\":" + request_id() + "}");
  }
  void say(const std::string& line) { conversation->take_line(line); }
  void update(const std::string& update) {
    say(R"({"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"s1","update":)" + update + "}}");
  }
  void request(const std::string& id, const std::string& method, const std::string& params) {
    say(R"({"jsonrpc":"2.0","id":)" + id + R"(,"method":")" + method + R"(","params":)" + params + "}");
  }
  void ask(const std::string& id, const std::string& tool_call, const std::string& options = kOptions) {
    request(id, "session/request_permission",
            R"({"sessionId":"s1","toolCall":)" + tool_call + R"(,"options":)" + options + "}");
  }
  void allow(std::uint64_t ticket) {
    asmgr::sdk::Verdict verdict;
    verdict.allowed = true;
    conversation->answered(ticket, verdict);
  }
  void deny(std::uint64_t ticket, const std::string& note = "no") {
    asmgr::sdk::Verdict verdict;
    verdict.note = note;
    conversation->answered(ticket, verdict);
  }
  // Hands on the exits of terminals until one more has come.
  [[nodiscard]] bool terminal_exits() {
    std::unique_lock<std::mutex> lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::seconds(10), [&] { return !exited_.empty(); })) return false;
    const std::string id = exited_.front();
    exited_.pop_front();
    lock.unlock();
    conversation->terminal_exited(id);
    return true;
  }

  // Our answer to a request of the agent's; an empty object when there was none.
  [[nodiscard]] boost::json::object answer_to(const boost::json::value& id) const {
    for (const boost::json::object& message : host.sent)
      if (!message.contains("method") && message.at("id") == id) return message;
    return {};
  }
  [[nodiscard]] std::vector<std::string> event_types() const {
    std::vector<std::string> types;
    for (const auto& [type, data] : host.events) types.push_back(type);
    return types;
  }
  [[nodiscard]] const acp::Failure& failure() const { return conversation->outcome().value().failure.value(); }

  static constexpr const char* kOptions =
      R"([{"optionId":"always","name":"A","kind":"allow_always"},{"optionId":"yes","name":"Y","kind":"allow_once"},)"
      R"({"optionId":"no","name":"N","kind":"reject_once"}])";

 private:
  [[nodiscard]] std::string request_id() const {
    for (auto it = host.sent.rbegin(); it != host.sent.rend(); ++it)
      if (it->contains("method") && it->contains("id")) return boost::json::serialize(it->at("id"));
    return "0";
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> exited_;

 public:
  std::unique_ptr<acp::Conversation> conversation;  // last: its terminals' threads use the others
};

}  // namespace asmgr_test

#endif  // ASMGR_TESTS_ACP_TALK_HPP_
