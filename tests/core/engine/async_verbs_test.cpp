// The asynchronous forms, as a program that embeds the engine uses them.
#include <asmgr/session_manager.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include "tests/core/engine/support/world.hpp"

namespace asmgr::testing {
namespace {

RunOnceOptions say_hello() {
  RunOnceOptions options;
  options.agent_id = "tester";
  options.input = boost::json::object{{"prompt", "hello"}};
  return options;
}

TEST(AsyncVerbs, AFutureGetsTheResult) {
  World world(complete_with_text);
  std::future<Result<RunResult>> told = async_run_once(world.manager(), say_hello(), boost::asio::use_future);
  ASSERT_EQ(told.wait_for(std::chrono::seconds(10)), std::future_status::ready);
  const Result<RunResult> result = told.get();
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->status, RunStatus::completed);
}

TEST(AsyncVerbs, ACoroutineDrivesAWholeSessionOnItsOwnThread) {
  World world(complete_with_text);
  boost::asio::io_context io;
  std::vector<std::string> steps;
  const auto note = [&](const std::string& step, const auto& result) {
    ASSERT_TRUE(result) << step << ": " << result.error().message();
    steps.push_back(step);
  };
  const auto here = std::this_thread::get_id();
  boost::asio::co_spawn(
      io,
      [&]() -> boost::asio::awaitable<void> {
        SessionManager& manager = world.manager();
        StartSessionOptions start;
        start.agent_id = "tester";
        const auto session = co_await async_start_session(manager, start, boost::asio::use_awaitable);
        note("started", session);
        const SessionVerbOptions verb{session->id, "", {}, {}};
        note("activated", co_await async_activate_session(manager, verb, boost::asio::use_awaitable));
        StartRunOptions pending;
        pending.session_id = session->id;
        pending.input = boost::json::object{{"prompt", "hello"}};
        const auto run = co_await async_start_run(manager, pending, boost::asio::use_awaitable);
        note("run made", run);
        ExecuteRunOptions execute;
        execute.run_id = run->id;
        note("executed", co_await async_execute_run(manager, execute, boost::asio::use_awaitable));
        note("paused", co_await async_pause_session(manager, verb, boost::asio::use_awaitable));
        note("resumed", co_await async_resume_session(manager, verb, boost::asio::use_awaitable));
        note("completed", co_await async_complete_session(manager, verb, boost::asio::use_awaitable));
        EXPECT_EQ(std::this_thread::get_id(), here);
      },
      boost::asio::detached);
  io.run();
  EXPECT_EQ(steps.size(), 7U);
}

TEST(AsyncVerbs, ACallbackMayCancelTheVeryRunItHearsOf) {
  World world([](ScriptedRun& run) {
    run.text("one");
    run.wait_for_cancel();
    run.finish(FinishStatus::cancelled);
  });
  const std::string run = world.pending_run(world.active_session());
  std::promise<Result<asmgr::Run>> cancelled;
  bool asked = false;
  const auto result = world.execute(run, [&](const EventView& event) {
    if (event.type != EventType::message_streamed || std::exchange(asked, true)) return;
    EXPECT_EQ(world.manager().cancel_run({run, "", {}, {}}).error().code(), ErrorCode::invalid_operation);
    async_cancel_run(world.manager(), CancelRunOptions{run, "", {}, {}},
                     [&](Result<asmgr::Run> told) { cancelled.set_value(std::move(told)); });
  });
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->status, RunStatus::cancelled);
  auto told = cancelled.get_future();
  ASSERT_EQ(told.wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_TRUE(told.get());
}

TEST(AsyncVerbs, EveryHandlerIsCalledAlsoWhenTheHostEndsFirst) {
  World world(complete_with_text);
  const std::string session = world.active_session();
  std::vector<std::string> runs;
  for (int i = 0; i < 50; ++i) runs.push_back(world.pending_run(session));
  std::atomic<int> answers{0};
  for (const std::string& run : runs) {
    ExecuteRunOptions execute;
    execute.run_id = run;
    world.manager().begin_execute_run(execute, [&](const Result<RunResult>&) { ++answers; });
    world.manager().begin_pause_session({session, "", {}, {}}, [&](const Result<Session>&) { ++answers; });
  }
  world.end_manager();
  EXPECT_EQ(answers, 100);
}

}  // namespace
}  // namespace asmgr::testing
