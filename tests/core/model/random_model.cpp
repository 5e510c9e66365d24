#include "random_model.hpp"

#include "core/model/hash_chain.hpp"
#include "core/model/json.hpp"

namespace asmgr::test {

std::int64_t RandomModel::number(std::int64_t least, std::int64_t most) {
  return std::uniform_int_distribution<std::int64_t>(least, most)(engine_);
}

std::string RandomModel::text() {
  static constexpr std::string_view kPieces[] = {
      "a",    "Z",   " ", "\"", "\\", "\n",       "\t",           "\x01",
      "/",    "{",   "}", ",",  ":",  "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
      "\x7F", "null"};
  std::string result;
  for (auto count = number(1, 12); count > 0; --count) {
    result += kPieces[static_cast<std::size_t>(number(0, std::size(kPieces) - 1))];
  }
  return result;
}

std::string RandomModel::id() {
  static constexpr std::string_view kCharacters = "abcXYZ019_.:-";
  std::string result;
  for (auto count = number(1, 40); count > 0; --count) {
    result += kCharacters[static_cast<std::size_t>(number(0, std::ssize(kCharacters) - 1))];
  }
  return result;
}

Timestamp RandomModel::time() {
  return {number(1, 4'000'000'000'000'000)};
}

boost::json::value RandomModel::value(int depth) {
  switch (number(0, depth > 0 ? 7 : 5)) {
    case 0:
      return nullptr;
    case 1:
      return chance(50);
    case 2:
      return number(std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max());
    case 3:
      return static_cast<double>(number(-1'000'000, 1'000'000)) / 8.0;
    case 4:
      return std::numeric_limits<std::uint64_t>::max() - static_cast<std::uint64_t>(number(0, 1000));
    case 5:
      return boost::json::string(text());
    case 6:
      return object(depth - 1);
    default:
      break;
  }
  boost::json::array array;
  for (auto count = number(0, 4); count > 0; --count) array.push_back(value(depth - 1));
  return array;
}

boost::json::object RandomModel::object(int depth) {
  boost::json::object result;
  for (auto count = number(0, 4); count > 0; --count) result[text()] = value(depth - 1);
  return result;
}

Error RandomModel::error() {
  const auto codes = all_error_codes();
  Error error(codes[static_cast<std::size_t>(number(0, std::ssize(codes) - 1))], text(), object());
  if (chance(30)) error = std::move(error).with_retryable(chance(50));
  if (!chance(50)) return error;
  ProviderError provider_error;
  provider_error.provider = id();
  provider_error.kind = chance(50) ? "rate_limit" : "timeout";
  provider_error.message = text();
  if (chance(50)) provider_error.exit_code = static_cast<int>(number(-255, 255));
  if (chance(50)) provider_error.standard_error = text();
  provider_error.truncated = chance(50);
  return std::move(error).with_provider_error(std::move(provider_error));
}

Session RandomModel::session() {
  const auto statuses = all_session_statuses();
  Session session;
  session.id = id();
  session.agent_id = text();
  session.status = statuses[static_cast<std::size_t>(number(0, std::ssize(statuses) - 1))];
  if (chance(50)) session.parent_session_id = id();
  session.metadata = object();
  session.context = object();
  for (auto count = number(0, 3); count > 0; --count) session.tags.push_back(text());
  if (chance(50)) session.tenant = text();
  session.chain_id = id();
  session.version = static_cast<std::uint64_t>(number(0, 1'000'000));
  session.created_at = time();
  session.updated_at = time();
  if (chance(30)) session.deleted_at = time();
  return session;
}

Run RandomModel::run() {
  const auto statuses = all_run_statuses();
  Run run;
  run.id = id();
  run.session_id = id();
  run.status = statuses[static_cast<std::size_t>(number(0, std::ssize(statuses) - 1))];
  run.input = value(3);
  if (chance(50)) run.output = object();
  if (chance(50)) run.error = error();
  run.metadata = object();
  run.turn_count = number(0, 1000);
  if (chance(70)) {
    run.token_usage = {number(0, 9999),
                       number(0, 9999),
                       number(0, 9999),
                       number(0, 9999),
                       number(0, 9999),
                       0,
                       static_cast<UsageQuality>(number(1, 3))};
    auto& usage = run.token_usage;
    usage.total_tokens = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens + usage.output_tokens +
                         usage.reasoning_tokens;
  }
  if (chance(50)) run.cost_usd = static_cast<double>(number(0, 1'000'000)) / 1e6;
  if (chance(50)) run.provider = text();
  run.provider_metadata = object();
  for (auto count = number(0, 2); count > 0; --count) run.waiting_on.push_back(id());
  run.version = static_cast<std::uint64_t>(number(0, 1'000'000));
  run.created_at = time();
  if (chance(50)) run.started_at = time();
  if (chance(50)) run.ended_at = time();
  return run;
}

Event RandomModel::event() {
  const auto types = all_event_types();
  Event event;
  event.id = id();
  event.type = types[static_cast<std::size_t>(number(0, std::ssize(types) - 1))];
  event.type_name = type_name(event.type);
  event.timestamp = time();
  event.session_id = id();
  if (chance(50)) event.run_id = id();
  if (chance(80)) event.sequence_number = static_cast<std::uint64_t>(number(1, 1'000'000'000));
  event.schema_version = static_cast<std::uint16_t>(number(1, 65535));
  if (chance(50)) event.provider = text();
  if (chance(50)) event.correlation_id = text();
  event.data = to_text(object());
  event.metadata = to_text(object());
  event.body_hash = EventHasher().body(event.data, event.metadata);
  if (chance(20)) {
    event.pruned = true;
    event.data = event.metadata = "{}";
  }
  for (auto& byte : event.hash) byte = static_cast<std::uint8_t>(number(0, 255));
  return event;
}

}  // namespace asmgr::test
