#include "host/cli/approval_prompt.hpp"

#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <future>

#include "core/model/json.hpp"
#include "host/cli/terminal_text.hpp"
#include "host/cli/this_user.hpp"

namespace asmgr::cli {
namespace {

constexpr int kLookMs = 200;
constexpr int kLooksBetweenQuestions = 5;
constexpr std::size_t kInputColumns = 400;

// The verbs that wait may not be called where events are delivered.
template <typename Verb>
auto on_a_thread_of_its_own(Verb verb) -> decltype(verb()) {
  return std::async(std::launch::async, std::move(verb)).get();
}

std::string text(const boost::json::object& data, std::string_view key) {
  return std::string(find_string(data, key).value_or(""));
}

}  // namespace

void ApprovalPrompt::ask(const boost::json::object& asked) {
  const std::string id = text(asked, "approval_id");
  const boost::json::value* input = find(asked, "tool_input");
  console_.complain("  input: " + one_line(input == nullptr ? "" : to_text(*input), kInputColumns));
  if (const std::string policy = text(asked, "policy_name"); !policy.empty()) {
    console_.complain("  asked by policy '" + one_line(policy, kInputColumns) + "', approval " + id);
  }
  while (true) {
    console_.complain("  let it run? y = yes, n = no, a = yes, and every call of this tool in this session",
                      Style::strong);
    const Reply reply = read_reply(id);
    if (reply == Reply::again) continue;
    if (reply == Reply::leave) return;
    return decide(id, reply);
  }
}

ApprovalPrompt::Reply ApprovalPrompt::read_reply(const std::string& approval_id) {
  for (int looks = 1; !signals_.stopped(); ++looks) {
    pollfd waiting{input_, POLLIN, 0};
    if (::poll(&waiting, 1, kLookMs) <= 0) {
      if (looks % kLooksBetweenQuestions == 0 && !is_open(approval_id)) return Reply::leave;
      continue;
    }
    char typed = 0;
    if (::read(input_, &typed, 1) != 1) {
      console_.complain("  left pending: `asmgr approvals grant " + approval_id + "` decides it from anywhere");
      return Reply::leave;
    }
    if (typed != '\n') {
      line_ += typed;
      continue;
    }
    const std::string said = std::exchange(line_, {});
    if (said == "y" || said == "yes") return Reply::grant;
    if (said == "n" || said == "no") return Reply::deny;
    if (said == "a" || said == "all" || said == "always") return Reply::grant_tool;
    return Reply::again;
  }
  return Reply::leave;
}

bool ApprovalPrompt::is_open(const std::string& approval_id) {
  const auto approval = on_a_thread_of_its_own([&] { return manager_.get_approval(approval_id); });
  if (!approval || approval->status == ApprovalStatus::pending) return true;
  std::string line = "  " + std::string(status_name(approval->status));
  if (!approval->decided_by.empty()) line += " by " + one_line(approval->decided_by, kInputColumns);
  console_.complain(line);
  return false;
}

void ApprovalPrompt::decide(const std::string& approval_id, Reply reply) {
  DecideApprovalOptions options;
  options.approval_id = approval_id;
  options.grant = reply != Reply::deny;
  options.scope = reply == Reply::grant_tool ? ApprovalScope::tool : ApprovalScope::once;
  options.caller = this_user();
  const auto decided = on_a_thread_of_its_own([&] { return manager_.decide_approval(options); });
  if (!decided) console_.complain("  " + decided.error().message(), Style::bad);
}

}  // namespace asmgr::cli
