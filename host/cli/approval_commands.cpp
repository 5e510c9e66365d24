// `asmgr approvals ...`: the tool calls that wait for a person.
#include <chrono>

#include "core/model/json.hpp"
#include "host/cli/command.hpp"
#include "host/cli/listing.hpp"
#include "host/cli/number_text.hpp"
#include "host/cli/opening.hpp"
#include "host/cli/rendering.hpp"
#include "host/cli/run_following.hpp"
#include "host/cli/terminal_text.hpp"
#include "host/cli/this_user.hpp"

namespace asmgr::cli {
namespace {

constexpr std::size_t kListedInput = 60;

std::vector<std::string> approval_status_names() {
  return {"pending", "granted", "denied", "expired", "cancelled", "all"};
}

class ListApprovalsCommand final : public Command {
 public:
  explicit ListApprovalsCommand(CLI::App& app) {
    app.add_option("--status", status_, "Only those in this status (default: pending)")
        ->check(one_of(approval_status_names()))
        ->type_name("pending|granted|denied|expired|cancelled|all");
    app.add_option("--session", session_, "Only those of this session")->type_name("ID");
    add_store_option(app, pipeline_);
    app.add_option("--limit", limit_, "At most so many (default 50)")->check(CLI::Range(1U, 10000U))->type_name("N");
    app.add_option("--cursor", cursor_, "Go on after this approval, as next_cursor said")->type_name("ID");
  }

  Result<ExitCode> run(Invocation& invocation) override {
    ListApprovalsOptions options;
    options.pipeline = pipeline_;
    options.session_id = session_;
    options.after_id = cursor_;
    options.limit = limit_ + 1;  // one more tells whether there are more
    if (status_ != "all") options.status = parse_approval_status(status_);
    auto opened = open_store(invocation, pipeline_);
    if (opened.has_error()) return opened.error();
    auto approvals = (*opened)->manager().list_approvals(options);
    if (approvals.has_error()) return approvals.error();
    print_listing(invocation.console, listing_of(std::move(*approvals)));
    return ExitCode::done;
  }

 private:
  Listing listing_of(std::vector<Approval> approvals) const {
    Listing listing;
    if (approvals.size() > limit_) {
      approvals.resize(limit_);
      listing.next_cursor = approvals.back().id;
    }
    listing.head = {"ID", "STATUS", "TOOL", "INPUT", "POLICY", "EXPIRES", "RUN"};
    for (const Approval& approval : approvals) {
      listing.items.push_back(to_json(approval));
      listing.rows.push_back({approval.id, std::string(status_name(approval.status)), approval.tool_name,
                              one_line(to_text(approval.tool_input), kListedInput), approval.policy_name,
                              time_text(approval.expires_at), approval.run_id});
    }
    return listing;
  }

  std::string status_ = "pending";
  std::string session_, pipeline_, cursor_;
  std::uint32_t limit_ = 50;
};

void print_approval(Console& console, const Approval& approval) {
  if (!console.is_text()) return console.write_json(to_json(approval));
  const auto line = [&](std::string_view name, const std::string& value) { console.write(field_line(name, value)); };
  line("id", approval.id);
  line("status", std::string(status_name(approval.status)));
  line("tool", approval.tool_name);
  line("call", approval.tool_call_id);
  line("input", to_text(approval.tool_input));
  line("policy", approval.policy_name);
  line("because", approval.message);
  line("session", approval.session_id);
  line("run", approval.run_id);
  line("asked", time_text(approval.requested_at));
  line("expires", time_text(approval.expires_at));
  if (approval.decided_at.is_set()) line("decided", time_text(approval.decided_at));
  line("by", approval.decided_by);
  line("reason", approval.reason);
  if (approval.edited) line("edited", "runs with another input than was asked for");
  if (approval.scope != ApprovalScope::once) {
    const std::string until =
        approval.remembered_until.is_set() ? " until " + time_text(approval.remembered_until) : " in this session";
    line("remembered", std::string(scope_name(approval.scope)) + until);
  }
}

class ShowApprovalCommand final : public Command {
 public:
  explicit ShowApprovalCommand(CLI::App& app) {
    app.add_option("APPROVAL", id_, "The approval's id")->required()->type_name("");
    add_store_option(app, pipeline_);
  }

  Result<ExitCode> run(Invocation& invocation) override {
    auto opened = open_store(invocation, pipeline_);
    if (opened.has_error()) return opened.error();
    const auto approval = (*opened)->manager().get_approval(id_);
    if (approval.has_error()) return approval.error();
    print_approval(invocation.console, *approval);
    return ExitCode::done;
  }

 private:
  std::string id_, pipeline_;
};

enum class Decision : std::uint8_t { grant, deny };

class DecideCommand final : public Command {
 public:
  DecideCommand(CLI::App& app, Decision decision) : decision_(decision) {
    app.add_option("APPROVAL", id_, "The approval's id")->required()->type_name("");
    app.add_option("--reason", reason_, "Why; the model is told")->type_name("TEXT");
    if (decision == Decision::grant) {
      app.add_option("--input", input_, "Run the call with this input instead, if the policies allow it")
          ->type_name("JSON");
    }
    app.add_option("--remember", remember_, "How far it holds in this session (default: once)")
        ->check(one_of({"once", "input", "tool", "policy"}))
        ->type_name("once|input|tool|policy");
    app.add_option("--for", for_, "How long it is remembered, e.g. 1h (default: as long as the session)")
        ->type_name("DURATION");
    app.add_flag("--no-run", no_run_, "Only decide; leave the run to a host (`asmgr work`)");
    add_store_option(app, pipeline_);
  }

