// fake_agent SCRIPT [OPTION ...] [-- ...]: see README.md.
#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <fstream>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <thread>

#include "program.hpp"
#include "script.hpp"

namespace asmgr::fake_agent {
namespace {

namespace json = boost::json;

constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max();

struct Options {
  std::string script;
  std::string stderr_file;
  std::string log;
  std::string said;
  std::optional<int> exit;
  double speed = 0;
  std::size_t cut = kNever;
  std::size_t cut_bytes = kNever;
  bool hang = false;
  bool deaf = false;
  bool greet = false;
  bool tattered = false;
};

[[noreturn]] void give_up(const std::string& why) {
  throw DriverWasWrong(why);
}

Options read_options(const std::vector<std::string>& arguments) {
  Options options;
  if (!arguments.empty()) options.script = arguments.front();
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string& name = arguments[i];
    if (name == "--") return options;
    const auto value = [&]() -> std::string { return ++i < arguments.size() ? arguments[i] : ""; };
    if (name == "--exit") {
      options.exit = std::stoi(value());
    } else if (name == "--stderr") {
      options.stderr_file = value();
    } else if (name == "--log") {
      options.log = value();
    } else if (name == "--said") {
      options.said = value();
    } else if (name == "--speed") {
      options.speed = std::stod(value());
    } else if (name == "--cut") {
      options.cut = std::stoul(value());
    } else if (name == "--cut-bytes") {
      options.cut_bytes = std::stoul(value());
    } else if (name == "--hang") {
      options.hang = true;
    } else if (name == "--deaf") {
      options.deaf = true;
    } else if (name == "--greet") {
      options.greet = true;
    } else if (name == "--tattered") {
      options.tattered = true;
    } else {
      give_up("unknown option " + name);
    }
  }
  return options;
}

json::object object_of(const std::string& line) {
  boost::system::error_code error;
  json::value value = json::parse(line, error);
  return error || !value.is_object() ? json::object() : std::move(value.get_object());
}

std::string text_of(const json::object& from, const char* key) {
  const json::value* value = from.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

// What kind of message it is, for comparing: method or type, and what the request is about.
std::string kind_of(const json::object& message) {
  if (message.contains("method")) return text_of(message, "method");
  std::string kind = text_of(message, "type");
  if (kind.empty()) return "answer";
  for (const char* part : {"request", "response"}) {
    const json::value* inner = message.if_contains(part);
    if (inner != nullptr && inner->is_object()) kind += "/" + text_of(inner->get_object(), "subtype");
  }
  return kind;
}

// Answers of the driver are compared by what was decided.
std::string decision_of(const json::object& message) {
  if (const json::value* result = message.if_contains("result")) return json::serialize(*result);
  const json::value* response = message.if_contains("response");
  if (response == nullptr || !response->is_object()) return {};
  const json::value* inner = response->get_object().if_contains("response");
  return inner == nullptr || !inner->is_object() ? std::string() : text_of(inner->get_object(), "behavior");
}

class Player {
 public:
  Player(const Options& options, Script script, Streams& streams)
      : options_(options), script_(std::move(script)), streams_(streams) {
    if (!options_.log.empty()) log_.open(options_.log, std::ios::app);
    if (!options_.said.empty()) said_.open(options_.said, std::ios::binary);
  }

  void note_arguments(const std::vector<std::string>& arguments) {
    json::array given;
    bool mine = true;
    for (const std::string& argument : arguments) {
      if (!mine) given.emplace_back(argument);
      if (argument == "--") mine = false;
    }
    log_ << json::serialize(given) << std::endl;
  }

  int play() {
    try {
      play_steps();
    } catch (const BrokenOff&) {
      // As if it had been killed there.
    }
    return exit_code();
  }

 private:
  struct BrokenOff {};

  void play_steps() {
    const auto begun = std::chrono::steady_clock::now();
    if (options_.greet) hear_greeting();
    std::size_t said = 0;
    for (const Step& step : script_.steps) {
      if (said == options_.cut) return;
      if (options_.speed > 0) {
        std::this_thread::sleep_until(begun + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                                                  std::chrono::duration<double>(step.seconds * options_.speed)));
      }
      if (step.kind == Step::Kind::kSay) {
        say(step.line);
        ++said;
      } else if (!options_.deaf) {
        hear(step.line);
      }
    }
    if (said == options_.cut) return;
    if (options_.hang) hang();
    if (heard_ && !script_.signalled && !options_.exit) wait_for_end();
  }

  int exit_code() const { return options_.exit ? *options_.exit : script_.exit.value_or(0); }

  std::optional<std::string> next_line() {
    std::optional<std::string> line = streams_.read_line();
    log_ << line.value_or("EOF") << std::endl;
    heard_ = heard_ || line;
    return line;
  }

  // Claude Code's: the driver opens the conversation, then gives the prompt.
  void hear_greeting() {
    for (;;) {
      const auto line = next_line();
      if (!line) give_up("stdin ended before the prompt");
      const json::object message = object_of(*line);
      if (kind_of(message) == "user") return;
      answer_initialize(message);
    }
  }

  void answer_initialize(const json::object& message) {
    if (kind_of(message) != "control_request/initialize") give_up("unexpected: " + json::serialize(message));
    json::object response;
    response["subtype"] = "success";
    response["request_id"] = message.at("request_id");
    response["response"] = json::object();
    json::object answer;
    answer["type"] = "control_response";
    answer["response"] = std::move(response);
    write_line(json::serialize(answer));
  }

  void hear(const std::string& recorded_line) {
    const json::object recorded = object_of(recorded_line);
    for (;;) {
      const auto line = next_line();
      if (!line) give_up("stdin ended; wanted " + recorded_line);
      const json::object heard = object_of(*line);
      if (heard.empty() && recorded.empty()) return;  // a plain prompt
      if (kind_of(heard) != kind_of(recorded)) {
        // A recorded driver that did without it.
        answer_initialize(heard);
        continue;
      }
      if (decision_of(heard) != decision_of(recorded)) give_up("got " + *line + ", wanted " + recorded_line);
      learn_id(recorded, heard, "id");
      learn_id(recorded, heard, "request_id");
      return;
    }
  }

  void learn_id(const json::object& recorded, const json::object& heard, const char* key) {
    if (recorded.contains(key) && heard.contains(key)) {
      ids_[json::serialize(recorded.at(key))] = heard.at(key);
    }
  }

  // Answers carry the id that this driver gave its request.
  void say(const std::string& line) {
    json::object message = object_of(line);
    json::object* answer = nullptr;
    const char* key = "id";
    if (text_of(message, "type") == "control_response" && message.contains("response")) {
      answer = message.at("response").if_object();
      key = "request_id";
    } else if (message.contains("id") && !message.contains("method") && !message.contains("type")) {
      answer = &message;
    }
    if (answer == nullptr || !answer->contains(key)) {
      return write_line(line);
    }
    const auto known = ids_.find(json::serialize(answer->at(key)));
    if (known != ids_.end()) (*answer)[key] = known->second;
    write_line(json::serialize(message));
  }

  void write_line(const std::string& line) {
    for (std::size_t size = 0; options_.tattered && size < line.size(); ++size) {
      streams_.write(line.substr(0, size) + "\n");
    }
    const std::string bytes = (line + "\n").substr(0, options_.cut_bytes - written_);
    written_ += bytes.size();
    said_ << bytes;
    streams_.write(bytes);
    if (written_ == options_.cut_bytes) throw BrokenOff();
  }

  void wait_for_end() {
    while (next_line()) {
    }
  }

  [[noreturn]] static void hang() {
    for (;;) pause();
  }

  const Options& options_;
  Script script_;
  Streams& streams_;
  std::ofstream log_;
  std::ofstream said_;
  std::map<std::string, json::value> ids_;  // by the recorded id as JSON
  std::size_t written_ = 0;                 // bytes, to stdout
  bool heard_ = false;
};

}  // namespace

int play_program(const std::vector<std::string>& arguments, Streams& streams) {
  const Options options = read_options(arguments);
  if (!options.stderr_file.empty()) {
    std::ifstream said(options.stderr_file, std::ios::binary);
    streams.complain({std::istreambuf_iterator<char>(said), std::istreambuf_iterator<char>()});
  }
  Player player(options, read_script(options.script), streams);
  player.note_arguments(arguments);
  return player.play();
}

}  // namespace asmgr::fake_agent
