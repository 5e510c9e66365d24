#include "script.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <fstream>
#include <stdexcept>

namespace asmgr::fake_agent {
namespace {

namespace json = boost::json;

void take_note(Script& script, const std::string& note) {
  if (note.rfind("exit ", 0) == 0) script.exit = std::stoi(note.substr(5));
  if (note.rfind("signal ", 0) == 0 || note.rfind("killed ", 0) == 0) script.signalled = true;
}

void take_record(Script& script, const json::object& record) {
  const std::string direction(record.at("dir").as_string());
  std::string line(record.at("line").as_string());
  if (direction == "note") return take_note(script, line);
  const double seconds = record.at("t").to_number<double>();
  script.steps.push_back({direction == "in" ? Step::Kind::kHear : Step::Kind::kSay, seconds, std::move(line)});
}

}  // namespace

Script read_script(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot open the script " + file);
  Script script;
  for (std::string line; std::getline(in, line);) {
    boost::system::error_code error;
    const json::value value = json::parse(line, error);
    const json::object* record = error ? nullptr : value.if_object();
    if (record != nullptr && record->contains("dir") && record->contains("line")) {
      take_record(script, *record);
    } else {
      script.steps.push_back({Step::Kind::kSay, 0, std::move(line)});
    }
  }
  return script;
}

}  // namespace asmgr::fake_agent
