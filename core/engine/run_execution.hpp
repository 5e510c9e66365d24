// One run while it is carried out: preflight, start, the events as they come, the end. Lives inside its session's
// serialiser; nothing here is called from anywhere else.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "core/cost/usage_meter.hpp"
#include "core/engine/holds.hpp"
#include "core/engine/parked_run.hpp"
#include "core/engine/run_link.hpp"
#include "core/engine/run_plan.hpp"
#include "core/engine/run_redaction.hpp"
#include "core/engine/session_op.hpp"
#include "core/engine/unit_writer.hpp"
#include "core/policy/run_judge.hpp"

namespace asmgr {

class SessionRuntime;

// Why the engine ends a run before its provider does.
struct EndCause {
  enum class Kind : std::uint8_t {
    cancelled,     // somebody asked
    for_approval,  // cancelled, with an approval to be decided
    timeout,       // of the run, the model or a tool
    failed,        // policy, misbehaviour, a hung plugin, the store: `error` says
  };
  Kind kind = Kind::cancelled;
  std::optional<Error> error;
  std::optional<ApprovalRequest> approval;
  std::string approval_id;
  std::string reason = {};  // for the event of a cancellation
};

// In a session's metadata, of a provider's own session: the log has more than it.
inline constexpr std::string_view kBehind = "behind";

class RunExecution : public std::enable_shared_from_this<RunExecution> {
 public:
  RunExecution(SessionRuntime& session, std::shared_ptr<RunRow> row, RunPlan plan, std::optional<Record> queue_entry,
               HostSlots::Lease slot);
  ~RunExecution();

  // Goes on with a run that was parked, instead of beginning one. Before begin().
  void go_on_from(ParkedRun parked);
  // Asks the policies, writes the beginning, starts the provider. `accepted` is called once: ok when the run is begun
  // (or refused by a policy, which is a result), an error when nothing was written.
  void begin(std::function<void(const Result<void>&)> accepted);

  // -- from the link --
  void on_events(EventBatch batch);
  void on_ask(std::uint64_t ticket, std::string tool_call);
  void on_finish(FinishStatus status, const std::string& result_json);
  void on_misbehaved(const std::string& what);
  void on_next_target(NextTarget next, const RunChannel::Go& go);  // run_routing.cpp
  void on_room();                                                  // there is room again after a pause

  // -- people who are asked (run_approvals.cpp) --
  [[nodiscard]] bool awaits(const std::string& approval_id) const;
  void decided(ApprovalRecord approval);
  // Leaves the run where it is when all it does is wait for a person, and nobody is here to wait for.
  // True: it is being left, or about to be.
  bool park_if_waiting();
  void expire_questions();

  // Ends the run; the first cause stays. The provider is asked to stop and gets cancel_grace for it.
  void end(EndCause cause);
  // `answer` is called with the run once its terminal event is durable.
  void when_ended(std::function<void(const Result<Run>&)> answer) { ended_.push_back(std::move(answer)); }
  // Closed in the unit of the terminal event, if that is run_cancelled.
  void close_with_cancellation(const Record& command) { commands_.push_back(command); }
  // Tells the run something while it goes on: `told` is called once, with ok when its provider has it, or when the run
  // is about to be started again with it. Errors: invalid_operation (it ends, begins, or waits for a person),
  // capability_not_supported, and what the provider answers.
  void steer(const std::string& text, std::function<void(const Result<void>&)> told);
  // The session belongs to somebody else now: stop the provider, write nothing.
  void abandon(const Error& error);

  [[nodiscard]] const Run& run() const noexcept { return row_->run; }
  [[nodiscard]] bool ending() const noexcept { return cause_.has_value() || finished_; }
  [[nodiscard]] const std::shared_ptr<RunLink>& link() const noexcept { return link_; }
  [[nodiscard]] const RunPlan& plan() const noexcept { return plan_; }
  // It waited in the queue, and its entry there is closed with its end.
  [[nodiscard]] bool from_queue() const noexcept { return queue_entry_.has_value(); }

