#include "core/render/tool_summary.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "core/model/json.hpp"
#include "core/render/event_facts.hpp"

namespace asmgr::rendering {
namespace {

constexpr std::size_t kMaxSubject = 60;
constexpr std::int64_t kLongMs = 2000;

enum class Tool : std::uint8_t { other, bash, read, write, edit, glob, grep, task, fetch, search };

struct ToolName {
  std::string_view name;  // lower case, without "_" and "-"
  Tool tool;
};

// The names that agents and servers give to the same thing.
constexpr std::array kToolNames{ToolName{"bash", Tool::bash},
                                ToolName{"shell", Tool::bash},
                                ToolName{"execcommand", Tool::bash},
                                ToolName{"runshellcommand", Tool::bash},
                                ToolName{"runcommand", Tool::bash},
                                ToolName{"localshell", Tool::bash},
                                ToolName{"commandexecution", Tool::bash},
                                ToolName{"read", Tool::read},
                                ToolName{"readfile", Tool::read},
                                ToolName{"write", Tool::write},
                                ToolName{"writefile", Tool::write},
                                ToolName{"edit", Tool::edit},
                                ToolName{"editfile", Tool::edit},
                                ToolName{"multiedit", Tool::edit},
                                ToolName{"replace", Tool::edit},
                                ToolName{"applypatch", Tool::edit},
                                ToolName{"strreplace", Tool::edit},
                                ToolName{"glob", Tool::glob},
                                ToolName{"grep", Tool::grep},
                                ToolName{"searchfilecontent", Tool::grep},
                                ToolName{"task", Tool::task},
                                ToolName{"agent", Tool::task},
                                ToolName{"webfetch", Tool::fetch},
                                ToolName{"fetch", Tool::fetch},
                                ToolName{"websearch", Tool::search},
                                ToolName{"googlewebsearch", Tool::search}};

Tool tool_of(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (c != '_' && c != '-') plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  const auto at = std::ranges::find(kToolNames, plain, &ToolName::name);
  return at == kToolNames.end() ? Tool::other : at->tool;
}

std::string first_of(const boost::json::object& input, std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) {
    if (std::string text = text_of(input, key); !text.empty()) return text;
  }
  return {};
}

std::string path_in(const boost::json::object& input) {
  return shortened_path(preview(first_of(input, {"file_path", "path", "filename", "absolute_path"}), 4096));
}

// A program and its arguments, or a whole command line.
std::string command_in(const boost::json::object& input) {
  std::string command = first_of(input, {"command", "cmd", "script"});
  if (const auto* words = find_array(input, "command")) {
    command.clear();
    for (const auto& word : *words) {
      if (word.is_string()) command.append(command.empty() ? "" : " ").append(std::string_view(word.get_string()));
    }
  }
  if (const auto* arguments = find_array(input, "args")) {
    for (const auto& word : *arguments) {
      if (word.is_string()) command.append(" ").append(std::string_view(word.get_string()));
    }
  }
  return preview(command, kMaxSubject);
}

std::string host_in(const boost::json::object& input) {
  const std::string url = first_of(input, {"url", "uri", "prompt"});
  const auto scheme = url.find("://");
  if (scheme == std::string::npos) return preview(url, kMaxSubject);
  const auto begin = scheme + 3;
  std::string host = url.substr(begin, url.find_first_of("/?#", begin) - begin);
  if (const auto user = host.rfind('@'); user != std::string::npos) host.erase(0, user + 1);
  return preview(host, kMaxSubject);
}

std::string pattern_in(const boost::json::object& input) {
  return preview(first_of(input, {"pattern", "query", "regex"}), kMaxSubject);
}

// The one argument that says most.
std::string subject_of_other(const boost::json::object& input) {
  const std::string said = first_of(input, {"command", "file_path", "path", "pattern", "url", "query", "name"});
  if (!said.empty()) return preview(said, kMaxSubject);
  return input.empty() ? std::string() : preview(to_text(input), kMaxSubject);
}

std::size_t lines_in(std::string_view text) {
  if (text.empty()) return 0;
  return static_cast<std::size_t>(std::ranges::count(text, '\n')) + (text.back() == '\n' ? 0 : 1);
}

std::size_t filled_lines_in(std::string_view text) {
  std::size_t count = 0;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    if (text.substr(0, end).find_first_not_of(" \t\r") != std::string_view::npos) ++count;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return count;
}

// " (exit 0, 42 chars, 2.1s)" of those that say something.
std::string in_brackets(const std::vector<std::string>& facts) {
  std::string text;
  for (const std::string& fact : facts) {
    if (!fact.empty()) text.append(text.empty() ? " (" : ", ").append(fact);
  }
  return text.empty() ? text : text + ")";
}

std::string time_of(const ToolEnd& end) {
  return end.duration_ms > kLongMs ? duration_text(end.duration_ms) : std::string();
}

std::string exit_of(const ToolEnd& end) {
  return end.exit_code ? "exit " + std::to_string(*end.exit_code) : std::string();
}

std::string named(std::string_view name) {
  return name.empty() ? std::string("tool") : std::string(name);
}

std::string capital(std::string_view name) {
  std::string text = named(name);
  text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

std::string subject_of(Tool tool, const boost::json::object& input) {
  switch (tool) {
    case Tool::bash:
      return command_in(input);
    case Tool::read:
    case Tool::write:
    case Tool::edit:
      return path_in(input);
    case Tool::glob:
    case Tool::grep:
      return pattern_in(input);
    case Tool::task:
      return preview(first_of(input, {"description", "prompt", "task"}), kMaxSubject);
    case Tool::fetch:
      return host_in(input);
    case Tool::search:
      return preview(first_of(input, {"query", "q"}), kMaxSubject);
    case Tool::other:
      break;
  }
  return subject_of_other(input);
}

std::string_view doing(Tool tool) noexcept {
  constexpr std::array<std::string_view, 10> kDoing{
      "",         "Running: ",      "Reading ",     "Writing ",  "Editing ",
      "Finding ", "Searching for ", "Working on: ", "Fetching ", "Searching the web: "};
  return kDoing[static_cast<std::size_t>(tool)];
}

ToolSummary failed_summary(std::string_view name, std::string subject, const ToolEnd& end) {
  return {(tool_of(name) == Tool::other ? named(name) : capital(name)) + " failed" + (subject.empty() ? "" : ": "),
          std::move(subject), in_brackets({exit_of(end), time_of(end)})};
}

}  // namespace

std::string size_text(std::string_view text) {
  const auto chars = static_cast<std::uint64_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
  if (chars < 1000) return counted(chars, "char");
  if (chars >= 10'000) return std::to_string(chars / 1000) + "k chars";
  return std::to_string(chars / 1000) + "." + std::to_string(chars % 1000 / 100) + "k chars";
}

std::string shortened_path(std::string_view path) {
  if (path.size() <= kMaxSubject) return std::string(path);
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0; begin <= path.size();) {
    const auto end = std::min(path.find('/', begin), path.size());
    parts.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  // "/a/b" begins with an empty part: the root belongs to what follows it.
  const std::size_t first = parts.front().empty() && parts.size() > 1 ? 1 : 0;
  if (parts.size() < first + 4) return preview(path, kMaxSubject);
  return std::string(first == 1 ? "/" : "") + std::string(parts[first]) + "/\xe2\x80\xa6/" +
         std::string(parts[parts.size() - 2]) + "/" + std::string(parts.back());
}

ToolSummary summary_of_start(std::string_view name, const boost::json::object& input) {
  const Tool tool = tool_of(name);
  std::string subject = subject_of(tool, input);
  if (tool != Tool::other) return {std::string(doing(tool)), std::move(subject), {}};
  return {named(name) + (subject.empty() ? "" : ": "), std::move(subject), {}};
}

ToolSummary summary_of_end(std::string_view name, const boost::json::object& input, const ToolEnd& end) {
  const Tool tool = tool_of(name);
  std::string subject = subject_of(tool, input);
  if (end.failed) return failed_summary(name, std::move(subject), end);
  const std::string time = time_of(end);
  const std::string size = end.output.empty() ? std::string() : size_text(end.output);
  switch (tool) {
    case Tool::bash:
      return {"Ran: ", std::move(subject), in_brackets({exit_of(end), size, time})};
    case Tool::read:
      return {"Read ", std::move(subject), in_brackets({counted(lines_in(end.output), "line"), time})};
    case Tool::write: {
      const std::string text = first_of(input, {"content", "contents", "text"});
      return {"Wrote ", std::move(subject), in_brackets({counted(lines_in(text), "line"), time})};
    }
    case Tool::edit:
      return {"Edited ", std::move(subject), in_brackets({time})};
    case Tool::glob:
      return {"Found " + counted(filled_lines_in(end.output), "file") + " matching ", std::move(subject),
              in_brackets({time})};
    case Tool::grep: {
      const auto found = filled_lines_in(end.output);
      return {"Found " + std::to_string(found) + (found == 1 ? " match for " : " matches for "), std::move(subject),
              in_brackets({time})};
    }
    case Tool::task:
      return {"Task complete: ", std::move(subject), in_brackets({size, time})};
    case Tool::fetch:
      return {"Fetched ", std::move(subject), in_brackets({size, time})};
    case Tool::search:
      return {"Searched the web: ", std::move(subject), in_brackets({size, time})};
    case Tool::other:
      break;
  }
  return {named(name) + " complete" + (subject.empty() ? "" : ": "), std::move(subject), in_brackets({size, time})};
}

}  // namespace asmgr::rendering
