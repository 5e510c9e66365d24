#include "core/retention/policy.hpp"

#include "core/model/event.hpp"
#include "core/model/json.hpp"
#include "core/model/json_reader.hpp"

namespace asmgr {
namespace {

constexpr std::string_view kInfinity = "infinity";

struct LimitField {
  std::string_view name;
  std::optional<std::uint64_t> RetentionPolicy::*member;
  std::uint64_t most;
};
constexpr LimitField kLimits[] = {
    {"max_session_age_days", &RetentionPolicy::max_session_age_days, kMaxRetentionDays},
    {"max_completed_session_age_days", &RetentionPolicy::max_completed_session_age_days, kMaxRetentionDays},
    {"max_events_per_session", &RetentionPolicy::max_events_per_session, kMaxRetentionEvents},
    {"max_total_events", &RetentionPolicy::max_total_events, kMaxRetentionEvents},
    {"hard_delete_after_days", &RetentionPolicy::hard_delete_after_days, kMaxRetentionDays},
};

Error bad_field(std::string_view field, const std::string& message) {
  boost::json::object details;
  details["field"] = field;
  return Error(ErrorCode::validation_error, "retention: " + std::string(field) + " " + message, std::move(details));
}

std::string range_text(std::uint64_t most) {
  return "must be an integer from 1 to " + std::to_string(most);
}

Result<void> check_range(std::string_view field, std::uint64_t value, std::uint64_t most) {
  if (value >= 1 && value <= most) return {};
  return bad_field(field, range_text(most) + ", but it is " + std::to_string(value));
}

Result<void> check_names(std::string_view field, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (name.empty()) return bad_field(field, "has an empty name; leave it out");
  }
  return {};
}

Result<void> read_limit(const boost::json::object& json, const LimitField& field, RetentionPolicy& policy) {
  const boost::json::value* value = find(json, field.name);
  if (value == nullptr) return {};
  if (value->is_null() || (value->is_string() && value->get_string() == kInfinity)) {
    policy.*field.member = std::nullopt;
    return {};
  }
  const auto number = find_int(json, field.name);
  if (!number || *number < 1) {
    return bad_field(field.name, range_text(field.most) + " or \"infinity\", but it is " + describe_found(value));
  }
  policy.*field.member = static_cast<std::uint64_t>(*number);
  return {};
}

Result<void> read_statuses(const ObjectReader& reader, RetentionPolicy& policy) {
  auto names = reader.optional_strings("exempt_statuses");
  if (!names) return names.error();
  policy.exempt_statuses.clear();
  for (const std::string& name : *names) {
    const auto status = parse_session_status(name);
    if (!status) return bad_field("exempt_statuses", "has an unknown status: " + status.error().message());
    policy.exempt_statuses.push_back(*status);
  }
  return {};
}

Result<void> read_archive(const ObjectReader& reader, RetentionPolicy& policy) {
  const boost::json::value* given = find(reader.object(), "archive");
  if (given == nullptr || given->is_null()) return {};
  auto archive = reader.optional_object("archive");
  if (!archive) return archive.error();
  const ObjectReader place(*archive, "retention archive", ErrorCode::validation_error);
  const auto store = place.optional_string("store");
  if (!store) return store.error();
  const auto folder = place.optional_string("folder");
  if (!folder) return folder.error();
  policy.archive = {std::string(*store), std::string(*folder)};
  if (policy.archive.is_set()) return {};
  return bad_field("archive", "names neither a store nor a folder");
}

Result<void> read_names(const ObjectReader& reader, std::string_view key, std::vector<std::string>& names) {
  if (find(reader.object(), key) == nullptr) return {};
  auto read = reader.optional_strings(key);
  if (!read) return read.error();
  names = std::move(*read);
  return {};
}

Result<void> read_drop(const ObjectReader& reader, RetentionPolicy& policy) {
  constexpr std::string_view kField = "drop_superseded_deltas";
  const auto drop = reader.optional_bool(kField);
  if (!drop) {
    return bad_field(kField, "must be true or false, but it is " + describe_found(find(reader.object(), kField)));
  }
  policy.drop_superseded_deltas = drop->value_or(policy.drop_superseded_deltas);
  return {};
}

Result<void> read_batch(const ObjectReader& reader, RetentionPolicy& policy) {
  const auto batch = reader.optional_int("batch_size", 1, policy.batch_size);
  if (!batch) return batch.error();
  const auto most = static_cast<std::int64_t>(kMaxRetentionBatch);
  if (*batch > most) {
    return bad_field("batch_size", range_text(kMaxRetentionBatch) + ", but it is " + std::to_string(*batch));
  }
  policy.batch_size = static_cast<std::uint32_t>(*batch);
  return {};
}

boost::json::value limit_json(std::optional<std::uint64_t> limit) {
  if (!limit) return boost::json::value(kInfinity);
  return boost::json::value(*limit);
}

boost::json::array names_json(const std::vector<std::string>& names) {
  return boost::json::array(names.begin(), names.end());
}

}  // namespace

Result<void> validate(const RetentionPolicy& policy) {
  for (const LimitField& field : kLimits) {
    const auto& value = policy.*field.member;
    if (!value) continue;
    if (auto good = check_range(field.name, *value, field.most); !good) return good;
  }
  if (auto good = check_range("batch_size", policy.batch_size, kMaxRetentionBatch); !good) return good;
  if (!policy.archive.store.empty() && !policy.archive.folder.empty()) {
    return bad_field("archive", "names a store and a folder; give one of the two");
  }
  if (auto good = check_names("exempt_tags", policy.exempt_tags); !good) return good;
  return check_names("prune_event_types_first", policy.prune_event_types_first);
}

Result<RetentionPolicy> retention_from_json(const boost::json::object& json) {
  RetentionPolicy policy;
  for (const LimitField& field : kLimits) {
    if (auto read = read_limit(json, field, policy); !read) return read.error();
  }
  const ObjectReader reader(json, "retention", ErrorCode::validation_error);
  if (find(json, "exempt_statuses") != nullptr) {
    if (auto read = read_statuses(reader, policy); !read) return read.error();
  }
  if (auto read = read_names(reader, "exempt_tags", policy.exempt_tags); !read) return read.error();
  if (auto read = read_names(reader, "prune_event_types_first", policy.prune_event_types_first); !read) {
    return read.error();
  }
  if (auto read = read_archive(reader, policy); !read) return read.error();
  if (auto read = read_drop(reader, policy); !read) return read.error();
  if (auto read = read_batch(reader, policy); !read) return read.error();
  if (auto good = validate(policy); !good) return good.error();
  return policy;
}

boost::json::object to_json(const RetentionPolicy& policy) {
  boost::json::object json;
  for (const LimitField& field : kLimits) json[field.name] = limit_json(policy.*field.member);
  json["drop_superseded_deltas"] = policy.drop_superseded_deltas;
  json["archive"] = nullptr;
  if (!policy.archive.store.empty()) json["archive"] = {{"store", policy.archive.store}};
  if (!policy.archive.folder.empty()) json["archive"] = {{"folder", policy.archive.folder}};
  boost::json::array statuses;
  for (const SessionStatus status : policy.exempt_statuses) statuses.emplace_back(status_name(status));
  json["exempt_statuses"] = std::move(statuses);
  json["exempt_tags"] = names_json(policy.exempt_tags);
  json["prune_event_types_first"] = names_json(policy.prune_event_types_first);
  json["batch_size"] = policy.batch_size;
  return json;
}

}  // namespace asmgr
