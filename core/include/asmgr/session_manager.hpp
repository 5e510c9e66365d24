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
#include <boost/asio/system_executor.hpp>
#include <memory>
#include <utility>

#include "core/config/deployment.hpp"
#include "core/engine/session_manager.hpp"

namespace asmgr {
namespace detail {

// Starts a verb whose handler runs on the executor associated with the token's handler.
template <typename T, typename Options, typename Token>
auto start_async(SessionManager& manager, void (SessionManager::*begin)(Options, Handler<T>), Options options,
                 Token&& token) {
  return boost::asio::async_initiate<Token, void(Result<T>)>(
      [&manager, begin](auto handler, Options given) {
        auto executor = boost::asio::get_associated_executor(handler, boost::asio::system_executor());
        auto kept = std::make_shared<decltype(handler)>(std::move(handler));
        (manager.*begin)(std::move(given), [executor, kept](Result<T> result) {
          boost::asio::dispatch(executor,
                                [kept, result = std::move(result)]() mutable { std::move (*kept)(std::move(result)); });
        });
      },
      token, std::move(options));
}

}  // namespace detail

template <typename Token>
auto async_start_session(SessionManager& manager, StartSessionOptions options, Token&& token) {
  return detail::start_async(manager, &SessionManager::begin_start_session, std::move(options),
                             std::forward<Token>(token));
}
template <typename Token>
auto async_activate_session(SessionManager& manager, SessionVerbOptions options, Token&& token) {
  return detail::start_async(manager, &SessionManager::begin_activate_session, std::move(options),
                             std::forward<Token>(token));
}
template <typename Token>
auto async_pause_session(SessionManager& manager, SessionVerbOptions options, Token&& token) {
  return detail::start_async(manager, &SessionManager::begin_pause_session, std::move(options),
                             std::forward<Token>(token));
}
template <typename Token>
auto async_resume_session(SessionManager& manager, SessionVerbOptions options, Token&& token) {
  return detail::start_async(manager, &SessionManager::begin_resume_session, std::move(options),
                             std::forward<Token>(token));
}
template <typename Token>
auto async_complete_session(SessionManager& manager, SessionVerbOptions options, Token&& token) {
  return detail::start_async(manager, &SessionManager::begin_complete_session, std::move(options),
                             std::forward<Token>(token));
}
template <typename Token>
auto async_fail_session(SessionManager& manager, FailSessionOptions options, Token&& token) {
  return detail::start_async(manager, &SessionManager::begin_fail_session, std::move(options),
                             std::forward<Token>(token));
}
template <typename Token>
auto async_cancel_session(SessionManager& manager, SessionVerbOptions options, Token&& token) {
  return detail::start_async(manager, &SessionManager::begin_cancel_session, std::move(options),
                             std::forward<Token>(token));
}
template <typename Token>
auto async_start_run(SessionManager& manager, StartRunOptions options, Token&& token) {
  return detail::start_async(manager, &SessionManager::begin_start_run, std::move(options), std::forward<Token>(token));
}
template <typename Token>
auto async_execute_run(SessionManager& manager, ExecuteRunOptions options, Token&& token) {
  return detail::start_async(manager, &SessionManager::begin_execute_run, std::move(options),
                             std::forward<Token>(token));
}
template <typename Token>
auto async_cancel_run(SessionManager& manager, CancelRunOptions options, Token&& token) {
  return detail::start_async(manager, &SessionManager::begin_cancel_run, std::move(options),
                             std::forward<Token>(token));
}
template <typename Token>
auto async_cancel_for_approval(SessionManager& manager, CancelForApprovalOptions options, Token&& token) {
  return detail::start_async(manager, &SessionManager::begin_cancel_for_approval, std::move(options),
                             std::forward<Token>(token));
}
template <typename Token>
auto async_run_once(SessionManager& manager, RunOnceOptions options, Token&& token) {
  return detail::start_async(manager, &SessionManager::begin_run_once, std::move(options), std::forward<Token>(token));
}

}  // namespace asmgr
