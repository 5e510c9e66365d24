// The boundary's form of one commit call, reused from call to call so that a commit allocates next to nothing.
#pragma once

#include <asmgr/abi/store.h>

#include <span>
#include <string>
#include <vector>

#include "core/plugin/call.hpp"
#include "core/ports/store.hpp"

namespace asmgr {

// Borrows the bytes of the units until the call is over. Not thread-safe: one per call that is on its way.
class CommitBuffers {
 public:
  // Points the structs at `units`; documents are written out here, once each.
  void fill(std::span<const CommitUnit* const> units);
  [[nodiscard]] const asmgr_array& units() const noexcept { return unit_array_; }
  [[nodiscard]] const asmgr_array& results() const noexcept { return result_array_; }
  // Reads what the store has filled. Returns what is wrong with it, empty = nothing; then the outcome is unknown.
  [[nodiscard]] std::string read(const CallSite& site, std::span<const CommitUnit* const> units,
                                 std::span<UnitResult> results);

 private:
  struct Existing {
    asmgr_sink sink{};
    std::vector<ExistingEvent> events;
    std::string problem;
  };
  static std::int32_t push_existing(void* ctx, const asmgr_array* items) noexcept;

  void reserve(std::span<const CommitUnit* const> units);
  void add(const CommitUnit& unit);
  std::string_view keep(std::string text);
  [[nodiscard]] std::string read_unit(const CallSite& site, const CommitUnit& unit, std::size_t index,
                                      UnitResult& result);

  std::vector<asmgr_commit_unit> unit_structs_;
  std::vector<asmgr_commit_result> result_structs_;
  std::vector<asmgr_error> errors_;
  std::vector<Existing> existing_;
  std::vector<asmgr_session> sessions_;
  std::vector<asmgr_run> runs_;
  std::vector<asmgr_event> events_;
  std::vector<asmgr_record> records_;
  std::vector<std::string> documents_;
  asmgr_array unit_array_{};
  asmgr_array result_array_{};
};

}  // namespace asmgr
