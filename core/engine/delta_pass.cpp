#include "core/engine/delta_pass.hpp"

#include "core/engine/waited_write.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

constexpr std::string_view kDeltaPassId = "deltas";
// Times are those of the hosts that wrote them, whose clocks differ.
constexpr std::int64_t kClocksDifferByUs = std::int64_t{3600} * 1'000'000;

// When it began, if it was under the same tags and the record can be read.
std::optional<Timestamp> beginning_of(const Record& record, const std::vector<std::string>& exempt_tags) {
  const auto body = parse_json_object(record.body, "the record of a pass");
  if (!body) return std::nullopt;
  const boost::json::array* tags = find_array(*body, "exempt_tags");
  if (tags == nullptr || *tags != boost::json::array(exempt_tags.begin(), exempt_tags.end())) return std::nullopt;
  const auto began = parse_timestamp(find_string(*body, "began").value_or(""));
  return began ? std::optional(*began) : std::nullopt;
}

}  // namespace

Result<DeltaPass> DeltaPass::last(StoreHost& host, const RetentionPolicy& policy) {
  DeltaPass pass(host, policy);
  auto record = host.store().get_record({}, record_kind::kRetention, kDeltaPassId);
  if (!record && record.error().code() == ErrorCode::not_found) return pass;
  if (!record) return record.error();
  pass.version_ = record->version;
  if (const auto began = beginning_of(*record, pass.exempt_tags_)) {
    pass.seen_before_ = Timestamp{began->us - kClocksDifferByUs};
  }
  return pass;
}

Result<bool> DeltaPass::has_seen(const Session& session) const {
  if (!seen_before_ || session.updated_at >= *seen_before_) return false;
  EventQuery newest;
  newest.session_id = session.id;
  newest.order = Order::descending;
  newest.limit = 1;
  bool seen = true;
  auto read = host_->store().visit_events(newest, [&](const EventView& event) {
    seen = event.timestamp < *seen_before_;
    return true;
  });
  if (!read && read.error().code() != ErrorCode::session_not_found) return read.error();
  return seen;
}

Result<void> DeltaPass::followed_by(Timestamp began) const {
  Record record;
  record.kind = record_kind::kRetention;
  record.id = kDeltaPassId;
  record.status = "whole";
  record.body = to_text(boost::json::object{
      {"began", format_timestamp(began)},
      {"exempt_tags", boost::json::array(exempt_tags_.begin(), exempt_tags_.end())},
  });
  auto written = replace_record(*host_, std::move(record), version_);
  if (!written) return written.error();
  return {};
}

}  // namespace asmgr
