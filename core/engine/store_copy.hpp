// A store's content written into another one, online: while sessions go on, again and again, each time what is missing.
//
// What is copied: every session (deleted ones and audit streams too) with its log, its runs and its records, and the
// records of no session. What is not: hosts, and the commands to them.
//
// At every moment, also after kill -9, the log of a session in `to` is a beginning of the one in `from`, with the same
// hash at its head; so its head says where to go on. While a copy needs more than one unit, and while its session is at
// work in `from` (a run that runs, waits for its turn or for an answer, in a store with a host that lives), it is
// hidden in `to` as a deleted session is, without runs and records: no host can take up what another one has in hand. A
// session of `to` that is no copy (another chain, or written to there) is left alone and named.
//
// Every unit takes the session and gives it back: a copied session has no owner and an epoch above 0.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/ports/store.hpp"

namespace asmgr {

struct CopyCounts {
  std::uint64_t sessions = 0;
  std::uint64_t runs = 0;
  std::uint64_t events = 0;
  std::uint64_t records = 0;

  CopyCounts& operator+=(const CopyCounts& more) noexcept;
  bool operator==(const CopyCounts&) const = default;
};

struct CopyProblem {
  std::string session_id;  // empty = of no session
  std::string message;     // a sentence

  bool operator==(const CopyProblem&) const = default;
};

struct CopyProgress {
  bool verifying = false;
  std::uint64_t pass = 0;
  std::uint64_t sessions = 0;  // looked at, in this pass
  CopyCounts done;             // copied so far; when verifying: compared so far
};

struct StoreCopyOptions {
  enum class Mode : std::uint8_t {
    copy,                // and verify
    copy_without_check,  // the hashes of what is copied are checked on the way, but `to` is not read again
    dry_run,             // say what would be copied
    verify,
  };
  Mode mode = Mode::copy;
  // What `to` has and `from` has not is removed there, so that `to` becomes the same.
  bool remove_others = false;
  // Of one unit: rows, and about so many bytes of text. A row that is larger is a unit of its own.
  std::size_t unit_rows = 1000;
  std::size_t unit_bytes = std::size_t{4} << 20;
  // On the calling thread, often. May be empty.
  std::function<void(const CopyProgress&)> progress;
  const CancelToken* cancel = nullptr;
};

struct StoreCopyReport {
  CopyCounts copied;    // written, or to be written; a session counts once a pass
  CopyCounts compared;  // by the check at the end
  std::uint64_t passes = 0;
  std::uint64_t up_to = 0;          // the change of `from` up to which all is copied; 0 = it numbers none
  bool settled = true;              // the last pass found nothing new
  std::uint64_t removed = 0;        // sessions of `to`, because of remove_others
  std::vector<std::string> others;  // sessions that only `to` has, the first hundred of them
  std::uint64_t other_sessions = 0;
  std::vector<std::string> at_work;  // sessions that are hidden in `to` until they are copied again
  std::vector<std::string> moved;    // sessions that went on while the check looked at them
  bool hosts_at_target = false;      // a host lives on `to`: it takes up what is copied
  std::vector<CopyProblem> problems;
};

// Blocks. Memory: two units, a page of rows, and the ids of sessions that are named in the report. Errors: those of a
// store that does not answer or is full, cancelled; then what was copied stays, and the next call goes on there. What
// is wrong with single sessions is in the report.
[[nodiscard]] Result<StoreCopyReport> copy_store(Store& from, Store& to, const StoreCopyOptions& options);

}  // namespace asmgr
