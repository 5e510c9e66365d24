#include "core/transcript/run_messages.hpp"

#include <algorithm>

namespace asmgr {
namespace {

constexpr std::string_view kWaiting = "Execution is paused: this tool call waits for a person's approval.";
constexpr std::string_view kGranted =
    "This tool call was approved. It has not run yet: make the same call again to run it.";
constexpr std::string_view kDenied = "This tool call was not approved, so it did not run";
constexpr std::string_view kInDoubt =
    "The outcome of this tool call is in doubt: no result of it was recorded. It may have run.";

std::string denial(std::string_view reason) {
  std::string text(kDenied);
  if (!reason.empty()) text.append(": ").append(reason);
  return text + ".";
}

void overlay(boost::json::object& base, boost::json::object over) {
  for (auto& member : over) base[member.key()] = std::move(member.value());
}

TranscriptMessage in_doubt(const TranscriptMessage& call) {
  TranscriptMessage message;
  message.role = Role::tool;
  message.tool_call_id = call.tool_call_id;
  message.tool_name = call.tool_name;
  message.tool_output = kInDoubt;
  message.metadata = call.metadata;
  message.metadata["is_error"] = true;
  message.metadata["error_code"] = "in_doubt";
  return message;
}

}  // namespace

void RunMessages::add(Role role, std::string content, boost::json::object metadata, Kind kind) {
  Entry entry;
  entry.message.role = role;
  entry.message.content = std::move(content);
  entry.message.metadata = std::move(metadata);
  entry.kind = kind;
  entry.dropped = kind == Kind::said && failed_;
  entries_.push_back(std::move(entry));
}

void RunMessages::sent(Role role, std::string content, boost::json::array parts, boost::json::object metadata) {
  stream_.reset();
  if (content.empty() && parts.empty()) return;
  add(role, std::move(content), std::move(metadata), Kind::kept);
  entries_.back().message.parts = std::move(parts);
}

void RunMessages::received(Role role, std::string content, boost::json::object metadata) {
  if (role == Role::assistant && stream_) {
    TranscriptMessage& message = entries_[*stream_].message;
    if (!content.empty()) message.content = std::move(content);
    overlay(message.metadata, std::move(metadata));
    stream_.reset();
    return;
  }
  stream_.reset();
  if (content.empty()) return;
  add(role, std::move(content), std::move(metadata), role == Role::assistant ? Kind::said : Kind::kept);
}

void RunMessages::streamed(std::string_view text, boost::json::object metadata) {
  if (text.empty()) return;
  if (!stream_) {
    stream_ = entries_.size();
    return add(Role::assistant, std::string(text), std::move(metadata), Kind::said);
  }
  TranscriptMessage& message = entries_[*stream_].message;
  message.content->append(text);
  overlay(message.metadata, std::move(metadata));
}

RunMessages::Call& RunMessages::add_call(ToolCall call, const boost::json::object& metadata) {
  if (!call.id.empty()) call_index_[call.id] = calls_.size();
  Entry entry;
  entry.kind = Kind::call;
  entry.call = calls_.size();
  entry.message.role = Role::assistant;
  entry.message.tool_call_id = std::move(call.id);
  entry.message.tool_name = std::move(call.name);
  entry.message.tool_input = std::move(call.input);
  entry.message.metadata = metadata;
  calls_.push_back(Call{entries_.size(), 0, State::open, {}});
  entries_.push_back(std::move(entry));
  return calls_.back();
}

void RunMessages::set_result(Call& call, State state, std::string name, boost::json::value output,
                             boost::json::object metadata) {
  const TranscriptMessage& made = entries_[call.entry].message;
  TranscriptMessage message;
  message.role = Role::tool;
  message.tool_call_id = made.tool_call_id;
  message.tool_name = name.empty() ? made.tool_name : std::move(name);
  message.tool_output = std::move(output);
  message.metadata = std::move(metadata);
  if (call.state != State::open) {
    entries_[call.result].message = std::move(message);
  } else {
    call.result = entries_.size();
    const auto index = static_cast<std::size_t>(&call - calls_.data());
    entries_.push_back(Entry{std::move(message), Kind::result, false, index});
  }
  call.state = state;
}

RunMessages::Call* RunMessages::find_call(std::string_view id) {
  const auto found = call_index_.find(std::string(id));
  return found == call_index_.end() ? nullptr : &calls_[found->second];
}

RunMessages::Call* RunMessages::find_nameless_open(std::string_view tool_name) {
  for (Call& call : calls_) {
    const TranscriptMessage& made = entries_[call.entry].message;
    if (!made.tool_call_id.empty() || !is_unanswered(call.state)) continue;
    if (tool_name.empty() || made.tool_name.empty() || made.tool_name == tool_name) return &call;
  }
  return nullptr;
}

// Who asks without an id for a tool means its last call that has not run.
RunMessages::Call* RunMessages::find_waiting(const ToolCall& call) {
  if (!call.id.empty()) return find_call(call.id);
  const auto found = std::find_if(calls_.rbegin(), calls_.rend(), [&](const Call& made) {
    return made.state != State::answered && entries_[made.entry].message.tool_name == call.name;
  });
  return found == calls_.rend() ? nullptr : &*found;
}

void RunMessages::call_started(ToolCall call, boost::json::object metadata) {
  stream_.reset();
  Call* made = call.id.empty() ? nullptr : find_call(call.id);
  if (made == nullptr || !is_unanswered(made->state)) {
    static_cast<void>(add_call(std::move(call), metadata));
    return;
  }
  // It was known from its approval, or its start was said twice.
  TranscriptMessage& message = entries_[made->entry].message;
  if (!call.name.empty()) message.tool_name = std::move(call.name);
  if (call.input) message.tool_input = std::move(call.input);
  if (made->state == State::open) return;
  entries_[made->result].dropped = true;
  made->state = State::open;
}

void RunMessages::call_ended(ToolCall call, ToolResult result, boost::json::object metadata) {
  stream_.reset();
  Call* made = call.id.empty() ? find_nameless_open(call.name) : find_call(call.id);
  if (made != nullptr && !is_unanswered(made->state)) return;
  std::string name = call.name;
  if (made == nullptr) made = &add_call(std::move(call), metadata);
  if (result.failed) {
    metadata["is_error"] = true;
    if (!result.error_code.empty()) metadata["error_code"] = result.error_code;
  }
  const State state = result.failed && result.error_code == "cancelled" ? State::withdrawn : State::answered;
  set_result(*made, state, std::move(name), std::move(result.output), std::move(metadata));
}

void RunMessages::approval_requested(ToolCall call, std::string approval_id, boost::json::object metadata) {
  stream_.reset();
  Call* made = find_waiting(call);
  if (made != nullptr && made->state == State::answered) return;
  std::string name = call.name;
  if (made == nullptr) made = &add_call(std::move(call), metadata);
  made->approval_id = std::move(approval_id);
  set_result(*made, State::waiting, std::move(name), boost::json::value(kWaiting), std::move(metadata));
}

void RunMessages::approval_decided(std::string_view approval_id, std::string_view call_id, bool granted,
                                   std::string_view reason) {
  const auto asked = std::find_if(calls_.rbegin(), calls_.rend(), [&](const Call& call) {
    if (call.state != State::waiting) return false;
    if (!approval_id.empty() && !call.approval_id.empty()) return call.approval_id == approval_id;
    return entries_[call.entry].message.tool_call_id == call_id;
  });
  if (asked == calls_.rend()) return;
  asked->state = State::decided;
  TranscriptMessage& message = entries_[asked->result].message;
  message.tool_output = granted ? std::string(kGranted) : denial(reason);
}

void RunMessages::drop_what_was_said() {
  stream_.reset();
  for (Entry& entry : entries_) entry.dropped = entry.dropped || entry.kind == Kind::said;
}

void RunMessages::attempt_superseded() {
  drop_what_was_said();
}

void RunMessages::attempt_continues() {
  stream_.reset();
}

void RunMessages::ended_without_success() {
  failed_ = true;
  drop_what_was_said();
}

bool RunMessages::is_settled() const noexcept {
  return !stream_ && std::ranges::none_of(calls_, [](const Call& call) { return is_unanswered(call.state); });
}

void RunMessages::append_to(std::vector<TranscriptMessage>& messages) const {
  // The results that are missing stand after the calls made together, before anything else is said.
  std::vector<std::size_t> unanswered;
  const auto close = [&] {
    for (const std::size_t entry : unanswered) messages.push_back(in_doubt(entries_[entry].message));
    unanswered.clear();
  };
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    if (entry.dropped) continue;
    if (entry.kind == Kind::kept || entry.kind == Kind::said) close();
    messages.push_back(entry.message);
    if (entry.kind == Kind::call && calls_[entry.call].state == State::open) unanswered.push_back(i);
  }
  close();
}

}  // namespace asmgr
