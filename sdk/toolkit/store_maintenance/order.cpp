// Orders: from JSON to values.
#include <algorithm>
#include <asmgr/cpp/error.hpp>
#include <asmgr/toolkit/json_lookup.hpp>
#include <asmgr/toolkit/store_maintenance.hpp>
#include <initializer_list>
#include <optional>
#include <utility>

namespace asmgr::store_maintenance {
namespace {

using boost::json::object;

constexpr std::uint64_t kMostRows = 100'000;

[[noreturn]] void refuse_order(std::string_view why) {
  throw sdk::StatusError(ASMGR_E_VALIDATION, "the order " + std::string(why));
}

// A key that is not known may be half of what was meant: such an order is not carried out.
void require_known(const object& where, std::initializer_list<std::string_view> known) {
  for (const auto& member : where) {
    const std::string_view key = sdk::as_view(member.key());
    if (std::find(known.begin(), known.end(), key) == known.end())
      refuse_order("has '" + std::string(key) + "', which is nothing this store knows");
  }
}

// Not negative, no fraction.
std::optional<std::uint64_t> count_of(const boost::json::value& value) {
  if (value.is_uint64()) return value.get_uint64();
  if (value.is_int64() && value.get_int64() >= 0) return static_cast<std::uint64_t>(value.get_int64());
  return std::nullopt;
}

std::string session_of(const object& what) {
  const boost::json::value* id = sdk::find_member(what, "session_id");
  if (id == nullptr || !id->is_string() || id->get_string().empty())
    refuse_order("must name a session: 'session_id' is missing, empty or no text");
  return std::string(sdk::as_view(id->get_string()));
}

Range read_range(const boost::json::value& value, const Range* before) {
  constexpr std::string_view kWrong = "has 'sequences' that are not [first, last] with 1 <= first <= last";
  const auto* ends = value.if_array();
  if (ends == nullptr || ends->size() != 2) refuse_order(kWrong);
  const auto first = count_of((*ends)[0]);
  const auto last = count_of((*ends)[1]);
  if (!first || !last || *first == 0 || *first > *last) refuse_order(kWrong);
  if (before != nullptr && *first <= before->last) refuse_order("has 'sequences' that overlap or do not rise");
  return {*first, *last};
}

Prune read_prune(const object& what) {
  require_known(what, {"session_id", "sequences"});
  Prune prune{session_of(what), {}};
  const boost::json::value* sequences = sdk::find_member(what, "sequences");
  if (sequences == nullptr || !sequences->is_array()) refuse_order("must have a list of 'sequences'");
  for (const boost::json::value& each : sequences->get_array())
    prune.sequences.push_back(read_range(each, prune.sequences.empty() ? nullptr : &prune.sequences.back()));
  return prune;
}

Remove read_remove(const object& what) {
  require_known(what, {"session_id", "epoch"});
  Remove remove{session_of(what), 0};
  const boost::json::value* epoch = sdk::find_member(what, "epoch");
  const auto number = epoch == nullptr ? std::nullopt : count_of(*epoch);
  if (!number) refuse_order("must say the 'epoch' that the session's head has");
  remove.epoch = *number;
  return remove;
}

// Null when the order has none.
const object* part_of(const object& order, std::string_view key) {
  const boost::json::value* part = order.if_contains(sdk::as_json(key));
  if (part == nullptr) return nullptr;
  if (!part->is_object()) refuse_order("has a '" + std::string(key) + "' that is no object");
  return &part->get_object();
}

}  // namespace

Order read_order(std::string_view json) {
  const auto parsed = sdk::parse_object(json);
  if (!parsed) refuse_order("is no JSON object");
  require_known(*parsed, {"prune", "remove", "compact", "batch_size"});
  const object* prune = part_of(*parsed, "prune");
  const object* remove = part_of(*parsed, "remove");
  const object* compact = part_of(*parsed, "compact");
  if ((prune != nullptr) + (remove != nullptr) + (compact != nullptr) != 1)
    refuse_order("must have exactly one of 'prune', 'remove' and 'compact'");
  Order order;
  if (const boost::json::value* size = parsed->if_contains("batch_size")) {
    const auto rows = count_of(*size);
    if (!rows || *rows == 0 || *rows > kMostRows)
      refuse_order("has a 'batch_size' that is not an integer from 1 to " + std::to_string(kMostRows));
    order.batch_size = static_cast<std::size_t>(*rows);
  }
  if (compact != nullptr) require_known(*compact, {});
  if (prune != nullptr)
    order.what = read_prune(*prune);
  else if (remove != nullptr)
    order.what = read_remove(*remove);
  else
    order.what = Compact{};
  return order;
}

}  // namespace asmgr::store_maintenance
