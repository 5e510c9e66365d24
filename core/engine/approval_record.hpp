// What the store keeps of an approval: the question as it may be shown, what its run needs to go on, the decision.
//
// Written when a tool call has to wait, decided by compare-and-set from any process, and settled by the owner of the
// session, in the unit of the event that says how it was decided.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/model/approval.hpp"
#include "core/model/record.hpp"
#include "core/ports/store.hpp"

namespace asmgr {

struct ApprovalRecord {
  Approval approval;
  std::string tenant;
  std::uint64_t version = kVersionAbsent;  // of the record, as far as it was read or written
  bool settled = false;                    // its event is in the log
  // Of the input as it was asked for; salted with the id, so that equal inputs do not show.
  std::string input_digest;
  // Kept only until it is settled, and never listed, exported or logged:
  std::optional<boost::json::object> edited_input;  // what a person put in the place of the input
  std::optional<boost::json::object> call_input;    // verbatim, where the approval shows it redacted and we run it
  std::optional<boost::json::value> run_input;      // verbatim, where the run's row shows it redacted
  std::optional<boost::json::object> plan;          // how the run is to go on; none: it was over when this was asked

  // Whether the decision speaks of a call of `tool` with `input` that `policy` asks about.
  [[nodiscard]] bool is_same_call(std::string_view tool, const boost::json::object& input) const;
  // The input that was asked about, verbatim; empty when it is not known any more.
  [[nodiscard]] std::optional<boost::json::object> input_as_asked() const;
  [[nodiscard]] bool covers(std::string_view policy, std::string_view tool, const boost::json::object& input,
                            Timestamp now) const;
};

// Of the members in the order of their names, at every depth.
[[nodiscard]] std::string digest_of_input(std::string_view approval_id, const boost::json::object& input);

// The write that makes the record what it says: `version` is what is expected, and one more what will be there.
[[nodiscard]] RecordWrite write_of(const ApprovalRecord& approval);
// The same whatever stands there: for what nobody else may change any more.
[[nodiscard]] RecordWrite settlement_of(ApprovalRecord approval);
// Errors: what the record says cannot be read.
[[nodiscard]] Result<ApprovalRecord> read_approval(const Record& record);

// Those of a session that somebody has to attend to: pending, or decided and not settled. Reads the store.
[[nodiscard]] Result<std::vector<ApprovalRecord>> open_approvals(Store& store, const std::string& session_id);
// Those whose decision goes beyond one call. Reads the store.
[[nodiscard]] Result<std::vector<ApprovalRecord>> remembered_approvals(Store& store, const std::string& session_id);

// As the store answers now: one that is out of time and still pending shows as expired.
[[nodiscard]] Approval as_of(Approval approval, Timestamp now);

}  // namespace asmgr
