// An agent that plays one prompt of a recorded conversation: it waits for what the client wrote then, and says what the
// real agent said then.
//
//   acp_fake_agent RECORDING PROMPT [--heard FILE] [--cut BYTES] [--deaf]
//
// RECORDING holds an object {"dir","line"} a line, "in" being the client's. PROMPT counts from 0. --heard: what the
// client writes is appended there. --cut: leave after so many bytes of output. --deaf: do not leave when input ends.
#include <unistd.h>

#include <asmgr/toolkit/json_view.hpp>
#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace {

namespace json = boost::json;

struct Line {
  bool from_client = false;
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
    Line line{direction == "in", {}, std::string(record.at("line").as_string())};
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

class FakeAgent {
 public:
  FakeAgent(std::string heard_file, std::optional<long> cut) : heard_file_(std::move(heard_file)), cut_(cut) {}

  void play(const std::vector<Line>& script) {
    for (const Line& line : script) {
      if (line.from_client) {
        if (!wait_for(line.message)) return;
      } else {
        say(line);
      }
    }
  }

  bool hear(std::string& text) {
    if (!std::getline(std::cin, text)) return false;
    if (!heard_file_.empty()) std::ofstream(heard_file_, std::ios::app) << text << '\n';
    return true;
  }

 private:
  bool wait_for(const json::object& expected) {
    for (std::string text; hear(text);) {
      const json::object message = json::parse(text).as_object();
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

  void write(const std::string& bytes) {
    if (cut_ && static_cast<long>(bytes.size()) >= *cut_) {
      std::cout.write(bytes.data(), *cut_).flush();
      std::_Exit(0);
    }
    if (cut_) *cut_ -= static_cast<long>(bytes.size());
    std::cout << bytes << std::flush;
  }

  std::string heard_file_;
  std::optional<long> cut_;
  std::map<std::string, json::value> ids_;  // of the recording -> of now
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  std::string heard_file;
  std::optional<long> cut;
  bool deaf = false;
  for (int i = 3; i < argc; ++i) {
    const std::string option = argv[i];
    if (option == "--heard") heard_file = argv[++i];
    if (option == "--cut") cut = std::atol(argv[++i]);
    if (option == "--deaf") deaf = true;
  }
  FakeAgent agent(heard_file, cut);
  agent.play(script_of(read_recording(argv[1]), std::atoi(argv[2])));
  for (std::string text; agent.hear(text);) continue;
  while (deaf) pause();
  return 0;
}
