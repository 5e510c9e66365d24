#include "host/cli/approval_prompt.hpp"

#include <future>

#include "core/model/json.hpp"
#include "host/cli/terminal_text.hpp"
#include "host/cli/text_editor.hpp"
#include "host/cli/this_user.hpp"

namespace asmgr::cli {
namespace {

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

std::string_view trimmed(std::string_view line) {
  const auto begin = line.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1);
}

// A member a line, so that an editor shows what there is.
std::string in_lines(const boost::json::object& input) {
  std::string lines = "{";
  for (const auto& member : input) {
    lines += lines.size() == 1 ? "\n  " : ",\n  ";
    append_json_string(lines, member.key());
    lines += ": " + to_text(member.value());
  }
  return lines + (lines.size() == 1 ? "}\n" : "\n}\n");
}

}  // namespace

ApprovalReply parse_reply(std::string_view line) {
  const std::string_view said = trimmed(line);
  const auto end = std::min(said.find_first_of(" \t,:"), said.size());
  const std::string_view word = said.substr(0, end);
  const std::string_view rest = trimmed(said.substr(std::min(said.find_first_not_of(" \t,:", end), said.size())));
  using Kind = ApprovalReply::Kind;
  if (word == "n" || word == "no" || word == "deny") return {Kind::deny, std::string(rest)};
  if (!rest.empty()) return {};
  if (word == "y" || word == "yes" || word == "once") return {Kind::once, {}};
  if (word == "a" || word == "all" || word == "always" || word == "session") return {Kind::session, {}};
  if (word == "e" || word == "edit") return {Kind::edit, {}};
  return {};
}

void ApprovalPrompt::ask(const boost::json::object& asked) {
  Question question;
  question.id = text(asked, "approval_id");
  if (const auto* input = find_object(asked, "tool_input")) question.input = *input;
  show(asked, question);
  while (!take_reply(question)) {
  }
}

void ApprovalPrompt::show(const boost::json::object& asked, const Question& question) {
  console_.complain("  input: " + one_line(to_text(question.input), kInputColumns));
  if (const std::string policy = text(asked, "policy_name"); !policy.empty()) {
    console_.complain("  asked by policy '" + one_line(policy, kInputColumns) + "', approval " + question.id);
  }
}

bool ApprovalPrompt::take_reply(Question& question) {
  console_.complain(
      "  let it run? y = yes, this once; a = yes, this tool for the rest of the session; n [REASON] = no; "
      "e = change its input",
      Style::strong);
  const auto line = read_line(question.id);
  if (!line) return true;
  const ApprovalReply reply = parse_reply(*line);
  DecideApprovalOptions options;
  options.approval_id = question.id;
  options.grant = true;
  switch (reply.kind) {
    case ApprovalReply::Kind::unclear:
      return false;
    case ApprovalReply::Kind::session:
      options.scope = ApprovalScope::tool;
      break;
    case ApprovalReply::Kind::deny:
      options.grant = false;
      options.reason = reply.reason;
      break;
    case ApprovalReply::Kind::edit:
      options.edited_input = edited(question);
      if (!options.edited_input) return input_.at_end() || signals_.stopped();
      break;
    case ApprovalReply::Kind::once:
      break;
  }
  decide(std::move(options));
  return true;
}

std::optional<boost::json::object> ApprovalPrompt::edited(Question& question) {
  auto changed = changed_text(question);
  if (!changed) return std::nullopt;
  auto input = parse_json_object(*changed, "the changed input");
  if (!input) {
    question.draft = std::move(*changed);
    console_.complain("  " + input.error().message() + "; it has to be one JSON object. Nothing is decided",
                      Style::bad);
    return std::nullopt;
  }
  if (*input == question.input) {
    console_.complain("  the input is as it was: y lets it run so");
    return std::nullopt;
  }
  return std::move(*input);
}

std::optional<std::string> ApprovalPrompt::changed_text(Question& question) {
  const std::string editor = editor_command();
  if (editor.empty()) return typed_text(question);
  auto changed = edit_text(editor, "input", question.draft.empty() ? in_lines(question.input) : question.draft);
  if (changed.has_value()) return std::move(*changed);
  console_.complain("  " + changed.error().message(), Style::bad);
  return std::nullopt;
}

std::optional<std::string> ApprovalPrompt::typed_text(const Question& question) {
  console_.complain("  the input as JSON, then an empty line ($VISUAL or $EDITOR would be opened, if it were set):");
  std::string typed;
  while (const auto line = read_line(question.id)) {
    if (trimmed(*line).empty()) {
      if (!typed.empty()) return typed;
      console_.complain("  nothing was written");
      return std::nullopt;
    }
    typed += *line + "\n";
  }
  return std::nullopt;
}

std::optional<std::string> ApprovalPrompt::read_line(const std::string& approval_id) {
  int looks = 0;
  const auto is_over = [&] {
    return signals_.stopped() || (++looks % kLooksBetweenQuestions == 0 && !is_open(approval_id));
  };
  auto line = input_.read(is_over);
  if (!line && input_.at_end()) {
    console_.complain("  left pending: `asmgr approvals grant " + approval_id + "` decides it from anywhere");
  }
  return line;
}

bool ApprovalPrompt::is_open(const std::string& approval_id) {
  const auto approval = on_a_thread_of_its_own([&] { return manager_.get_approval(approval_id); });
  if (!approval || approval->status == ApprovalStatus::pending) return true;
  std::string line = "  " + std::string(status_name(approval->status));
  if (!approval->decided_by.empty()) line += " by " + one_line(approval->decided_by, kInputColumns);
  console_.complain(line);
  return false;
}

void ApprovalPrompt::decide(DecideApprovalOptions options) {
  options.caller = this_user();
  const auto decided = on_a_thread_of_its_own([&] { return manager_.decide_approval(options); });
  if (!decided) console_.complain("  " + decided.error().message(), Style::bad);
}

}  // namespace asmgr::cli