 private:
  enum class Phase : std::uint8_t { fresh, preflight, beginning, running, ended };
  struct OpenTool {
    std::string name;
    boost::json::value input;
    std::int64_t since_ns = 0;
    bool reviewed = false;  // its provider asked before it began
  };
  struct Ask {
    std::uint64_t ticket = 0;
    std::string tool_call;
    boost::json::object parsed;
    std::string approval_id = {};  // of the grant that it runs by, once there is one
    bool edited = false;           // a person changed its input
    [[nodiscard]] std::string call_id() const;
    [[nodiscard]] std::string tool_name() const;
    [[nodiscard]] boost::json::object input() const;
  };
  struct Verdict {
    bool allowed = false;
    std::string note = {};  // for the model
    std::string approval_id = {};
  };
  struct Awaited {
    Ask ask;
    ApprovalRecord record;
    bool expiring = false;  // it is being written that nobody answered
  };
  struct Steering {
    std::string text;
    std::function<void(const Result<void>&)> told;
    std::int64_t since_ns = 0;
  };
  struct KnownDecision {
    ApprovalRecord record;
    bool used = false;
  };

  // run_beginning.cpp
  void observe_begin();  // run_observed.cpp
  void observe_first_event();
  void observe_end();
  void account_for(const Judgement& judgement);
  [[nodiscard]] LogLine log_line(int level, std::string_view message, std::string_view plugin = {}) const;
  void observed_slowly(const std::string& policy, std::chrono::nanoseconds took);
  void fetch_input();       // verbatim, where the row shows it redacted
  void continue_session();  // puts what the session said before where the provider finds it
  void ask_to_begin();
  void preflight();
  void preflighted(Judgement judgement);
  void refuse(const Judgement& judgement);
  // run_folder.cpp
  void with_snapshot(std::function<void()> then);
  void look_at_folder(bool completed, std::function<void()> then);
  void folder_was_looked_at(WorkspaceOutcome outcome, bool completed);
  void write_beginning(const std::vector<Hold>& holds);
  void stage_first_beginning();
  // run_budget.cpp
  void ask_for_holds();  // what is left of each budget, then the beginning with what the run gets
  void take_holds(const std::vector<Result<std::int64_t>>& left);
  void holds_were_taken(const Error& error);  // by others meanwhile, in a unit that came before ours
  void hold_more();                           // where the run has used up what it holds
  void take_slice(std::size_t index, const Result<std::int64_t>& left);
  void slice_written(std::size_t index, std::int64_t slice, const Result<void>& durable);
  [[nodiscard]] Judgement budget_judgement(const Hold& hold, const std::string& message, std::int64_t left) const;
  void start_provider();
  void keep_effective_policy(Enforcement enforcement);
  [[nodiscard]] boost::json::object provider_options();
  void arm_timer();
  void on_timer();
  // run_time.cpp
  [[nodiscard]] std::int64_t next_telling_ns() const;  // of the time; never = the most
  [[nodiscard]] bool tell_time();                      // false: the run is over, or the session somebody else's
  void stop_provider();
  void drop();
  void let_go();
  // run_routing.cpp
  [[nodiscard]] const ProviderInfo& serving() const;  // of a router, the target that has the run; else the provider
  [[nodiscard]] bool attempt_failed(const Error& error, std::string_view result_json, bool will_retry);
  [[nodiscard]] bool begin_target(const NextTarget& next);
  [[nodiscard]] bool begin_another_attempt();
  void note_end_of_route(FinishStatus status, const boost::json::object& result);
  void forget_native_session_of_others();
  // Whether a session of the provider's own will do that does not have all that the log has.
  enum class Behind : std::uint8_t { not_at_all, too };
  [[nodiscard]] std::string resumable_session(Behind behind) const;
  void leave_native_session_behind();
  // run_events.cpp
  enum class Fate : std::uint8_t { kept, dropped, held_back };
  [[nodiscard]] EventBatch inspect_all(EventBatch batch, std::size_t& ended_here);
  [[nodiscard]] Fate inspect(EventView& event, EventBatch& batch);
  [[nodiscard]] bool understand(EventView& event, EventBatch& batch);  // false: drop the event
  // All that the engine itself says in this run.
  void say(EventType type, boost::json::object data);
  [[nodiscard]] bool say_pieces(const std::vector<RunRedaction::Piece>& pieces);
  [[nodiscard]] bool inspect_tool(const EventView& event, const boost::json::object& data);
  void merge_provider_started(const boost::json::object& data);
  void add_usage(const boost::json::object& data);
  void count_usage();
  [[nodiscard]] RunUsage usage_so_far() const;
  void judge(const EventView& event);
  void judge(EventType type, const boost::json::object& data);
  void act_on(const Judgement& judgement, const EventView& event);
  void record_violations(const Judgement& judgement);
  // run_reviews.cpp
  void review_next();
  void reviewed(Judgement judgement);
  void settle_ask(const Ask& ask, const Verdict& verdict);
  void refuse_asks();
  void resolve(const Ask& ask, ToolVerdict verdict, const std::string& note);
  void drain_held();
  // run_approvals.cpp
  void ask_a_person(Ask ask, const Judgement& judgement);
  void decide_beforehand(ApprovalRecord& asked) const;
  [[nodiscard]] const ApprovalRecord* decision_for(const ApprovalRequest& request);
  void settle_by(Ask ask, const ApprovalRecord& decision);
  void wait_for_person(Ask ask, ApprovalRecord asked);
  void approval_wanted_by(const Judgement& judgement, const EventView& event);
  void note_answer(const ApprovalRecord& approval);
  void stop_waiting();
  [[nodiscard]] std::int64_t next_question_due_ns() const;
  [[nodiscard]] std::int64_t worked_ns() const;  // without the time in which only people were waited for
  void withdraw_questions(std::function<void()> then);
  void stage_withdrawn();
  void leave();
  // run_continuing.cpp
  [[nodiscard]] bool will_be_asked_again(const ApprovalRecord& approval);
  void refuse_without_input();
  void stage_going_on();
  void keep_holds();
  void start_again();
  void end_session();
  // run_steering.cpp
  [[nodiscard]] std::optional<Error> refuses_steering() const;
  void say_steered(const std::string& text);
  void say_not_steered(const Error& error);
  void stop_to_steer(const std::string& text, std::function<void(const Result<void>&)> told);
  void give_up_steering();
  void start_steered(const boost::json::object& result);
  void begin_attempt(std::int64_t attempt);
  void begin_meter();
  // run_finish.cpp
  void finalize(std::optional<FinishStatus> status, const boost::json::object& result);
  void write_end(std::optional<FinishStatus> status, const boost::json::object& result);
  void stage_end(std::optional<FinishStatus> status, const boost::json::object& result);
  void settle_status(std::optional<FinishStatus> status, const boost::json::object& result);
  void settle_usage(const boost::json::object& result);
  void close_open_tools(std::string_view code);
  void stage_terminal_event(const boost::json::object& result);
  void stage_closing_records();
  void ended_durably(const Result<void>& durable);
  [[nodiscard]] RunResult make_result() const;
  // Runs a call into a policy on a helper thread; `then` gets its answer inside the serialiser, once, or plugin_hung.
  void ask_policies(std::string_view function, std::function<Judgement(RunJudge&)> call,
                    std::function<void(Judgement)> then);

