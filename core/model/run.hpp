// A run: one execution of one input inside a session.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/model/state_machine.hpp"
#include "core/model/time.hpp"
#include "core/model/usage.hpp"

namespace asmgr {

struct Run {
  std::string id;
  std::string session_id;
  RunStatus status = RunStatus::pending;
  boost::json::value input;  // any JSON
  std::optional<boost::json::object> output;
  std::optional<Error> error;
  boost::json::object metadata;
  std::int64_t turn_count = 0;
  TokenUsage token_usage;
  std::optional<double> cost_usd;
  std::string provider;  // instance name, empty until it is chosen
  boost::json::object provider_metadata;
  std::vector<std::string> waiting_on;  // approval ids; empty = waits for nobody
  std::uint64_t version = 0;
  Timestamp created_at;
  Timestamp started_at;
  Timestamp ended_at;

  bool operator==(const Run&) const = default;
};

struct NewRun {
  std::string id;  // empty = make one
  std::string session_id;
  boost::json::value input;
  boost::json::object metadata;
};
// A pending run with version 1. Errors: validation_error.
[[nodiscard]] Result<Run> make_run(NewRun fields, Timestamp now);

[[nodiscard]] boost::json::object to_json(const Run& run);
// Required: id, session_id, status, created_at. cost_usd: an integer is widened, a non-number is null.
// Errors: validation_error, invalid_status.
[[nodiscard]] Result<Run> run_from_json(const boost::json::value& json);

// The `doc` text of the plugin boundary.
[[nodiscard]] std::string run_doc(const Run& run);
[[nodiscard]] Result<void> read_run_doc(std::string_view doc, Run& run);

}  // namespace asmgr
