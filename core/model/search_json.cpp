// Searches from the JSON of users.
#include <algorithm>
#include <iterator>

#include "core/model/json.hpp"
#include "core/model/json_reader.hpp"
#include "core/model/search.hpp"

namespace asmgr {
namespace {

// Reads members and keeps the first thing that is wrong; knows which keys there are, to refuse any other.
class SearchReader {
 public:
  SearchReader(const boost::json::object& json, std::string_view what)
      : in_(json, what, ErrorCode::validation_error), what_(what) {}

  void text(std::string_view key, std::string& to) {
    keys_.push_back(key);
    take(in_.optional_string(key), [&](std::string_view text) { to = text; });
  }
  void texts(std::string_view key, std::vector<std::string>& to) {
    keys_.push_back(key);
    const boost::json::value* value = find(in_.object(), key);
    if (value != nullptr && value->is_string())
      to = {std::string(value->get_string())};
    else
      take(in_.optional_strings(key), [&](std::vector<std::string> texts) { to = std::move(texts); });
  }
  void time(std::string_view key, std::optional<Timestamp>& to) {
    keys_.push_back(key);
    take(in_.optional_time(key), [&](Timestamp time) {
      if (time.is_set()) to = time;
    });
  }
  void flag(std::string_view key, bool& to) {
    keys_.push_back(key);
    take(in_.optional_bool(key), [&](std::optional<bool> flag) { to = flag.value_or(to); });
  }
  void limit(std::uint32_t& to) {
    std::uint64_t wanted = to;
    number("limit", wanted);
    if (wanted >= 1 && wanted <= kMostSearchRows)
      to = static_cast<std::uint32_t>(wanted);
    else
      fail(in_.mismatch("limit", "a whole number of 1 to " + std::to_string(kMostSearchRows)));
  }
  void number(std::string_view key, std::uint64_t& to) {
    keys_.push_back(key);
    take(in_.optional_int(key, 0, static_cast<std::int64_t>(to)),
         [&](std::int64_t number) { to = static_cast<std::uint64_t>(number); });
  }
  // Values by name, with the parser of one name.
  template <typename Value, typename Parse>
  void named(std::string_view key, std::vector<Value>& to, std::string_view known, Parse parse) {
    std::vector<std::string> names;
    texts(key, names);
    for (const std::string& name : names) {
      if (const auto value = parse(name))
        to.push_back(*value);
      else
        fail(in_.mismatch(key, "one of " + std::string(known) + ", or a list of them"));
    }
  }
  // An order, of an enumeration whose values are 0, 1 and 2.
  template <typename Order>
  void order(Order& to) {
    constexpr Order kOrders[] = {Order{0}, Order{1}, Order{2}};
    std::string name;
    text("order_by", name);
    if (name.empty()) return;
    const auto* found =
        std::find_if(std::begin(kOrders), std::end(kOrders), [&](Order order) { return order_name(order) == name; });
    if (found != std::end(kOrders)) {
      to = *found;
      return;
    }
    std::string known;
    for (const Order each : kOrders) known.append(known.empty() ? "" : ", ").append(order_name(each));
    fail(in_.mismatch("order_by", "one of " + known));
  }

  // The search, unless something was wrong with it, or it has a key that nobody asked for.
  template <typename Search>
  [[nodiscard]] Result<Search> finish(Search search) {
    for (const auto& member : in_.object()) {
      const std::string_view key = member.key();
      if (std::find(keys_.begin(), keys_.end(), key) == keys_.end()) fail(unknown_key(key));
    }
    if (!failure_) {
      if (auto checked = check(search); !checked) fail(checked.error());
    }
    if (failure_) return *failure_;
    return search;
  }

 private:
  template <typename Value, typename Use>
  void take(Result<Value> read, Use use) {
    if (read)
      use(std::move(*read));
    else
      fail(read.error());
  }
  void fail(Error error) {
    if (!failure_) failure_ = std::move(error);
  }
  [[nodiscard]] Error unknown_key(std::string_view key) const {
    std::string known;
    for (const std::string_view each : keys_) known.append(known.empty() ? "" : ", ").append(each);
    return {ErrorCode::validation_error,
            "cannot read " + std::string(what_) + ": it knows no \"" + std::string(key) + "\", but " + known,
            {{"field", key}}};
  }

  ObjectReader in_;
  std::string_view what_;
  std::vector<std::string_view> keys_;
  std::optional<Error> failure_;
};

std::optional<UsageKey> usage_key_of(std::string_view name) {
  for (const UsageKey key : {UsageKey::provider, UsageKey::model, UsageKey::agent, UsageKey::tag, UsageKey::day}) {
    if (key_name(key) == name) return key;
  }
  return std::nullopt;
}

}  // namespace

Result<SessionSearch> session_search_from_json(const boost::json::object& json) {
  SearchReader in(json, "search of sessions");
  SessionSearch search;
  in.text("agent_id", search.agent_id);
  in.named("status", search.status, "pending, active, paused, completed, failed, cancelled", parse_session_status);
  in.texts("provider", search.provider);
  in.texts("tags", search.tags);
  in.time("created_after", search.created_after);
  in.time("created_before", search.created_before);
  in.flag("include_deleted", search.include_deleted);
  in.order(search.order_by);
  in.limit(search.limit);
  return in.finish(std::move(search));
}

Result<RunSearch> run_search_from_json(const boost::json::object& json) {
  SearchReader in(json, "search of runs");
  RunSearch search;
  in.text("session_id", search.session_id);
  in.texts("provider", search.provider);
  in.named("status", search.status, "pending, running, completed, failed, cancelled, timeout", parse_run_status);
  in.time("started_after", search.started_after);
  in.time("started_before", search.started_before);
  in.number("min_tokens", search.min_tokens);
  in.order(search.order_by);
  in.limit(search.limit);
  return in.finish(std::move(search));
}

Result<EventSearch> event_search_from_json(const boost::json::object& json) {
  SearchReader in(json, "search of events");
  EventSearch search;
  in.texts("session_ids", search.session_ids);
  in.texts("run_ids", search.run_ids);
  in.texts("types", search.types);
  in.texts("providers", search.providers);
  in.time("since", search.since);
  in.time("until", search.until);
  in.text("correlation_id", search.correlation_id);
  in.order(search.order_by);
  in.limit(search.limit);
  return in.finish(std::move(search));
}

Result<UsageSearch> usage_search_from_json(const boost::json::object& json) {
  SearchReader in(json, "question about usage");
  UsageSearch search;
  in.text("session_id", search.session_id);
  in.text("agent_id", search.agent_id);
  in.texts("provider", search.provider);
  in.texts("tags", search.tags);
  in.time("since", search.since);
  in.time("until", search.until);
  in.named("by", search.by, "provider, model, agent, tag, day", usage_key_of);
  return in.finish(std::move(search));
}

}  // namespace asmgr
