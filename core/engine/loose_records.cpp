#include "core/engine/loose_records.hpp"

namespace asmgr {

bool is_loose(const Record& record) noexcept {
  return record.session_id.empty() && record.kind != record_kind::kHost && record.kind != record_kind::kCommand;
}

Result<void> LooseRecords::add(const Record* ours, const Record* theirs) {
  if (ours != nullptr && theirs != nullptr && *ours == *theirs) return {};
  if (ours == nullptr && !may_remove_) return {};
  if (theirs != nullptr && !may_replace_ && !may_remove_) {
    problems_.push_back({"", theirs->kind + " record " + theirs->id + " of no session stands in store '" +
                                 to_.info().name +
                                 "' with other content, and that store has sessions of its own: it was left as it is"});
    return {};
  }
  has_added_ = true;
  if (!unit_) unit_ = std::make_unique<CopyUnit>();
  RecordWrite write;
  write.record = ours == nullptr ? *theirs : *ours;
  write.expected_version = theirs == nullptr ? kVersionAbsent : theirs->version;
  if (ours == nullptr) write.kind = RecordWrite::Kind::remove;
  unit_->bytes += write.record.id.size() + write.record.body.size();
  unit_->unit.records.push_back(std::move(write));
  ++unit_->rows;
  ++unit_->brings.records;
  return writer_.is_full(*unit_) ? finish() : Result<void>();
}

Result<void> LooseRecords::finish() {
  if (!unit_) return {};
  return writer_.add(std::move(unit_));
}

}  // namespace asmgr
