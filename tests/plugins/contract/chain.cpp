#include "tests/plugins/contract/chain.hpp"

#include <openssl/sha.h>

namespace asmgr::contract {
namespace {

void put_number(std::string& bytes, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift);
}
void put_text(std::string& bytes, const std::string& text) {
  put_number(bytes, text.size());
  bytes += text;
}
void put_hash(std::string& bytes, const Hash& hash) {
  bytes.append(reinterpret_cast<const char*>(hash.data()), hash.size());
}
Hash sha256(const std::string& bytes) {
  Hash hash;
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), hash.data());
  return hash;
}

Hash body_of(const Event& event) {
  std::string bytes;
  put_text(bytes, event.data);
  put_text(bytes, event.metadata);
  return sha256(bytes);
}

Hash link_of(const Event& event, const Hash& previous) {
  std::string bytes;
  put_hash(bytes, previous);
  put_number(bytes, event.seq);
  put_number(bytes, static_cast<std::uint64_t>(event.time_us));
  for (const std::string* text : {&event.id, &event.type_name, &event.run_id, &event.provider, &event.correlation_id})
    put_text(bytes, *text);
  put_number(bytes, event.schema);
  put_hash(bytes, event.body_hash);
  return sha256(bytes);
}

}  // namespace

Hash first_hash(const std::string& chain_id) {
  std::string bytes = "asmgr1";
  put_text(bytes, chain_id);
  return sha256(bytes);
}

Hash chain_events(std::vector<Event>& events, Hash previous) {
  for (Event& event : events) {
    event.body_hash = body_of(event);
    event.hash = previous = link_of(event, previous);
  }
  return previous;
}

std::string problem_with_chain(const std::vector<Event>& events, const std::string& chain_id) {
  Hash previous = first_hash(chain_id);
  std::uint64_t expected = 1;
  for (const Event& event : events) {
    const std::string name = "event " + std::to_string(event.seq);
    if (event.seq != expected++) return name + " comes where " + std::to_string(expected - 1) + " should";
    const bool pruned = (event.flags & ASMGR_EVENT_PRUNED) != 0;
    if (pruned && (!event.data.empty() || !event.metadata.empty())) return name + " is pruned and has text";
    if (!pruned && event.body_hash != body_of(event)) return name + " is not what its body hash stands for";
    if (event.hash != link_of(event, previous)) return name + " does not follow the one before";
    previous = event.hash;
  }
  return {};
}

}  // namespace asmgr::contract
