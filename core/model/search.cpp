// Searches: what may be in one, and how a store is told.
#include "core/model/search.hpp"

#include <algorithm>

#include "core/model/json.hpp"

namespace asmgr {
namespace {

constexpr std::string_view kSessionOrderNames[] = {"updated_at_desc", "created_at_asc", "created_at_desc"};
constexpr std::string_view kRunOrderNames[] = {"started_at_desc", "started_at_asc", "token_usage_desc"};
constexpr std::string_view kEventOrderNames[] = {"sequence_asc", "timestamp_asc", "timestamp_desc"};
constexpr std::string_view kUsageKeyNames[] = {"provider", "model", "agent", "tag", "day"};

Error wrong_field(std::string_view field, const std::string& why) {
  return {ErrorCode::validation_error, std::string(field) + " " + why, {{"field", field}}};
}

Result<void> check_limit(std::uint32_t limit) {
  if (limit >= 1 && limit <= kMostSearchRows) return {};
  return wrong_field("limit", "must be 1 to " + std::to_string(kMostSearchRows) + ", it is " + std::to_string(limit) +
                                  "; go on with the next_cursor for more");
}

Result<void> check_texts(std::string_view field, const std::vector<std::string>& texts) {
  if (texts.size() > kMostSearchValues)
    return wrong_field(field, "has " + std::to_string(texts.size()) + " values, the most is " +
                                  std::to_string(kMostSearchValues) + "; ask several times");
  for (const std::string& text : texts) {
    if (text.empty()) return wrong_field(field, "has an empty value; leave it out");
    if (!is_valid_utf8(text)) return wrong_field(field, "has a value that is no UTF-8");
  }
  return {};
}

Result<void> check_text(std::string_view field, const std::string& text) {
  if (is_valid_utf8(text)) return {};
  return wrong_field(field, "is no UTF-8");
}

Result<void> check_times(std::string_view from_field, const std::optional<Timestamp>& from, std::string_view to_field,
                         const std::optional<Timestamp>& to) {
  if (!from || !to || *from <= *to) return {};
  return wrong_field(from_field, "is " + format_timestamp(*from) + ", which is later than " + std::string(to_field) +
                                     ", " + format_timestamp(*to) + ": nothing lies between them");
}

Result<void> first_failure(std::initializer_list<Result<void>> checks) {
  for (const Result<void>& each : checks) {
    if (!each) return each;
  }
  return {};
}

// Puts members into a filter that do filter.
class FilterWriter {
 public:
  FilterWriter& text(std::string_view key, const std::string& value) {
    if (!value.empty()) filter_[key] = value;
    return *this;
  }
  FilterWriter& texts(std::string_view key, std::vector<std::string> values) {
    std::sort(values.begin(), values.end());
    if (!values.empty()) filter_[key] = to_json_array(values);
    return *this;
  }
  template <typename Status>
  FilterWriter& statuses(std::string_view key, const std::vector<Status>& values) {
    std::vector<std::string> names;
    for (const Status status : values) names.emplace_back(status_name(status));
    return texts(key, std::move(names));
  }
  FilterWriter& time(std::string_view key, const std::optional<Timestamp>& value) {
    if (value) filter_[key] = value->us;
    return *this;
  }
  FilterWriter& order(std::string_view name) {
    filter_["order_by"] = name;
    return *this;
  }
  boost::json::object& filter() { return filter_; }

 private:
  boost::json::object filter_;
};

}  // namespace

std::string_view order_name(SessionOrder order) noexcept {
  return kSessionOrderNames[static_cast<std::size_t>(order)];
}
std::string_view order_name(RunOrder order) noexcept {
  return kRunOrderNames[static_cast<std::size_t>(order)];
}
std::string_view order_name(EventOrder order) noexcept {
  return kEventOrderNames[static_cast<std::size_t>(order)];
}
std::string_view key_name(UsageKey key) noexcept {
  return kUsageKeyNames[static_cast<std::size_t>(key)];
}

Result<void> check(const SessionSearch& search) {
  return first_failure({check_limit(search.limit), check_text("agent_id", search.agent_id),
                        check_texts("provider", search.provider), check_texts("tags", search.tags),
                        check_times("created_after", search.created_after, "created_before", search.created_before)});
}

Result<void> check(const RunSearch& search) {
  return first_failure({check_limit(search.limit), check_text("session_id", search.session_id),
                        check_texts("provider", search.provider),
                        check_times("started_after", search.started_after, "started_before", search.started_before)});
}

Result<void> check(const EventSearch& search) {
  return first_failure({check_limit(search.limit), check_texts("session_ids", search.session_ids),
                        check_texts("run_ids", search.run_ids), check_texts("types", search.types),
                        check_texts("providers", search.providers), check_text("correlation_id", search.correlation_id),
                        check_times("since", search.since, "until", search.until)});
}

Result<void> check(const UsageSearch& search) {
  return first_failure({check_text("session_id", search.session_id), check_text("agent_id", search.agent_id),
                        check_texts("provider", search.provider), check_texts("tags", search.tags),
                        check_times("since", search.since, "until", search.until)});
}

boost::json::object filter_of(const SessionSearch& search) {
  FilterWriter out;
  out.text("agent_id", search.agent_id).text("not_agent_id", search.not_agent_id).statuses("status", search.status);
  out.texts("provider", search.provider).texts("tags", search.tags);
  out.time("created_after", search.created_after).time("created_before", search.created_before);
  if (search.include_deleted) out.filter()["include_deleted"] = true;
  out.order(order_name(search.order_by));
  return std::move(out.filter());
}

boost::json::object filter_of(const RunSearch& search) {
  FilterWriter out;
  out.text("session_id", search.session_id).text("not_agent_id", search.not_agent_id);
  out.texts("provider", search.provider).statuses("status", search.status);
  out.time("started_after", search.started_after).time("started_before", search.started_before);
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (search.min_tokens != 0) {
    out.filter()["min_tokens"] = static_cast<std::int64_t>(std::min(search.min_tokens, kMost));
  }
  out.order(order_name(search.order_by));
  return std::move(out.filter());
}

boost::json::object filter_of(const EventSearch& search) {
  FilterWriter out;
  out.texts("session_ids", search.session_ids).texts("run_ids", search.run_ids);
  out.texts("types", search.types).texts("providers", search.providers).text("not_agent_id", search.not_agent_id);
  out.time("since", search.since).time("until", search.until).text("correlation_id", search.correlation_id);
  out.order(order_name(search.order_by));
  return std::move(out.filter());
}

boost::json::object filter_of(const UsageSearch& search) {
  FilterWriter out;
  out.text("session_id", search.session_id).text("agent_id", search.agent_id);
  out.texts("provider", search.provider).texts("tags", search.tags);
  out.time("since", search.since).time("until", search.until);
  std::vector<std::string> by;
  for (const UsageKey key : search.by) by.emplace_back(key_name(key));
  out.texts("by", std::move(by));
  return std::move(out.filter());
}

boost::json::object to_json(const SessionStats& stats) {
  boost::json::object json;
  json["event_count"] = stats.event_count;
  json["run_count"] = stats.run_count;
  json["token_usage"] = to_json(stats.tokens);
  json["providers"] = to_json_array(stats.providers);
  json["first_event_at"] = time_or_null(stats.first_event_at);
  json["last_event_at"] = time_or_null(stats.last_event_at);
  boost::json::object counts;
  for (const auto& [status, count] : stats.status_counts) counts[status] = count;
  json["status_counts"] = std::move(counts);
  return json;
}

}  // namespace asmgr
