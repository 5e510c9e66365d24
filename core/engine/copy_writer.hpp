// The write side of a store's copy: units of many sessions in one commit, bounded.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/engine/copied_log.hpp"
#include "core/engine/store_copy.hpp"

namespace asmgr {

// A unit with the bytes of its events.
struct CopyUnit {
  CommitUnit unit;  // its events are those of `log`
  CopiedLog log;
  CopyCounts brings;
  std::size_t rows = 0;
  std::size_t bytes = 0;  // of text, about
};

class CopyWriter {
 public:
  // Both outlive it. A dry run writes nothing and says that it did.
  CopyWriter(Store& to, const StoreCopyOptions& options) : to_(to), options_(options) {}

  // A unit is full: it is written before anything is added to it.
  [[nodiscard]] bool is_full(const CopyUnit& unit) const noexcept {
    return unit.rows >= options_.unit_rows || unit.bytes >= options_.unit_bytes;
  }
  [[nodiscard]] bool is_dry() const noexcept { return options_.mode == StoreCopyOptions::Mode::dry_run; }

  // Written with what comes after it, when there is enough. Not for a session of which a unit is waiting: see waits.
  // Errors: those of a store that writes nothing.
  [[nodiscard]] Result<void> add(std::unique_ptr<CopyUnit> unit);
  [[nodiscard]] Result<void> flush();
  [[nodiscard]] bool waits(const std::string& session_id) const noexcept;

  // Why the unit of this session was not written, once.
  [[nodiscard]] std::optional<Error> take_refusal(const std::string& session_id);
  // All that nobody took.
  [[nodiscard]] std::vector<CopyProblem> take_refusals();
  [[nodiscard]] const CopyCounts& written() const noexcept { return written_; }

 private:
  void sort_out(std::vector<UnitResult> results);

  struct Refusal {
    std::string session_id;
    Error error;
  };
  Store& to_;
  const StoreCopyOptions& options_;
  std::vector<std::unique_ptr<CopyUnit>> waiting_;
  std::size_t rows_ = 0;
  std::size_t bytes_ = 0;
  std::vector<Refusal> refusals_;
  CopyCounts written_;
};

}  // namespace asmgr
