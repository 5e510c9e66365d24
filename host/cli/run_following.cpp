#include "host/cli/run_following.hpp"

#include <optional>

#include "core/model/json.hpp"
#include "core/model/log_position.hpp"
#include "host/cli/number_text.hpp"

namespace asmgr::cli {
namespace {

std::string status_line(const RunResult& result, std::chrono::milliseconds elapsed) {
  const bool waits = result.status == RunStatus::running;
  return "-- " + (waits ? "waiting after " : std::string(status_name(result.status)) + " in ") +
         elapsed_text(elapsed.count()) + ", " + usage_text(result.token_usage) +
         (result.cost_usd ? ", " + cost_text(result.cost_usd) : "") + ", session " + result.session_id + ", run " +
         result.run_id;
}

// What a run that did not complete failed with, also when nobody gave it an error of its own.
std::optional<Error> error_of(const RunResult& result) {
  if (result.error) return result.error;
  switch (result.status) {
    case RunStatus::cancelled:
      return Error(ErrorCode::cancelled, "the run was cancelled");
    case RunStatus::timeout:
      return Error(ErrorCode::timeout, "the run took longer than it may");
    case RunStatus::failed:
      return Error(ErrorCode::unknown_error, "the run failed and nobody said why");
    default:
      return std::nullopt;
  }
}

boost::json::object with_error(const RunResult& result) {
  const auto error = error_of(result);
  boost::json::object answer;
  answer["error"] = error ? boost::json::value(error->to_json()) : boost::json::value(nullptr);
  answer["result"] = to_json(result);
  return answer;
}

void say_what_it_waits_for(Console& console, const RunResult& result) {
  if (result.waiting_on.empty()) {
    console.complain(
        "approval pending: `asmgr approvals list` shows what is asked for; the decision is for the session's next run");
    return;
  }
  console.complain("approval pending; the run goes on when that is decided:");
  for (const std::string& id : result.waiting_on) {
    console.complain("  asmgr approvals grant " + id + "    or    asmgr approvals deny " + id);
  }
}

void say_what_changed(Console& console, const RunResult& result) {
  const boost::json::object* diff = result.workspace ? find_object(*result.workspace, "diff") : nullptr;
  const std::int64_t files = diff == nullptr ? 0 : find_int(*diff, "files_changed").value_or(0);
  if (files == 0) return;
  const bool undone = find_bool(*result.workspace, "rolled_back").value_or(false);
  console.note(std::string(undone ? "rolled back" : "changed") + ' ' + std::to_string(files) +
                   (files == 1 ? " file; " : " files; ") + "`asmgr session diff " + result.run_id + "` shows how",
               Style::dim);
}

void say_end(Console& console, const RunResult& result, ExitCode code, std::chrono::milliseconds elapsed) {
  for (const auto& warning : result.warnings) console.note("warning: " + warning);
  const auto error = error_of(result);
  if (error && code != ExitCode::approval_pending) {
    console.complain(error_text(*error, hint_for(*error, result.session_id)), Style::bad);
  }
  if (code == ExitCode::approval_pending) say_what_it_waits_for(console, result);
  say_what_changed(console, result);
  console.note(status_line(result, elapsed), code == ExitCode::done ? Style::good : Style::strong);
  if (console.verbose() && result.last_sequence != 0) {
    console.note("log " + to_text(LogPosition{result.last_sequence, result.last_hash}), Style::dim);
  }
}

}  // namespace

void RunFollower::follow(const EventView& event) {
  over_ = over_ || is_run_terminal(event.type);
  if (recording_ != nullptr) recording_->add(event);
  if (rendering_ != nullptr) rendering_->show(event);
  if (console_.is_text() && !is_rendered()) text_.show(event);
  if (console_.format() == OutputFormat::jsonl) {
    line_.clear();
    append_event_json(line_, event);
    line_ += '\n';
    console_.write(line_);
    console_.flush();
  }
  if (event.type == EventType::tool_approval_requested) ask_about(event);
  // Whoever read the output is gone: nothing more is to be spent on it.
  if (console_.broken()) stopper_.stop();
}

// A run that is over was stopped for the question: its answer is for the next one.
void RunFollower::ask_about(const EventView& event) {
  left_a_question_ = left_a_question_ || over_;
  if (prompt_ == nullptr || over_) return;
  const auto data = parse_json_object(event.data, "event data");
  if (!data) return;
  if (rendering_ != nullptr) rendering_->hold_status();
  prompt_->ask(*data);
  if (rendering_ != nullptr) rendering_->show_status();
}

void RunFollower::finish() {
  if (rendering_ != nullptr) rendering_->finish();
  if (console_.is_text() && !is_rendered()) text_.finish();
}

ExitCode report_run(Invocation& invocation, const RunResult& result, const RunFollower& follower,
                    std::chrono::milliseconds elapsed) {
  RunEnd end;
  end.status = result.status;
  end.error = result.error ? &*result.error : nullptr;
  end.approval_asked = follower.left_a_question();
  end.stopped_by_caller = invocation.signals.stopped();
  const ExitCode code = exit_code_of(end);
  Console& console = invocation.console;
  if (console.format() == OutputFormat::jsonl) {
    boost::json::object last;
    last["result"] = to_json(result);
    console.write_json(last);
  } else if (console.format() == OutputFormat::json) {
    const bool answered = code == ExitCode::done || result.status == RunStatus::running;
    console.write_json(answered ? to_json(result) : with_error(result));
  } else {
    say_end(console, result, code, elapsed);
  }
  return code;
}

Result<ExitCode> report_refusal(Invocation& invocation, const Error& error) {
  if (invocation.console.format() != OutputFormat::jsonl) return error;
  RunResult nothing;
  nothing.status = RunStatus::failed;
  nothing.error = error;
  boost::json::object last;
  last["result"] = to_json(nothing);
  invocation.console.write_json(last);
  return exit_code_of(error);
}

}  // namespace asmgr::cli
