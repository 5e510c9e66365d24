// One session of a store, brought up to date in another one: what its copy lacks, in units of bounded size.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/engine/copy_writer.hpp"

namespace asmgr {

enum class Transfer : std::uint8_t {
  nothing_new,
  brought,  // its last unit is with the writer
  at_work,  // its log is; the rest when nobody works on it any more
  moved,    // somebody wrote to it all the time
  gone,     // `from` has no such session (any more)
};

// The document a session has in `to` until its copy is complete there.
[[nodiscard]] bool is_unfinished_copy(const Session& session);

// What concerns one session only; anything else ends a copy.
[[nodiscard]] bool is_of_one_session(const Error& error) noexcept;

// Used for one session after another. Memory: one unit and one page of rows.
class SessionTransfer {
 public:
  // `hosts_live`: in `from`. All outlive it.
  SessionTransfer(Store& from, Store& to, CopyWriter& writer, bool hosts_live)
      : from_(from), to_(to), writer_(writer), hosts_live_(hosts_live) {}

  // Errors: sequence_conflict, version_conflict (what `to` has is no copy of it, or its log in `from` does not verify),
  // stale_epoch (owned in `to`), those of the stores. Its last unit may still be refused: see CopyWriter.
  [[nodiscard]] Result<Transfer> bring(const std::string& session_id);

 private:
  struct Source {
    Session session;
    Head head;
  };
  struct Target {
    std::optional<Session> session;
    Head head;
  };
  [[nodiscard]] Result<Transfer> try_once();
  [[nodiscard]] Result<bool> read_both();
  [[nodiscard]] Result<void> check_beginning();
  [[nodiscard]] Result<void> check_document() const;
  [[nodiscard]] Result<bool> is_at_work();
  [[nodiscard]] Result<void> stage_events();
  [[nodiscard]] Result<bool> stage_rows();  // false: somebody began to work on it
  [[nodiscard]] Result<void> stage_runs();
  [[nodiscard]] Result<void> stage_record(const Record* ours, const Record* theirs);
  [[nodiscard]] Result<bool> has_moved();
  [[nodiscard]] Result<Transfer> end_hidden();
  [[nodiscard]] Result<Transfer> end_complete();

  void begin_unit();
  void hide();
  [[nodiscard]] bool has_staged() const noexcept;
  [[nodiscard]] Result<void> hand_over();
  [[nodiscard]] Result<void> spill();
  [[nodiscard]] Result<void> spill_when_full();
  [[nodiscard]] Error no_copy(const std::string& why) const;

  Store& from_;
  Store& to_;
  CopyWriter& writer_;
  const bool hosts_live_;
  std::string id_;
  Source ours_;
  Target theirs_;
  bool began_work_ = false;
  std::unique_ptr<CopyUnit> unit_;
};

}  // namespace asmgr
