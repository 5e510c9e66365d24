// Another process that uses the same database: does what its standard input says, one line a command, and answers each
// with one line. `flood` answers without end.
#include <sqlite3.h>

#include <iostream>
#include <sstream>
#include <string>

#include "tests/plugins/contract/store_client.hpp"

namespace {

using asmgr::contract::StoreClient;
using asmgr::contract::Unit;
using asmgr::contract::UnitResult;

std::string answer(const UnitResult& result) {
  return std::to_string(result.status) + " " + std::to_string(result.last_seq) + " " + std::to_string(result.epoch);
}

// Units that append to `sessions` sessions in one call, for ever; a counter record per session moves in the same unit.
// Says after each call how far every session is.
[[noreturn]] void flood(const StoreClient& store, const std::string& host, int sessions, std::size_t bytes) {
  std::vector<std::uint64_t> last(static_cast<std::size_t>(sessions), 0);
  std::vector<std::uint64_t> epoch(last.size(), 0);
  bool first = true;
  while (true) {
    std::vector<Unit> units;
    for (std::size_t i = 0; i < last.size(); ++i) {
      const std::string id = "flood" + std::to_string(i);
      if (first) {
        const auto head = store.head(id);
        last[i] = head.last_seq;
        epoch[i] = head.epoch;
      }
      Unit unit = epoch[i] == 0 ? asmgr::contract::create_session(id, host, 3)
                                : asmgr::contract::append_events(id, host, epoch[i], last[i], 3,
                                                                 "{\"x\":\"" + std::string(bytes, 'x') + "\"}");
      if (first) unit.flags = ASMGR_UNIT_TAKE;
      unit.records.push_back({.kind = "counter",
                              .id = id,
                              .expected_version = ASMGR_VERSION_ANY,
                              .value = static_cast<std::int64_t>(last[i] + 3)});
      units.push_back(std::move(unit));
    }
    const auto result = store.commit(units);
    std::string line = std::to_string(result.status);
    for (std::size_t i = 0; i < last.size(); ++i) {
      if (result.units[i].status != ASMGR_OK) {
        std::cerr << result.units[i].message << std::endl;
        std::exit(1);
      }
      last[i] = result.units[i].last_seq;
      epoch[i] = result.units[i].epoch;
      line += " " + std::to_string(last[i]);
    }
    first = false;
    std::cout << line << std::endl;
  }
}

}  // namespace

// Arguments: the configuration of the store, the path of the database.
int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const StoreClient store("sqlite", argv[1]);
  sqlite3* raw = nullptr;
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream words(line);
    std::string verb, session, host;
    std::uint64_t epoch = 0, last = 0, number = 0;
    words >> verb;
    if (verb == "renew") {
      words >> host >> number;
      std::cout << store.renew_host(host, number).status << std::endl;
    } else if (verb == "create") {
      words >> session >> host;
      std::cout << answer(store.commit(asmgr::contract::create_session(session, host))) << std::endl;
    } else if (verb == "append" || verb == "take") {
      words >> session >> host >> epoch >> last;
      Unit unit = asmgr::contract::append_events(session, host, epoch, last, 1);
      if (verb == "take") unit.flags = ASMGR_UNIT_TAKE;
      std::cout << answer(store.commit(unit)) << std::endl;
    } else if (verb == "flood") {
      words >> host >> number >> last;
      flood(store, host, static_cast<int>(number), last);
    } else if (verb == "retain") {
      std::string order;
      std::getline(words >> std::ws, order);
      std::cout << store.retain(order).status << std::endl;
    } else if (verb == "lock") {
      sqlite3_open(argv[2], &raw);
      std::cout << sqlite3_exec(raw, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) << std::endl;
    } else if (verb == "unlock") {
      sqlite3_close(raw);
      std::cout << 0 << std::endl;
    }
  }
  return 0;
}
