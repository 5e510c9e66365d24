// Events as lines of JSON, with data and metadata as the exact bytes that were hashed.
#include <algorithm>
#include <boost/json/string.hpp>
#include <charconv>

#include "core/model/event.hpp"
#include "core/model/hash_chain.hpp"
#include "core/model/json.hpp"
#include "core/model/json_reader.hpp"

namespace asmgr {
namespace {

constexpr std::size_t kFixedLength = 400;  // keys, times, hash, ids of ours: enough for most events

void append_text_or_null(std::string& out, std::string_view text) {
  if (text.empty()) {
    out += "null";
  } else {
    append_json_string(out, text);
  }
}

void append_number(std::string& out, std::uint64_t number) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
  out.append(digits, end);
}

void append_hash_or_null(std::string& out, const Hash& hash) {
  if (hash == Hash{}) {
    out += "null";
    return;
  }
  char hex[66];
  hex[0] = hex[65] = '"';
  write_hex(hash, hex + 1);
  out.append(hex, sizeof(hex));
}

// Walks the members of an object that has been parsed without an error before, so that it need not check again.
class MemberScanner {
 public:
  explicit MemberScanner(std::string_view text) noexcept : text_(text) { at_ = text_.find('{') + 1; }

  struct Member {
    std::string_view key;    // between its quotes, escapes as written
    std::string_view value;  // the exact bytes
  };
  std::optional<Member> next() noexcept {
    skip_blank_and(',');
    if (text_[at_] == '}') return std::nullopt;
    const std::string_view key = string();
    skip_blank_and(':');
    return Member{key.substr(1, key.size() - 2), value()};
  }

 private:
  void skip_blank_and(char separator) noexcept {
    while (is_blank(text_[at_]) || text_[at_] == separator) ++at_;
  }
  static bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

