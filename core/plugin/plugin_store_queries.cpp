#include "core/plugin/plugin_store_queries.hpp"

#include <algorithm>

#include "core/model/json.hpp"
#include "core/plugin/abi_convert.hpp"
#include "core/plugin/collect.hpp"

namespace asmgr {
namespace {

// What is wrong with a row, or nothing and the row.
std::string take_row(const asmgr_event& row, Event& out) {
  EventView view;
  std::string problem = from_abi(row, view);
  if (problem.empty()) out = to_event(view);
  return problem;
}
std::string take_row(const asmgr_session& row, Session& out) {
  return from_abi(row, out);
}
std::string take_row(const asmgr_run& row, Run& out) {
  return from_abi(row, out);
}

// Reads the numbers of a plugin's answer; remembers the first that is missing.
class AnswerReader {
 public:
  explicit AnswerReader(const boost::json::object& json) : json_(json) {}

  [[nodiscard]] std::int64_t number(std::string_view key) {
    const auto found = find_int(json_, key);
    if (found && *found >= 0) return *found;
    note(key, "a whole number of at least 0");
    return 0;
  }
  [[nodiscard]] std::uint64_t count(std::string_view key) { return static_cast<std::uint64_t>(number(key)); }
  [[nodiscard]] TokenUsage tokens() {
    TokenUsage usage;
    usage.input_tokens = number("input_tokens");
    usage.cache_read_tokens = number("cache_read_tokens");
    usage.cache_write_tokens = number("cache_write_tokens");
    usage.output_tokens = number("output_tokens");
    usage.reasoning_tokens = number("reasoning_tokens");
    usage.total_tokens = number("total_tokens");
    if (usage.total_tokens != 0) usage.quality = UsageQuality::reported;
    return usage;
  }
  void note(std::string_view key, std::string_view expected) {
    if (problem_.empty()) problem_ = "its answer's \"" + std::string(key) + "\" is not " + std::string(expected);
  }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  const boost::json::object& json_;
  std::string problem_;
};

UsageSums sums_from(const boost::json::object& group, const std::vector<UsageKey>& by, std::string& problem) {
  AnswerReader in(group);
  UsageSums sums;
  for (const UsageKey key : by) {
    const auto text = find_string(group, key_name(key));
    if (!text) in.note(key_name(key), "text");
    sums.keys[key] = std::string(text.value_or(""));
  }
  sums.runs = in.count("run_count");
  sums.tokens = in.tokens();
  sums.cost_micro_usd = in.number("cost_micro_usd");
  const boost::json::object* unpriced = find_object(group, "unpriced");
  if (unpriced == nullptr) {
    in.note("unpriced", "an object");
  } else {
    AnswerReader of_unpriced(*unpriced);
    sums.unpriced_runs = of_unpriced.count("run_count");
    sums.unpriced = of_unpriced.tokens();
    if (in.problem().empty() && !of_unpriced.problem().empty()) problem = of_unpriced.problem();
  }
  if (!in.problem().empty()) problem = in.problem();
  return sums;
}

}  // namespace

std::string PluginStoreQueries::missing_functions(const asmgr_store_query* table) {
  MissingFunctions missing;
  missing.note(ASMGR_HAS(table, search), "search");
  missing.note(ASMGR_HAS(table, summarize), "summarize");
  return missing.names();
}

template <typename Element, typename Value, typename Search>
Result<FoundPage<Value>> PluginStoreQueries::page(std::string_view tenant, std::string_view what, const Search& search,
                                                  std::string_view after) {
  const CallSite site = instance_.site("query.search");
  boost::json::object filter = filter_of(search);
  filter["limit"] = search.limit;
  const std::string filter_json = to_text(filter);
  FoundPage<Value> page;
  auto rows = collect<Element>([&](const Element& element) {
    if (page.rows.size() == search.limit)
      return "it pushed more than the " + std::to_string(search.limit) + " rows asked for";
    Value value;
    std::string problem = take_row(element, value);
    if (problem.empty()) page.rows.push_back(std::move(value));
    return problem;
  });
  TextCollector next;
  asmgr_error error;
  const asmgr_status status = call(error, table_.search, instance_.get(), text_of(tenant), text_of(what),
                                   text_of(filter_json), text_of(after), rows.sink(), next.sink(), &error);
  if (!rows.problem().empty()) return misbehaviour(site, rows.problem());
  if (!next.problem().empty()) return misbehaviour(site, next.problem());
  if (status != ASMGR_OK) return error_from_call(site, status, error);
  if (next.texts().size() > 1) return misbehaviour(site, "it pushed more than one cursor");
  if (!next.texts().empty()) page.next = std::move(next.texts().front());
  return page;
}

Result<FoundPage<Session>> PluginStoreQueries::search(std::string_view tenant, const SessionSearch& search,
                                                      std::string_view after) {
  return page<asmgr_session, Session>(tenant, "sessions", search, after);
}

Result<FoundPage<Run>> PluginStoreQueries::search(std::string_view tenant, const RunSearch& search,
                                                  std::string_view after) {
  return page<asmgr_run, Run>(tenant, "runs", search, after);
}

Result<FoundPage<Event>> PluginStoreQueries::search(std::string_view tenant, const EventSearch& search,
                                                    std::string_view after) {
  return page<asmgr_event, Event>(tenant, "events", search, after);
}

Result<boost::json::object> PluginStoreQueries::summarize(std::string_view tenant, std::string_view what,
                                                          const boost::json::object& filter) {
  const CallSite site = instance_.site("query.summarize");
  const std::string filter_json = to_text(filter);
  TextCollector answer;
  asmgr_error error;
  const asmgr_status status = call(error, table_.summarize, instance_.get(), text_of(tenant), text_of(what),
                                   text_of(filter_json), answer.sink(), &error);
  if (!answer.problem().empty()) return misbehaviour(site, answer.problem());
  if (status != ASMGR_OK) return error_from_call(site, status, error);
  if (answer.texts().size() != 1) return misbehaviour(site, "it did not push one answer");
  auto json = parse_json_object(answer.texts().front(), "answer");
  if (!json) return misbehaviour(site, json.error().message());
  return json;
}

Result<std::uint64_t> PluginStoreQueries::counted(std::string_view tenant, std::string_view what,
                                                  const boost::json::object& filter) {
  auto answer = summarize(tenant, what, filter);
  if (!answer) return answer.error();
  AnswerReader in(*answer);
  const std::uint64_t count = in.count("count");
  if (!in.problem().empty()) return misbehaviour(instance_.site("query.summarize"), in.problem());
  return count;
}

Result<std::uint64_t> PluginStoreQueries::count(std::string_view tenant, const SessionSearch& search) {
  return counted(tenant, "sessions", filter_of(search));
}

Result<std::uint64_t> PluginStoreQueries::count(std::string_view tenant, const RunSearch& search) {
  return counted(tenant, "runs", filter_of(search));
}

Result<std::uint64_t> PluginStoreQueries::count(std::string_view tenant, const EventSearch& search) {
  return counted(tenant, "events", filter_of(search));
}

Result<SessionStats> PluginStoreQueries::session_stats(std::string_view tenant, std::string_view session_id) {
  auto answer = summarize(tenant, "session", {{"session_id", session_id}});
  if (!answer) return answer.error();
  AnswerReader in(*answer);
  SessionStats stats;
  stats.event_count = in.count("event_count");
  stats.run_count = in.count("run_count");
  stats.tokens = in.tokens();
  stats.first_event_at = {in.number("first_event_us")};
  stats.last_event_at = {in.number("last_event_us")};
  const boost::json::array* providers = find_array(*answer, "providers");
  const boost::json::object* statuses = find_object(*answer, "status_counts");
  if (providers == nullptr) in.note("providers", "a list");
  if (statuses == nullptr) in.note("status_counts", "an object");
  for (const boost::json::value& provider : providers != nullptr ? *providers : boost::json::array()) {
    if (provider.is_string())
      stats.providers.emplace_back(provider.get_string());
    else
      in.note("providers", "a list of texts");
  }
  for (const auto& [status, count] : statuses != nullptr ? *statuses : boost::json::object()) {
    if (count.is_int64() && count.get_int64() >= 0)
      stats.status_counts[std::string(status)] = static_cast<std::uint64_t>(count.get_int64());
    else
      in.note("status_counts", "made of counts");
  }
  if (!in.problem().empty()) return misbehaviour(instance_.site("query.summarize"), in.problem());
  return stats;
}

Result<std::vector<UsageSums>> PluginStoreQueries::usage(std::string_view tenant, const UsageSearch& search) {
  auto answer = summarize(tenant, "usage", filter_of(search));
  if (!answer) return answer.error();
  std::string problem;
  std::vector<UsageSums> sums;
  const boost::json::array* groups = find_array(*answer, "groups");
  if (groups == nullptr) problem = "its answer has no list of \"groups\"";
  for (const boost::json::value& group : groups != nullptr ? *groups : boost::json::array()) {
    const boost::json::object* object = group.if_object();
    if (object != nullptr) sums.push_back(sums_from(*object, search.by, problem));
    if (object == nullptr && problem.empty()) problem = "one of its \"groups\" is no object";
  }
  if (!problem.empty()) return misbehaviour(instance_.site("query.summarize"), problem);
  return sums;
}

}  // namespace asmgr