  Result<ExitCode> run(Invocation& invocation) override {
    auto options = read_options();
    if (options.has_error()) return options.error();
    std::optional<LeftRun> left;
    Approval decided;
    {
      auto opened = open_store(invocation, pipeline_);
      if (opened.has_error()) return opened.error();
      SessionManager& manager = (*opened)->manager();
      auto answer = manager.decide_approval(std::move(*options));
      if (answer.has_error()) return answer.error();
      decided = std::move(*answer);
      if (auto found = manager.get_left_run(decided.run_id)) left = std::move(*found);
    }
    const bool goes_on_here = left && left->is_decided && !left->is_served && !no_run_;
    say(invocation.console, decided, left, goes_on_here);
    return goes_on_here ? go_on(invocation, decided.run_id, *left) : ExitCode::done;
  }

 private:
  Result<DecideApprovalOptions> read_options() const {
    DecideApprovalOptions options;
    options.approval_id = id_;
    options.grant = decision_ == Decision::grant;
    options.reason = reason_;
    options.caller = this_user();
    options.carry_on = false;  // this deployment has a store and nothing else
    options.scope = parse_approval_scope(remember_).value_or(ApprovalScope::once);
    if (!input_.empty()) {
      auto input = parse_object_option("--input", input_);
      if (input.has_error()) return input.error();
      options.edited_input = std::move(*input);
    }
    if (for_.empty()) return options;
    const auto limit = parse_duration_option("--for", for_);
    if (limit.has_error()) return limit.error();
    options.remember_for = std::chrono::milliseconds(*limit);
    return options;
  }

  void say(Console& console, const Approval& decided, const std::optional<LeftRun>& left, bool goes_on_here) const {
    if (console.format() == OutputFormat::jsonl) {
      boost::json::object first;
      first["approval"] = to_json(decided);
      return console.write_json(first);
    }
    if (console.format() == OutputFormat::json) {  // one document: of the run, when it goes on here
      if (!goes_on_here) console.write_json(to_json(decided));
      return;
    }
    console.write(decided.id + " " + std::string(status_name(decided.status)) + "\n");
    if (!left) return;
    if (!left->is_decided) {
      console.note("run " + decided.run_id + " waits for more: `asmgr approvals list --session " + left->session_id +
                   "`");
    } else if (left->is_served) {
      console.note("run " + decided.run_id + " goes on in the host that serves this store");
    } else if (!goes_on_here) {
      console.note("run " + decided.run_id + " goes on when a host serves this store: `asmgr work`");
    } else {
      console.note("run " + decided.run_id + " goes on here", Style::dim);
    }
  }

  Result<ExitCode> go_on(Invocation& invocation, const std::string& run_id, const LeftRun& left) const {
    auto opened = open_deployment(invocation, {left.pipeline, left.provider, left.policies});
    if (opened.has_error()) return opened.error();
    SessionManager& manager = (*opened)->manager();
    RunStopper stopper(manager);
    stopper.started(run_id);
    const auto rendering = Rendering::open(invocation.console, {}, Unsaid::rendered_on_terminal);
    RunFollower follower(invocation.console, stopper);
    follower.render(*rendering);
    ResumeRunOptions resume;
    resume.run_id = run_id;
    resume.event_callback = [&](const EventView& event) { follower.follow(event); };
    invocation.signals.on_first([&stopper] { stopper.stop(); });
    const auto begin = std::chrono::steady_clock::now();
    auto result = manager.resume_run(std::move(resume));
    invocation.signals.clear();
    const auto elapsed =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
    follower.finish();
    if (result.has_error()) return report_refusal(invocation, result.error());
    return report_run(invocation, *result, follower, elapsed);
  }

  Decision decision_;
  std::string id_, reason_, input_, for_, pipeline_;
  std::string remember_ = "once";
  bool no_run_ = false;
};

}  // namespace

void add_approval_commands(CommandSet& commands) {
  CLI::App& group =
      commands.add_group("approvals", "Tool calls that wait for a person",
                         "asmgr approvals list\nasmgr approvals grant APPROVAL --reason \"looked at it\"");
  commands.add<ListApprovalsCommand>(group, "list", "What waits, oldest first",
                                     "asmgr approvals list\nasmgr approvals list --status all --session SESSION");
  commands.add<ShowApprovalCommand>(group, "show", "One of them, whole", "asmgr approvals show APPROVAL");
  commands.add<DecideCommand>(
      group, "grant", "Let the call run; a run that was left waiting goes on",
      "asmgr approvals grant APPROVAL\nasmgr approvals grant APPROVAL --remember tool --for 1h\n"
      "asmgr approvals grant APPROVAL --input '{\"command\": \"ls\"}'",
      Decision::grant);
  commands.add<DecideCommand>(group, "deny", "Refuse the call; the model is told, and the run goes on without it",
                              "asmgr approvals deny APPROVAL --reason \"not in production\"", Decision::deny);
}

}  // namespace asmgr::cli
