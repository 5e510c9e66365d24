// Filters: from JSON to values.
#include <algorithm>
#include <asmgr/cpp/error.hpp>
#include <asmgr/toolkit/json_lookup.hpp>
#include <asmgr/toolkit/store_query.hpp>
#include <iterator>
#include <utility>

namespace asmgr::store_query {
namespace {

constexpr std::string_view kSessionStatuses[] = {"pending", "active", "paused", "completed", "failed", "cancelled"};
constexpr std::string_view kRunStatuses[] = {"pending", "running", "completed", "failed", "cancelled", "timeout"};
constexpr std::string_view kSessionOrders[] = {"updated_at_desc", "created_at_asc", "created_at_desc"};
constexpr std::string_view kRunOrders[] = {"started_at_desc", "started_at_asc", "token_usage_desc"};
constexpr std::string_view kEventOrders[] = {"sequence_asc", "timestamp_asc", "timestamp_desc"};
constexpr std::string_view kUsageKeys[] = {"provider", "model", "agent", "tag", "day"};
constexpr std::int64_t kMostRows = 1000;

[[noreturn]] void refuse_key(std::string_view key, std::string_view why) {
  throw sdk::StatusError(ASMGR_E_VALIDATION, "the filter's '" + std::string(key) + "' " + std::string(why));
}

// Where `name` stands among `known`.
template <std::size_t N>
std::size_t index_among(const std::string_view (&known)[N], std::string_view name, std::string_view key) {
  const auto* found = std::find(std::begin(known), std::end(known), name);
  if (found == std::end(known)) refuse_key(key, "is '" + std::string(name) + "', which this store does not know");
  return static_cast<std::size_t>(found - std::begin(known));
}

// Reads one object, and knows which keys were asked for: any other one is refused, because a filter that is not
// applied would answer too much.
class FilterReader {
 public:
  explicit FilterReader(std::string_view json) {
    auto parsed = sdk::parse_object(json.empty() ? "{}" : json);
    if (!parsed) throw sdk::StatusError(ASMGR_E_VALIDATION, "the filter is no JSON object");
    object_ = std::move(*parsed);
  }

  std::string text(std::string_view key) {
    const boost::json::value* value = take(key);
    return value == nullptr ? std::string() : text_of(*value, key);
  }
  std::vector<std::string> texts(std::string_view key) {
    std::vector<std::string> out;
    const boost::json::value* value = take(key);
    if (value == nullptr) return out;
    if (!value->is_array()) refuse_key(key, "must be a list");
    for (const boost::json::value& each : value->get_array()) out.push_back(text_of(each, key));
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
  }
  std::int64_t integer(std::string_view key, std::int64_t least, std::int64_t most, std::int64_t fallback) {
    const boost::json::value* value = take(key);
    if (value == nullptr) return fallback;
    const auto* number = value->if_int64();
    if (number == nullptr || *number < least || *number > most)
      refuse_key(key, "must be an integer from " + std::to_string(least) + " to " + std::to_string(most));
    return *number;
  }
  bool flag(std::string_view key) {
    const boost::json::value* value = take(key);
    if (value == nullptr) return false;
    if (!value->is_bool()) refuse_key(key, "must be true or false");
    return value->get_bool();
  }
  Between between(std::string_view from, std::string_view to) {
    constexpr Between kAny;
    return {integer(from, kAny.from, kAny.to, kAny.from), integer(to, kAny.from, kAny.to, kAny.to)};
  }
  template <std::size_t N>
  std::uint32_t mask(std::string_view key, const std::string_view (&known)[N]) {
    std::uint32_t bits = 0;
    for (const std::string& name : texts(key)) bits |= 2u << index_among(known, name, key);
    return bits;
  }
  template <typename Order, std::size_t N>
  Order order(const std::string_view (&known)[N]) {
    const std::string name = text("order_by");
    return name.empty() ? Order{} : static_cast<Order>(index_among(known, name, "order_by"));
  }
  std::size_t limit() { return static_cast<std::size_t>(integer("limit", 1, kMostRows, 50)); }

  // After everything has been asked for.
  void finish() const {
    for (const auto& member : object_) {
      const std::string_view key = sdk::as_view(member.key());
      if (std::find(taken_.begin(), taken_.end(), key) == taken_.end())
        refuse_key(key, "is nothing this store knows; leave it out");
    }
  }

 private:
  const boost::json::value* take(std::string_view key) {
    taken_.push_back(key);
    return sdk::find_member(object_, key);
  }
  static std::string text_of(const boost::json::value& value, std::string_view key) {
    if (!value.is_string()) refuse_key(key, "must be text");
    return std::string(sdk::as_view(value.get_string()));
  }

  boost::json::object object_;
  std::vector<std::string_view> taken_;
};

}  // namespace

std::string_view name_of(UsageKey key) noexcept {
  return kUsageKeys[static_cast<std::size_t>(key)];
}

SessionFilter read_session_filter(std::string_view json) {
  FilterReader in(json);
  SessionFilter filter;
  filter.agent_id = in.text("agent_id");
  filter.not_agent_id = in.text("not_agent_id");
  filter.status_mask = in.mask("status", kSessionStatuses);
  filter.providers = in.texts("provider");
  filter.tags = in.texts("tags");
  filter.created = in.between("created_after", "created_before");
  filter.include_deleted = in.flag("include_deleted");
  filter.order = in.order<SessionOrder>(kSessionOrders);
  filter.limit = in.limit();
  in.finish();
  return filter;
}

RunFilter read_run_filter(std::string_view json) {
  FilterReader in(json);
  RunFilter filter;
  filter.session_id = in.text("session_id");
  filter.not_agent_id = in.text("not_agent_id");
  filter.status_mask = in.mask("status", kRunStatuses);
  filter.providers = in.texts("provider");
  filter.started = in.between("started_after", "started_before");
  filter.min_tokens = in.integer("min_tokens", 0, std::numeric_limits<std::int64_t>::max(), 0);
  filter.order = in.order<RunOrder>(kRunOrders);
  filter.limit = in.limit();
  in.finish();
  return filter;
}

EventFilter read_event_filter(std::string_view json) {
  FilterReader in(json);
  EventFilter filter;
  filter.not_agent_id = in.text("not_agent_id");
  filter.correlation_id = in.text("correlation_id");
  filter.session_ids = in.texts("session_ids");
  filter.run_ids = in.texts("run_ids");
  filter.types = in.texts("types");
  filter.providers = in.texts("providers");
  filter.time = in.between("since", "until");
  filter.order = in.order<EventOrder>(kEventOrders);
  filter.limit = in.limit();
  in.finish();
  return filter;
}

UsageFilter read_usage_filter(std::string_view json) {
  FilterReader in(json);
  UsageFilter filter;
  filter.session_id = in.text("session_id");
  filter.agent_id = in.text("agent_id");
  filter.providers = in.texts("provider");
  filter.tags = in.texts("tags");
  filter.started = in.between("since", "until");
  for (const std::string& key : in.texts("by"))
    filter.by.push_back(static_cast<UsageKey>(index_among(kUsageKeys, key, "by")));
  std::sort(filter.by.begin(), filter.by.end());
  in.finish();
  return filter;
}

std::string read_session_id(std::string_view json) {
  FilterReader in(json);
  std::string id = in.text("session_id");
  in.finish();
  return id;
}

}  // namespace asmgr::store_query
