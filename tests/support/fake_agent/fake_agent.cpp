// fake_agent SCRIPT [--exit N] [--stderr FILE] [--log FILE] [--child] [--speed S] [--cut N] [--hang] [--deaf] [--] ...
//
// Plays a recording of an agent program: says its lines, waits where the recorded driver wrote something, and exits as
// recorded. What follows is passed by the provider under test and only logged.
//   --exit N     exits at once at the end, with this code; else it waits for the end of stdin where it heard something
//   --stderr F   what to write to stderr
//   --log F      where argv (a JSON array) and then every line of stdin go
//   --child      starts a child in a session of its own, as agents do for their tools
//   --speed S    1 = as slowly as recorded; 0 (default) = at once
//   --cut N      says N lines only, then exits
//   --hang       never exits by itself at the end
//   --deaf       does not wait for what the driver wrote
//   --greet      a driver that speaks first is answered even where the recording has nothing from it
#include <signal.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <thread>

#include "script.hpp"

namespace asmgr::fake_agent {
namespace {

namespace json = boost::json;

constexpr int kDriverWasWrong = 97;  // the driver wrote something else than the recorded one, or nothing

struct Options {
  std::string script;
  std::string stderr_file;
  std::string log;
  std::optional<int> exit;
  double speed = 0;
  std::size_t cut = std::numeric_limits<std::size_t>::max();
  bool child = false;
  bool hang = false;
  bool deaf = false;
  bool greet = false;
};

[[noreturn]] void give_up(const std::string& why) {
  std::cerr << "fake_agent: " << why << std::endl;
  std::_Exit(kDriverWasWrong);
}

Options read_options(int argc, char** argv) {
  Options options;
  options.script = argc > 1 ? argv[1] : "";
  for (int i = 2; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--") return options;
    const auto value = [&]() -> std::string { return ++i < argc ? argv[i] : ""; };
    if (name == "--exit") {
      options.exit = std::stoi(value());
    } else if (name == "--stderr") {
      options.stderr_file = value();
    } else if (name == "--log") {
      options.log = value();
    } else if (name == "--child") {
      options.child = true;
    } else if (name == "--speed") {
      options.speed = std::stod(value());
    } else if (name == "--cut") {
      options.cut = std::stoul(value());
    } else if (name == "--hang") {
      options.hang = true;
    } else if (name == "--deaf") {
      options.deaf = true;
    } else if (name == "--greet") {
      options.greet = true;
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
  Player(const Options& options, Script script) : options_(options), script_(std::move(script)) {
    if (!options_.log.empty()) log_.open(options_.log, std::ios::app);
  }

  void note_arguments(int argc, char** argv) {
    json::array arguments;
    bool mine = true;
    for (int i = 1; i < argc; ++i) {
      if (!mine) arguments.emplace_back(argv[i]);
      if (std::string(argv[i]) == "--") mine = false;
    }
    log_ << json::serialize(arguments) << std::endl;
  }

  int play() {
    const auto begun = std::chrono::steady_clock::now();
    if (options_.greet) hear_greeting();
    std::size_t said = 0;
    for (const Step& step : script_.steps) {
      if (said == options_.cut) return exit_code();
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
    if (said == options_.cut) return exit_code();
    if (options_.hang) hang();
    if (heard_ && !script_.signalled && !options_.exit) wait_for_end();
    return exit_code();
  }

 private:
  int exit_code() const { return options_.exit ? *options_.exit : script_.exit.value_or(0); }

  std::optional<std::string> next_line() {
    std::string line;
    if (!std::getline(std::cin, line)) {
      log_ << "EOF" << std::endl;
      return std::nullopt;
    }
    log_ << line << std::endl;
    heard_ = true;
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
    std::cout << json::serialize(answer) << std::endl;
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
      std::cout << line << std::endl;
      return;
    }
    const auto known = ids_.find(json::serialize(answer->at(key)));
    if (known != ids_.end()) (*answer)[key] = known->second;
    std::cout << json::serialize(message) << std::endl;
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
  std::ofstream log_;
  std::map<std::string, json::value> ids_;  // by the recorded id as JSON
  bool heard_ = false;
};

void start_child() {
  if (fork() != 0) return;
  setsid();
  if (fork() != 0) _exit(0);  // its parent dies too
  for (;;) pause();
}

int leave(int code) {
  std::cout.flush();
  if (code >= 0) return code;
  signal(-code, SIG_DFL);
  raise(-code);
  return 1;
}

int play(int argc, char** argv) {
  const Options options = read_options(argc, argv);
  if (!options.stderr_file.empty()) std::cerr << std::ifstream(options.stderr_file, std::ios::binary).rdbuf();
  if (options.child) start_child();
  Player player(options, read_script(options.script));
  player.note_arguments(argc, argv);
  return leave(player.play());
}

}  // namespace
}  // namespace asmgr::fake_agent

int main(int argc, char** argv) {
  try {
    return asmgr::fake_agent::play(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "fake_agent: " << error.what() << std::endl;
    return 96;
  }
}
