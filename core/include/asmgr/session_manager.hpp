// The public face of the engine for programs that embed it.
//
//   asmgr::Deployment::load("asmgr.yaml")  ->  asmgr::SessionManager manager{*deployment};
//
// Every blocking verb x(options) has an asynchronous form async_x(manager, options, token) for any Asio completion
// token with the signature void(asmgr::Result<T>).
#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/system_executor.hpp>
#include <memory>
#include <utility>

#include "core/config/deployment.hpp"
#include "core/engine/session_manager.hpp"

namespace asmgr {
namespace detail {

// A verb whose handler runs on the executor associated with the token's handler.
template <typename Options, typename T>
class AsyncVerb {
 public:
  constexpr AsyncVerb(void (SessionManager::*begin)(Options, Handler<T>)) noexcept : begin_(begin) {}

  template <typename Token>
  auto operator()(SessionManager& manager, Options options, Token&& token) const {
    return boost::asio::async_initiate<Token, void(Result<T>)>(
        [&manager, begin = begin_](auto handler, Options given) {
          auto waiting = std::make_shared<Waiting<decltype(handler)>>(std::move(handler));
          (manager.*begin)(std::move(given), [waiting](Result<T> result) {
            boost::asio::dispatch(waiting->work.get_executor(), [waiting, result = std::move(result)]() mutable {
              std::move(waiting->handler)(std::move(result));
            });
            waiting->work.reset();
          });
        },
        token, std::move(options));
  }

 private:
  // The caller's event loop has this as work until the result has been handed to it: were it counted only in the loop,
  // the loop could take it, end and be gone before the engine's thread is out of it.
  template <typename CallersHandler>
  struct Waiting {
    using Executor = boost::asio::associated_executor_t<CallersHandler, boost::asio::system_executor>;
    explicit Waiting(CallersHandler&& given)
        : work(boost::asio::get_associated_executor(given, boost::asio::system_executor())),
          handler(std::move(given)) {}
    boost::asio::executor_work_guard<Executor> work;
    CallersHandler handler;
  };

  void (SessionManager::*begin_)(Options, Handler<T>);
};

}  // namespace detail

// Each is called as async_x(manager, options, token).
inline constexpr detail::AsyncVerb async_start_session{&SessionManager::begin_start_session};
inline constexpr detail::AsyncVerb async_activate_session{&SessionManager::begin_activate_session};
inline constexpr detail::AsyncVerb async_pause_session{&SessionManager::begin_pause_session};
inline constexpr detail::AsyncVerb async_resume_session{&SessionManager::begin_resume_session};
inline constexpr detail::AsyncVerb async_complete_session{&SessionManager::begin_complete_session};
inline constexpr detail::AsyncVerb async_fail_session{&SessionManager::begin_fail_session};
inline constexpr detail::AsyncVerb async_cancel_session{&SessionManager::begin_cancel_session};
inline constexpr detail::AsyncVerb async_delete_session{&SessionManager::begin_delete_session};
inline constexpr detail::AsyncVerb async_fork_session{&SessionManager::begin_fork_session};
inline constexpr detail::AsyncVerb async_import_session{&SessionManager::begin_import_session};
inline constexpr detail::AsyncVerb async_start_run{&SessionManager::begin_start_run};
inline constexpr detail::AsyncVerb async_execute_run{&SessionManager::begin_execute_run};
inline constexpr detail::AsyncVerb async_submit_run{&SessionManager::begin_submit_run};
inline constexpr detail::AsyncVerb async_await_run{&SessionManager::begin_await_run};
inline constexpr detail::AsyncVerb async_interrupt_run{&SessionManager::begin_interrupt_run};
inline constexpr detail::AsyncVerb async_steer_run{&SessionManager::begin_steer_run};
inline constexpr detail::AsyncVerb async_cancel_run{&SessionManager::begin_cancel_run};
inline constexpr detail::AsyncVerb async_cancel_for_approval{&SessionManager::begin_cancel_for_approval};
inline constexpr detail::AsyncVerb async_decide_approval{&SessionManager::begin_decide_approval};
inline constexpr detail::AsyncVerb async_run_once{&SessionManager::begin_run_once};

}  // namespace asmgr
