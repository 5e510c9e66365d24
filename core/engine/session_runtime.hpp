// A session while this process works on it: its document, its write side, its live runs and its queue, all inside one
// serialiser.
//
// From any thread: submit, post, records_changed, abandon, and the accessors that say so. Everything else inside the
// serialiser.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/engine/engine_context.hpp"
#include "core/engine/holds.hpp"
#include "core/engine/parked_run.hpp"
#include "core/engine/queue_entry.hpp"
#include "core/engine/run_execution.hpp"
#include "core/engine/serialiser.hpp"
#include "core/engine/session_op.hpp"
#include "core/engine/unit_writer.hpp"
#include "core/transcript/transcript_builder.hpp"

namespace asmgr {

class SessionDirectory;

// Why recovery closes a run: its host ended, or a plugin hung in this one.
struct RecoveryCause {
  ErrorCode code = ErrorCode::host_terminated;
  std::string message = "the host that carried out this run ended";
};

enum class CarryOn : std::uint8_t { no, yes };

class SessionRuntime : public std::enable_shared_from_this<SessionRuntime> {
 public:
  SessionRuntime(EngineContext& engine, StoreHost& host, SessionDirectory& directory, std::string session_id,
                 RecoveryCause cause = {});
  ~SessionRuntime();

  // -- any thread -----------------------------------------------------------------------------------------------------
  void submit(SessionOp::Ptr op);
  template <typename F>
  void post(F&& task, Serialiser::Where where = Serialiser::Where::pool) {
    serialiser_.post(std::forward<F>(task), where);
  }
  void post_task(std::unique_ptr<Serialiser::Task> task, Serialiser::Where where) {
    serialiser_.post(std::move(task), where);
  }
  [[nodiscard]] bool running_here() const noexcept { return serialiser_.running_here(); }
  // Another process may have written a command or a queue entry.
  void records_changed();
  // A call into a plugin did not come back: this object is given up. Its runs are cut off; verbs that wait go to the
  // session's next runtime.
  std::vector<SessionOp::Ptr> abandon();
  // True while this process is the owner: what it commits reaches its subscribers without the store.
  [[nodiscard]] bool owns() const noexcept { return writer_->owned(); }
  // A commit does not come back, and the serialiser may be stuck in it: tells the providers to stop, and everybody who
  // waits what is known.
  void store_stuck(const Error& error);
  // Returns once no provider thread is inside one of the session's links any more; they must have been cut off.
  void await_links();
  // When no thread of the engine is left: what it still has to do keeps it alive.
  void drop_tasks() { serialiser_.drop(); }
  [[nodiscard]] bool abandoned() const noexcept { return abandoned_.load(std::memory_order_acquire); }
  [[nodiscard]] const std::string& id() const noexcept { return id_; }
  [[nodiscard]] StoreHost& host() noexcept { return host_; }
  [[nodiscard]] EngineContext& engine() noexcept { return engine_; }
  [[nodiscard]] SessionDirectory& directory() noexcept { return directory_; }

  // -- inside the serialiser ----------------------------------------------------------------------------------------
  [[nodiscard]] UnitWriter& writer() noexcept { return *writer_; }
  [[nodiscard]] bool exists() const noexcept { return exists_; }
  [[nodiscard]] SessionRow& row() noexcept { return row_; }
  [[nodiscard]] Session& session() noexcept { return row_.session; }
  [[nodiscard]] const std::shared_ptr<const EventNames>& names() const noexcept { return names_; }
  // A new session's document, before its first unit.
  void create(Session session, std::string provider);
  // The last unit that would have made the session did not get there.
  void uncreate();

  // Answers `op` with the error, or carries it out again when the session was only lost on the way.
  void failed(const SessionOp::Ptr& op, const Error& error);
  // The op has its answer: forget it. True for the first.
  bool finish(const SessionOp::Ptr& op);
  // Puts the op's command record, when it came as one, into the next unit.
  void close_command(const Record& command, bool done, const boost::json::object& body);

