#include "tests/faults/checker/testimony.hpp"

#include <fstream>
#include <map>
#include <sstream>

namespace asmgr::faults {
namespace {

using simulation::Promise;
using simulation::Sighting;
using simulation::ToldResult;
using simulation::Watcher;

std::string bytes_of_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

// "-" stands for nothing.
std::string word(std::istream& line) {
  std::string text;
  line >> text;
  return text == "-" ? "" : text;
}

std::uint64_t number(std::istream& line) {
  std::uint64_t value = 0;
  line >> value;
  return value;
}

class Reader {
 public:
  Reader(std::string host, WrittenDown& all) : host_(std::move(host)), all_(all) {}

  void take(const std::string& text) {
    std::istringstream line(text);
    const std::string verb = word(line);
    if (verb == "stored") {
      Acknowledged event{word(line), word(line), number(line), number(line), word(line), word(line), ""};
      event.hash = bytes_of_hex(word(line));
      all_.acknowledged.push_back(std::move(event));
    } else if (verb == "seen") {
      take_sighting(line);
    } else if (verb == "made" || verb == "accepted") {
      const auto kind = verb == "made" ? Promise::Kind::run_exists : Promise::Kind::run_accepted;
      all_.testimony.promises.push_back({kind, host_, word(line), ""});
    } else if (verb == "told") {
      ToldResult told{host_, word(line), word(line), number(line), number(line), ""};
      told.last_hash = bytes_of_hex(word(line));
      all_.testimony.results.push_back(std::move(told));
    }
  }
  void done() {
    for (auto& [name, watcher] : watchers_) all_.testimony.watchers.push_back(std::move(watcher));
  }

 private:
  void take_sighting(std::istream& line) {
    const std::string name = word(line);
    Watcher& watcher = watchers_[name];
    watcher.name = host_ + " watcher " + name;
    watcher.session_id = word(line);
    watcher.run_id = word(line);
    Sighting seen;
    seen.number = number(line);
    seen.id = word(line);
    seen.type = word(line);
    seen.hash = bytes_of_hex(word(line));
    line.get();
    std::getline(line, seen.data);
    watcher.seen.push_back(std::move(seen));
  }

  std::string host_;
  WrittenDown& all_;
  std::map<std::string, Watcher> watchers_;
};

}  // namespace

void read_witness(const std::string& path, const std::string& host, WrittenDown& all) {
  std::ifstream file(path);
  Reader reader(host, all);
  std::string line;
  // A line that has no end was not finished: the process was killed before it was told.
  while (std::getline(file, line) && !file.eof()) reader.take(line);
  reader.done();
}

}  // namespace asmgr::faults