  SessionRuntime& session_;
  EngineContext& engine_;
  UnitWriter& writer_;
  std::shared_ptr<RunRow> row_;
  RunPlan plan_;
  HostSlots::Lease slot_;
  std::optional<Record> queue_entry_;
  std::string prompt_transcript_;  // JSON array, or empty
  std::string resume_token_;
  std::shared_ptr<const EventNames> names_;
  std::shared_ptr<RunLink> link_;
  std::shared_ptr<RunJudge> judge_;
  Phase phase_ = Phase::fresh;
  bool finished_ = false;
  bool started_ = false;  // the provider was started and owes a finish
  bool spoke_ = false;    // and said something
  std::function<void(const Result<void>&)> accepted_;

  std::optional<EndCause> cause_;
  std::vector<std::function<void(const Result<Run>&)>> ended_;
  std::vector<Record> commands_;

  std::map<std::string, OpenTool, std::less<>> open_tools_;
  std::set<std::string, std::less<>> denied_tools_;
  std::vector<Ask> asks_;                       // waiting for their review; the first is being reviewed
  std::map<std::string, Awaited> awaited_;      // waiting for a person, by approval
  std::vector<ApprovalRecord> withdrawn_;       // how it stood when the run ended
  std::vector<ApprovalRecord> held_decisions_;  // while a policy is being asked
  std::vector<KnownDecision> decisions_;        // from before the run went on
  std::optional<ParkedRun> resumed_;            // what it goes on from
  std::string told_;                            // to the model, when it goes on
  boost::json::array waiting_calls_;            // that it goes on with, now that they are decided
  std::int64_t attempt_ = 1;
  const ProviderInfo* target_ = nullptr;  // of a router: who has the run, or had it last
  bool attempt_open_ = false;             // that target has begun, and not failed
  std::int64_t failed_attempts_ = 0;      // of targets
  std::optional<workspace::Snapshot> snapshot_before_;
  std::shared_ptr<std::atomic<bool>> stop_snapshot_ = std::make_shared<std::atomic<bool>>(false);
  std::optional<boost::json::object> workspace_;  // of the result
  boost::json::object routing_;                   // of the result; empty = the provider is no router
  std::int64_t lost_attempts_ = 0;
  bool parking_ = false;
  std::optional<Steering> steering_;  // the provider is being stopped to be told something
  bool policy_busy_ = false;          // a policy is being asked on a helper thread: observe waits
  std::vector<EventBatch> held_;
  std::optional<std::pair<FinishStatus, std::string>> held_finish_;
  std::uint64_t policy_call_ = 0;
  std::set<std::string> slow_policies_;  // warned of in this run