  // Runs of this session that this process carries out or keeps waiting.
  [[nodiscard]] std::map<std::string, std::shared_ptr<RunExecution>>& runs() noexcept { return runs_; }
  struct QueuedRun {
    std::shared_ptr<RunRow> row;
    RunPlan plan;
    Record entry;
    CountedAsQueued counted;
  };
  [[nodiscard]] std::deque<QueuedRun>& queue() noexcept { return queue_; }
  // The row of a run, from memory or the store: one object for all who ask. `then` is called inside the serialiser,
  // maybe later: what was true of the session and its runs may not be so any more.
  void with_run(const std::string& run_id, Inline where, std::function<void(Result<std::shared_ptr<RunRow>>)> then);
  void remember(std::shared_ptr<RunRow> row);
  // The row that everybody uses, if anybody has met the run.
  [[nodiscard]] std::shared_ptr<RunRow> known_row(const std::string& run_id) const {
    const auto at = rows_.find(run_id);
    return at == rows_.end() ? nullptr : at->second;
  }
  void forget_run(const std::string& run_id) {
    rows_.erase(run_id);
    ++runs_moved_;
  }
  // The entry of a run that waits durably and is not taken over yet; it is the caller's to close.
  [[nodiscard]] std::optional<Record> take_unclaimed(const std::string& run_id);
  // Takes over what waits durably in this session, in its order; for hosts that carry out runs.
  void claim_queue();
  // A slot of this host for one more run; without one the session is in line for it, and start_queued is called then.
  [[nodiscard]] std::optional<HostSlots::Lease> host_slot();
  [[nodiscard]] bool may_start_next();
  // Fails the first that waits when it has waited for a slot of the host longer than it may.
  void give_up_waiting();
  // Starts queued runs as long as slots are free.
  void start_queued();
  void run_ended(const std::string& run_id);
  // Whoever waits for this queued run here asks again: it is not this runtime's to carry out any more.
  void left_to_owner(const std::string& run_id);
  // What the session has said so far, from the log; only what came since the last time is read.
  void with_transcript(std::function<void(Result<Transcript>)> then);
  // `then`, a part of `op`, is called once no run is live. When the session is lost before, the op is asked anew.
  void when_no_run_lives(const SessionOp::Ptr& op, std::function<void()> then);
  // The verbatim input of a run whose row shows it redacted. Errors: input_redacted.
  void with_kept_input(const std::string& run_id, std::function<void(Result<boost::json::value>)> then);

  // -- questions to people (session_approvals.cpp) ------------------------------------------------------------------
  // A decision in this session that goes beyond its own call and covers this one; null = there is none.
  [[nodiscard]] const ApprovalRecord* remembered_decision(const ApprovalRequest& request) const;
  // Stages the event of a decision, once for each.
  void note_answer(const ApprovalRecord& decided, const std::shared_ptr<const EventNames>& names);
  // Nobody answered in time, unless somebody does at that very moment.
  void expire(const ApprovalRecord& asked);
  // The run ends: `told` gets the question as it stands then, withdrawn or decided.
  void withdraw(const ApprovalRecord& asked, std::function<void(const ApprovalRecord&)> told);
  // Attends to what is decided, or out of time. `carries_on`: parked runs go on here, though this host serves nobody.
  void look_at_approvals(CarryOn carries_on, std::function<void()> then);
  [[nodiscard]] const std::map<std::string, ParkedRun>& parked() const noexcept { return parked_; }
  void park(ParkedRun parked);
  // Ends a parked run; `then` is called when that is staged, or when it went on or ended meanwhile.
  void withdraw_parked(const std::string& run_id, const ParkedEnd& end, std::function<void()> then);

  // Nothing could be written for store_retry: the providers of its runs are stopped, who waits for them is told.
  void store_failing(const Error& error);
  // Looks again for what others wrote when the store could not be read the last time.
  void look_again();
  // Gives the session up when nothing happens in it; `idle_ns`: for how long nothing must have happened.
  void retire_if_idle(std::int64_t idle_ns);
  void shut_down(const Error& error);

