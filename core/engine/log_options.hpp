// The options and results of the verbs that move and check a whole log: fork, export, import, verify.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/engine/options.hpp"
#include "core/model/log_position.hpp"
#include "core/model/session.hpp"

namespace asmgr {

struct ForkSessionOptions {
  std::string session_id;
  std::string tenant;
  std::uint64_t at = 0;  // the last event that is copied
  std::string id;        // of the fork; empty = make one
};

// Takes the next piece of an export. An error ends the export with that error.
using TextWriter = std::function<Result<void>(std::string_view text)>;
// Fills the beginning of the buffer with the next piece of a file and says how much it was; 0 at the end.
using TextReader = std::function<Result<std::size_t>(std::span<char> buffer)>;

struct ExportSessionOptions {
  std::string session_id;
  std::string tenant;
  TextWriter write;  // called on the caller's thread, with whole lines
  // Also what is known of the artifacts that its events name; never their bytes.
  bool include_artifacts = false;
};
struct ExportedSession {
  std::string session_id;
  LogPosition head;                   // of the last event in the file
  std::uint64_t runs = 0;             // rows in the file
  std::uint64_t unfinished_runs = 0;  // had not ended at the head: only their events are in the file
  std::uint64_t artifacts = 0;        // that the file tells of
};

struct ImportSessionOptions {
  std::string pipeline;  // decides the store; empty = the default one
  std::string tenant;    // not empty: a session of another tenant is refused
  bool new_id = false;   // give the session an id of this store's, keep its chain
  TextReader read;       // called on the caller's thread; by the async form on a thread for reads
  Caller caller;         // who is on record for it
};
struct ImportedSession {
  Session session;
  LogPosition head;
  std::uint64_t runs = 0;             // rows that were written
  std::uint64_t known_runs = 0;       // rows left out because there is a run with that id
  std::uint64_t unfinished_runs = 0;  // rows left out because their runs had not ended
  std::uint64_t artifacts = 0;        // that were registered; their bytes are where they were
};

struct VerifySessionOptions {
  std::string session_id;
  std::string tenant;
  std::optional<LogPosition> expect;  // somewhere in the log, as run and export said it
};
// What a log was found to be. A log that does not verify is an answer, no error of the verb.
struct VerifiedLog {
  std::string session_id;
  std::string chain_id;
  LogPosition verified;      // the last event up to which the chain holds
  std::uint64_t pruned = 0;  // of those, events without their texts
  // What is wrong, and at which number first (0: not at an event, but in the row of a run).
  std::optional<Error> problem;
  std::uint64_t problem_at = 0;
};

}  // namespace asmgr