  RunRedaction redaction_;
  UsageMeter meter_;
  TokenUsage usage_;  // of the meter, as of its last report
  std::optional<Money> cost_;
  std::int64_t tool_calls_ = 0;
  std::string model_;
  std::string stop_reason_;
  std::vector<Hold> asked_;  // of budgets, by the policies
  int hold_tries_ = 0;
  std::vector<HeldBudget> holds_;
  enum class Growth : std::uint8_t { none, asking, writing } growth_ = Growth::none;  // of one of them
  std::function<void()> end_after_growth_;  // what is held must be known before it is settled
  PolicyAction worst_action_ = PolicyAction::allow;
  boost::json::array violations_;
  std::optional<Error> violation_error_;

  boost::asio::steady_timer timer_;
  std::int64_t timer_at_ns_ = 0;  // 0 = not armed
  std::uint64_t first_sequence_ = 0;
  std::int64_t started_ns_ = 0;
  std::int64_t worked_before_ns_ = 0;  // in earlier attempts
  std::int64_t waited_ns_ = 0;         // for people
  std::int64_t waiting_since_ns_ = 0;  // 0 = for nobody
  std::int64_t provider_started_ns_ = 0;
  std::int64_t activity_ns_ = 0;
  std::int64_t stopping_ns_ = 0;
  std::int64_t policy_call_ns_ = 0;
  std::int64_t told_ms_ = 0;  // how much time had passed when policies were last told
  std::string policy_function_;
};

}  // namespace asmgr
