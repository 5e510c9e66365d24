// What an agent's error means to the host.
#pragma once

#include <asmgr/plugin.hpp>
#include <asmgr/toolkit/json_rpc.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <string_view>

namespace asmgr::acp {

struct Failure {
  asmgr_status status = ASMGR_E_PROVIDER;
  std::string kind;  // of provider_error
  std::string message;
  boost::json::object details;
  std::int64_t http_status = 0;  // of the model's service, where the agent tells; 0 = not known
};

// `doing` ends the sentence "the agent failed ...": "to load the session 'x'". `auth_methods` are those the agent
// offers, for an error that asks to authenticate first.
[[nodiscard]] Failure failure_of(const json_rpc::Error& error, std::string_view doing,
                                 const boost::json::array& auth_methods);

// That the agent knows no such session, which every agent says in another way.
[[nodiscard]] bool is_unknown_session(const json_rpc::Error& error);

// An error of ours about what the agent said.
[[nodiscard]] Failure broken_protocol(std::string message);

}  // namespace asmgr::acp