 private:
  enum class State : std::uint8_t { cold, loading, recovering, ready };
  struct Loaded {
    std::optional<Result<Head>> head;
    std::optional<Error> error;
    Session session;
    std::vector<Run> running;
    std::map<std::string, std::vector<Event>> tool_events;  // of the running runs
    std::vector<Record> commands;                           // that wait
    std::vector<QueuedEntry> queue;
    std::map<std::string, Record> running_entries;  // of the running runs, by run
    std::vector<NotedHold> holds;                   // of them
    std::vector<ApprovalRecord> open_approvals;
    std::vector<ApprovalRecord> remembered;  // decisions that go beyond one call
    std::vector<Record> worn_out;
    std::int64_t recoveries = 0;
    std::string recovering_host;  // which counted last
  };
  enum class Known : std::uint8_t { just_now, earlier };
  void accept(const SessionOp::Ptr& op, Known known = Known::earlier);
  // What memory shows may have been changed by others: the session is not ours, and nothing is on its way to be.
  [[nodiscard]] bool may_be_outdated() const noexcept;
  void forget_rows();
  void load(Inline where);
  [[nodiscard]] Loaded read_all();
  void loaded(Loaded loaded);
  void recover(Loaded loaded);
  void finish_rollbacks(std::shared_ptr<Loaded> loaded);
  void stage_recovery(const Loaded& loaded);
  void ready();
  void answer_waiting(const std::function<void(const SessionOp::Ptr&)>& answer);
  void drained();
  void lost(bool was_take);
  void check_records();
  void ask_who_owns();
  // Others may have written to it because of us.
  [[nodiscard]] bool answers_for_it() const noexcept { return writer_->owned() || named_owner_; }
  void take_commands(std::vector<Record> commands);
  void retire();
  void keep_parked(Loaded& loaded);
  void close_question(ApprovalRecord asked, ApprovalStatus status, std::function<void(const ApprovalRecord&)> told);
  void attend_to(std::vector<ApprovalRecord> open);
  void attend_to_parked(const std::string& run_id, std::vector<ApprovalRecord> approvals);
  void end_parked(const std::string& run_id, const ParkedEnd& end);
  // True: one of them is in line for a slot of the host.
  [[nodiscard]] bool start_parked();
  void begin_parked(ParkedRun parked, HostSlots::Lease slot);
  [[nodiscard]] bool may_start_anything() const noexcept;
  [[nodiscard]] bool parked_goes_on() const noexcept;

  EngineContext& engine_;
  StoreHost& host_;
  SessionDirectory& directory_;
  std::string id_;
  RecoveryCause cause_;
  std::atomic<bool> abandoned_{false};
  std::atomic<bool> records_check_queued_{false};
  std::mutex ops_mutex_;
  std::vector<SessionOp::Ptr> ops_;            // submitted and not yet answered
  std::vector<std::weak_ptr<RunLink>> links_;  // to cut off when abandoned
  friend class RunExecution;
  void remember_link(const std::shared_ptr<RunLink>& link);

  State state_ = State::cold;
  bool retired_ = false;
  bool named_owner_ = false;     // the store said that it is ours when it was last asked
  bool records_unseen_ = false;  // somebody wrote to it while it was not known to be ours
  bool records_missed_ = false;  // the store could not be read when somebody wrote to it
  bool exists_ = false;
  bool shutting_down_ = false;
  SessionRow row_;
  std::shared_ptr<const EventNames> names_;
  std::unique_ptr<UnitWriter> writer_;
  std::deque<SessionOp::Ptr> waiting_;
  std::map<std::string, std::shared_ptr<RunExecution>> runs_;
  std::map<std::string, std::shared_ptr<RunRow>> rows_;  // runs met lately that nobody carries out
  std::uint64_t runs_moved_ = 0;                         // counts what makes a row read before too old
  std::deque<QueuedRun> queue_;
  std::vector<std::string> taken_commands_;
  std::unique_ptr<TranscriptBuilder> transcript_;  // made at first use
  std::vector<QueuedEntry> unclaimed_;             // met when the session was loaded
  std::vector<ApprovalRecord> unattended_;         // likewise
  std::vector<ApprovalRecord> remembered_;         // in the order of their questions
  std::deque<std::string> noted_answers_;          // whose event is in the log or on its way there
  std::map<std::string, ParkedRun> parked_;        // by run
  bool carries_on_ = false;
  std::vector<Record> worn_out_;  // closed long enough ago to be deleted
  std::vector<std::pair<SessionOp::Ptr, std::function<void()>>> no_run_lives_;
  std::int64_t active_ns_ = 0;
  std::int64_t in_line_since_ns_ = 0;  // for a slot of the host; 0 = not in line
  Serialiser serialiser_;
};

}  // namespace asmgr
