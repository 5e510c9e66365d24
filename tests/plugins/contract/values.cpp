#include "tests/plugins/contract/values.hpp"

#include <cstdio>
#include <functional>

namespace asmgr::contract {

std::ostream& operator<<(std::ostream& out, const Event& e) {
  return out << "event{" << e.seq << ' ' << e.id << ' ' << e.type_name << " run=" << e.run_id << " flags=" << e.flags
             << " time=" << e.time_us << " data=" << e.data.substr(0, 80) << '}';
}
std::ostream& operator<<(std::ostream& out, const Session& s) {
  return out << "session{" << s.id << " tenant=" << s.tenant << " agent=" << s.agent_id << " status=" << s.status
             << " version=" << s.version << " deleted=" << s.deleted_us << " doc=" << s.doc.substr(0, 80) << '}';
}
std::ostream& operator<<(std::ostream& out, const RunRow& r) {
  return out << "run{" << r.id << " of " << r.session_id << " status=" << r.status << " version=" << r.version << '}';
}
std::ostream& operator<<(std::ostream& out, const Record& r) {
  return out << "record{" << r.kind << '/' << r.id << " tenant=" << r.tenant << " session=" << r.session_id
             << " status=" << r.status << " version=" << r.version << " value=" << r.value << " due=" << r.due_us
             << '}';
}
std::ostream& operator<<(std::ostream& out, const UnitResult& r) {
  out << "result{status=0x" << std::hex << r.status << std::dec << " last_seq=" << r.last_seq << " epoch=" << r.epoch
      << " value=" << r.value << " existing=[";
  for (const Existing& e : r.existing) out << e.index << ':' << e.seq << ' ';
  return out << "] \"" << r.message << "\"}";
}

std::ostream& operator<<(std::ostream& out, const SessionSize& s) {
  return out << "size{" << s.id << " events=" << s.events << " bytes=" << s.text_bytes << '}';
}

std::string usual_id(const std::string& prefix, std::uint64_t number) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%s_%032llx", prefix.c_str(), static_cast<unsigned long long>(number));
  return text.data();
}

Event make_event(const std::string& session_id, std::uint64_t seq, const std::string& data) {
  Event event;
  event.seq = seq;
  event.session_id = session_id;
  event.id = usual_id("evt", std::hash<std::string>()(session_id) % 1'000'000 * 1'000'000 + seq);
  event.data = data;
  for (std::size_t i = 0; i < event.hash.size(); ++i) {
    event.hash[i] = static_cast<std::uint8_t>(seq * 7 + i);
    event.body_hash[i] = static_cast<std::uint8_t>(seq * 11 + i);
  }
  return event;
}

Unit append_events(const std::string& session_id, const std::string& owner, std::uint64_t epoch, std::uint64_t last_seq,
                   std::size_t count, const std::string& data) {
  Unit unit;
  unit.session_id = session_id;
  unit.owner = owner;
  unit.epoch = epoch;
  unit.expected_last_seq = last_seq;
  for (std::size_t i = 0; i < count; ++i) unit.events.push_back(make_event(session_id, last_seq + 1 + i, data));
  return unit;
}

Unit create_session(const std::string& id, const std::string& owner, std::size_t events) {
  Unit unit = append_events(id, owner, 0, 0, events);
  unit.flags = ASMGR_UNIT_TAKE;
  unit.session = Session{};
  unit.session->id = id;
  unit.session->chain_id = id;
  return unit;
}

Unit with_record(Record record) {
  Unit unit;
  unit.records.push_back(std::move(record));
  return unit;
}

}  // namespace asmgr::contract
