// The verb that tells a running run something, from any process.
#include "core/engine/engine.hpp"
#include "core/engine/owed_answer.hpp"
#include "core/engine/session_directory.hpp"
#include "core/engine/verb_answers.hpp"
#include "core/engine/waiting.hpp"
#include "core/model/json.hpp"

namespace asmgr {

void steer_run(SessionRuntime& session, const SessionOp::Ptr& op, const RunSteer& steer, const Answer<Run>& answer) {
  if (auto hidden = check_visible(session, steer.tenant)) return refuse(session, op, *hidden);
  if (const auto at = session.runs().find(steer.run_id); at != session.runs().end()) {
    const std::shared_ptr<RunExecution> run = at->second;
    return run->steer(steer.text, [&session, op, answer, run](const Result<void>& told) {
      if (!told) return refuse(session, op, told.error());
      close_command_done(session, op, to_json(run->run()));
      answer_when_durable(session, op, answer, [run] { return run->run(); });
    });
  }
  session.with_run(steer.run_id, op->where, [&session, op](Result<std::shared_ptr<RunRow>> found) {
    if (!found) return refuse(session, op, found.error());
    const Run& run = (*found)->run;
    refuse(session, op,
           Error(ErrorCode::invalid_operation, "run " + run.id + " is " + std::string(status_name(run.status)) +
                                                   " and nobody carries it out: there is nobody to tell")
               .with_detail("status", boost::json::value(status_name(run.status))));
  });
}

namespace {

void steer_run_at(SessionManager::Engine& engine, Inline where, const SteerRunOptions& options, Handler<Run> handler) {
  using Engine = SessionManager::Engine;
  if (options.text.empty()) return handler(Error(ErrorCode::validation_error, "there is no text to tell the run"));
  engine.look_up<Engine::FoundRun>(
      where, [&engine, options] { return engine.find_run(options.run_id, options.tenant); },
      [&engine, where, options, handler](Result<Engine::FoundRun> found) {
        if (!found) return handler(found.error());
        const RunSteer steer{options.run_id, options.tenant, options.text};
        boost::json::object args;
        args["run_id"] = steer.run_id;
        args["text"] = steer.text;
        engine.send<Run>(
            *found->host, found->session_id, where,
            [steer, handler](SessionRuntime& session, const SessionOp::Ptr& op) {
              steer_run(session, op, steer, handler);
            },
            handler,
            Engine::Remote<Run>{
                "steer", std::move(args), options.caller, options.remote,
                [run_id = options.run_id](StoreHost& host) { return host.store().get_run({}, run_id); }});
      });
}

}  // namespace

Result<Run> SessionManager::steer_run(SteerRunOptions options) {
  return block<Run>([&](Handler<Run> done) { steer_run_at(*engine_, Inline::yes, options, std::move(done)); });
}

void SessionManager::begin_steer_run(SteerRunOptions options, Handler<Run> handler) {
  steer_run_at(*engine_, Inline::no, options, owed(std::move(handler)));
}

}  // namespace asmgr