  std::string_view string() noexcept {
    const std::size_t begin = at_++;
    while (text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    ++at_;
    return text_.substr(begin, at_ - begin);
  }
  std::string_view value() noexcept {
    const std::size_t begin = at_;
    if (text_[at_] == '"') return string();
    if (text_[at_] != '{' && text_[at_] != '[') {
      while (text_[at_] != ',' && text_[at_] != '}' && !is_blank(text_[at_])) ++at_;
      return text_.substr(begin, at_ - begin);
    }
    std::size_t depth = 0;
    do {
      const char c = text_[at_];
      if (c == '"') {
        (void)string();
        continue;
      }
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      ++at_;
    } while (depth > 0);
    return text_.substr(begin, at_ - begin);
  }

  std::string_view text_;
  std::size_t at_;
};

bool is_key(std::string_view written, std::string_view name) {
  if (written == name) return true;
  if (written.find('\\') == std::string_view::npos) return false;
  std::string quoted = "\"";
  quoted.append(written).append("\"");
  const auto value = parse_json(quoted, "key");
  return value && value->get_string() == name;
}

// The payloads as they stand in the line; of a member given twice the last counts, as it does for the parser.
void take_payloads(std::string_view line, Event& event) {
  MemberScanner scanner(line);
  while (const auto member = scanner.next()) {
    if (is_key(member->key, "data")) event.data = member->value;
    if (is_key(member->key, "metadata")) event.metadata = member->value;
  }
}

Result<Hash> read_hash(const ObjectReader& in, std::string_view key) {
  const auto* value = find(in.object(), key);
  if (!value || value->is_null()) return Hash{};
  const auto text = find_string(in.object(), key);
  const auto hash = text ? hash_from_hex(*text) : std::nullopt;
  if (!hash) return in.mismatch(key, "64 hexadecimal digits or null");
  return *hash;
}

Result<void> read_names(const ObjectReader& in, Event& event) {
  auto id = in.required_id("id");
  if (!id) return id.error();
  // A type is printed as a line of its own in event streams, so it has to look like a name, known or not.
  auto type = in.required_id("type");
  if (!type) return in.mismatch("type", "the name of an event type");
  auto session_id = in.required_id("session_id");
  if (!session_id) return session_id.error();
  auto run_id = in.optional_id("run_id");
  if (!run_id) return run_id.error();
  auto provider = in.optional_string("provider");
  if (!provider) return provider.error();
  auto correlation_id = in.optional_string("correlation_id");
  if (!correlation_id) return correlation_id.error();
  event.id = *id;
  event.type = event_type_of(*type);
  event.type_name = *type;
  event.session_id = *session_id;
  event.run_id = *run_id;
  event.provider = *provider;
  event.correlation_id = *correlation_id;
  return {};
}

Result<void> read_numbers(const ObjectReader& in, Event& event) {
  auto timestamp = in.required_time("timestamp");
  if (!timestamp) return timestamp.error();
  auto sequence_number = in.optional_int("sequence_number", 1, 0);
  if (!sequence_number) return sequence_number.error();
  const auto schema_version = find_int(in.object(), "schema_version");
  if (!schema_version || *schema_version < 1 || *schema_version > 0xFFFF) {
    return in.mismatch("schema_version", "a whole number from 1 to 65535");
  }
  auto hash = read_hash(in, "hash");
  if (!hash) return hash.error();
  event.timestamp = *timestamp;
  event.sequence_number = static_cast<std::uint64_t>(*sequence_number);
  event.schema_version = static_cast<std::uint16_t>(*schema_version);
  event.hash = *hash;
  return {};
}

// Refuses payloads of another shape; a pruned event has none, and the hash of what it had instead.
Result<void> check_payloads(const ObjectReader& in, Event& event) {
  auto pruned = in.optional_bool("pruned");
  if (!pruned) return pruned.error();
  event.pruned = pruned->value_or(false);
  if (event.pruned) {
    auto body_hash = read_hash(in, "body_sha256");
    if (!body_hash) return body_hash.error();
    if (*body_hash == Hash{}) return in.mismatch("body_sha256", "64 hexadecimal digits, since the event is pruned");
    event.body_hash = *body_hash;
    return {};
  }
  for (const std::string_view key : {"data", "metadata"}) {
    const auto* value = find(in.object(), key);
    if (value && !value->is_object()) return in.mismatch(key, "an object");
  }
  return {};
}

}  // namespace

void append_event_json(std::string& out, const EventView& event) {
  out.reserve(out.size() + kFixedLength + event.data.size() + event.metadata.size());
  out += "{\"id\":";
  append_json_string(out, event.id);
  out += ",\"type\":";
  append_json_string(out, event.type_name);
  char time[29];
  time[0] = time[28] = '"';
  write_timestamp(event.timestamp, time + 1);
  out += ",\"timestamp\":";
  out.append(time, sizeof(time));
  out += ",\"session_id\":";
  append_json_string(out, event.session_id);
  out += ",\"run_id\":";
  append_text_or_null(out, event.run_id);
  out += ",\"sequence_number\":";
  if (event.sequence_number == 0) {
    out += "null";
  } else {
    append_number(out, event.sequence_number);
  }
  out += ",\"schema_version\":";
  append_number(out, event.schema_version);
  out += ",\"provider\":";
  append_text_or_null(out, event.provider);
  out += ",\"correlation_id\":";
  append_text_or_null(out, event.correlation_id);
  out += ",\"data\":";
  out += event.pruned ? "null" : event.data.empty() ? "{}" : event.data;
  out += ",\"metadata\":";
  out += event.pruned || event.metadata.empty() ? "{}" : event.metadata;
  out += ",\"hash\":";
  append_hash_or_null(out, event.hash);
  if (event.pruned) {
    out += ",\"pruned\":true,\"body_sha256\":";
    append_hash_or_null(out, event.body_hash);
  }
  out += '}';
}

std::string event_json(const EventView& event) {
  std::string out;
  append_event_json(out, event);
  return out;
}

Result<Event> event_from_json(std::string_view text) {
  auto object = parse_document(text, "event");
  if (!object) return object.error();
  const ObjectReader in(*object, "event", ErrorCode::validation_error);
  Event event;
  if (auto names = read_names(in, event); !names) return names.error();
  if (auto numbers = read_numbers(in, event); !numbers) return numbers.error();
  if (auto payloads = check_payloads(in, event); !payloads) return payloads.error();
  if (event.pruned) return event;
  take_payloads(text, event);
  // The line may be deeper than a payload: what a store would refuse is refused here.
  if (auto data = check_json_object(event.data, "event data"); !data) return data.error();
  if (auto metadata = check_json_object(event.metadata, "event metadata"); !metadata) return metadata.error();
  event.body_hash = EventHasher().body(event.data, event.metadata);
  return event;
}

}  // namespace asmgr
