// An agent that plays one prompt of a recorded conversation: it waits for what the client wrote then, and says what the
// real agent said then. Linked with tests/support/fake_agent/main.cpp it is a program:
//
//   acp_fake_agent [--orphans] RECORDING PROMPT [--heard FILE] [--said FILE] [--speed S] [--cut-bytes N]
//                  [--hang] [--tattered]
//
// RECORDING holds an object {"t","dir","line"} a line, "in" being the client's. PROMPT counts from 0. --heard, --said:
// where everything goes that it read, and wrote. --speed: 1 = as slowly as recorded, 0 (default) = at once.
// --cut-bytes: leave after so many bytes of output. --hang: do not leave when input ends.
#include <unistd.h>

#include <asmgr/toolkit/json_view.hpp>
#include <boost/json.hpp>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/fake_agent/program.hpp"

namespace asmgr::fake_agent {
namespace {

namespace json = boost::json;

struct Line {
  bool from_client = false;
  double seconds = 0;  // since the recording began
  json::object message;
  std::string text;
};

std::string method_of(const json::object& message) {
  const json::value* method = message.if_contains("method");
  return method == nullptr ? std::string() : std::string(method->as_string());
}

std::vector<Line> read_recording(const std::string& file) {
  std::ifstream in(file);
  std::vector<Line> lines;
  for (std::string text; std::getline(in, text);) {
    const json::value record = json::parse(text);
    const std::string direction(record.at("dir").as_string());
    if (direction != "in" && direction != "out") continue;
    Line line{direction == "in", record.at("t").to_number<double>(), {}, std::string(record.at("line").as_string())};
    line.message = json::parse(line.text).as_object();
    lines.push_back(std::move(line));
  }
  return lines;
}

// How it began, and then one prompt up to its answer.
std::vector<Line> script_of(const std::vector<Line>& recording, int prompt) {
  std::vector<Line> script;
  int seen = -1;
  json::value prompt_id;
  for (const Line& line : recording) {
    const bool is_prompt = line.from_client && method_of(line.message) == "session/prompt";
    if (is_prompt) ++seen;
    if (is_prompt && seen == prompt) prompt_id = line.message.at("id");
    if (seen >= 0 && seen != prompt) continue;
    script.push_back(line);
    const bool is_answer = !line.from_client && !line.message.contains("method");
    if (seen == prompt && is_answer && line.message.at("id") == prompt_id) break;
  }
  return script;
}

struct Options {
  std::string heard_file;
  std::string said_file;
  double speed = 0;
  std::size_t cut = std::numeric_limits<std::size_t>::max();
  bool hang = false;
  bool tattered = false;
};

Options read_options(const std::vector<std::string>& arguments) {
  Options options;
  for (std::size_t i = 2; i < arguments.size(); ++i) {
    const std::string& name = arguments[i];
    const auto value = [&]() -> std::string { return ++i < arguments.size() ? arguments[i] : ""; };
    if (name == "--heard") options.heard_file = value();
    if (name == "--said") options.said_file = value();
    if (name == "--speed") options.speed = std::stod(value());
    if (name == "--cut-bytes") options.cut = std::stoul(value());
    if (name == "--hang") options.hang = true;
    if (name == "--tattered") options.tattered = true;
  }
  return options;
}

class Agent {
 public:
  Agent(const Options& options, Streams& streams) : options_(options), streams_(streams) {
    if (!options.heard_file.empty()) heard_.open(options.heard_file, std::ios::app);
    if (!options.said_file.empty()) said_.open(options.said_file, std::ios::binary);
  }

  void play(const std::vector<Line>& script) {
    try {
      play_lines(script);
    } catch (const BrokenOff&) {
      return;
    }
    while (hear()) continue;
    while (options_.hang) pause();
  }

 private:
  struct BrokenOff {};

  void play_lines(const std::vector<Line>& script) {
    double before = 0;
    for (const Line& line : script) {
      // The prompts between the opening and this one take no time.
      const double pause = std::min(line.seconds - before, kLongestPause);
      before = line.seconds;
      if (line.from_client) {
        if (!wait_for(line.message)) return;
      } else {
        if (options_.speed > 0) std::this_thread::sleep_for(std::chrono::duration<double>(pause * options_.speed));
        say(line);
      }
    }
  }

  std::optional<std::string> hear() {
    std::optional<std::string> text = streams_.read_line();
    if (text) heard_ << *text << std::endl;
    return text;
  }

  bool wait_for(const json::object& expected) {
    while (const auto text = hear()) {
      const json::object message = json::parse(*text).as_object();
      if (method_of(message) != method_of(expected)) continue;
      if (!method_of(expected).empty()) {
        if (message.contains("id")) ids_[json::serialize(expected.at("id"))] = message.at("id");
        return true;
      }
      if (message.at("id") == expected.at("id")) return true;
    }
    return false;
  }

  void say(const Line& line) {
    if (line.message.contains("method")) return write(line.text + "\n");
    json::object answer = line.message;
    answer["id"] = ids_[json::serialize(answer.at("id"))];
    write(json::serialize(answer) + "\n");
  }

  void write(const std::string& line) {
    for (std::size_t size = 0; options_.tattered && size + 1 < line.size(); ++size) {
      streams_.write(line.substr(0, size) + "\n");
    }
    const std::string bytes = line.substr(0, options_.cut - written_);
    written_ += bytes.size();
    said_ << bytes;
    streams_.write(bytes);
    if (written_ == options_.cut) throw BrokenOff();
  }

  static constexpr double kLongestPause = 3;

  const Options& options_;
  Streams& streams_;
  std::ofstream heard_;
  std::ofstream said_;
  std::size_t written_ = 0;                 // bytes, to stdout
  std::map<std::string, json::value> ids_;  // of the recording -> of now
};

}  // namespace

int play_program(const std::vector<std::string>& arguments, Streams& streams) {
  const Options options = read_options(arguments);
  Agent(options, streams).play(script_of(read_recording(arguments.at(0)), std::stoi(arguments.at(1))));
  return 0;
}

}  // namespace asmgr::fake_agent
