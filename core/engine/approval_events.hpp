// A question to a person and its answer, as they go into the log: the event together with the record.
#pragma once

#include <memory>
#include <string>

#include "core/engine/approval_record.hpp"
#include "core/engine/options.hpp"
#include "core/engine/unit_writer.hpp"
#include "core/redaction/redactor.hpp"

namespace asmgr {

struct Question {
  std::string id;
  ApprovalRequest request;
  std::string message;  // why the policy asks
  std::chrono::milliseconds timeout{};
};
// A pending approval of the run that `names` name. `redactor` (may be null) takes out what may not be shown.
[[nodiscard]] ApprovalRecord ask_about(const Question& question, const EventNames& names, const std::string& tenant,
                                       const Redactor* redactor, Timestamp now);

// tool_approval_requested and the new record.
void stage_question(UnitWriter& writer, const ApprovalRecord& asked, const std::shared_ptr<const EventNames>& names);
// tool_approval_granted or tool_approval_denied, and the record settled. A decision without a reason that is none of a
// person says which it is: expired or run_cancelled.
void stage_answer(UnitWriter& writer, const ApprovalRecord& decided, const std::shared_ptr<const EventNames>& names);

// What the model is told of the decision, in a sentence or two.
[[nodiscard]] std::string told_of(const ApprovalRecord& decided);

}  // namespace asmgr
