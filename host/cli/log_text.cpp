#include "host/cli/log_text.hpp"

#include <array>

#include "core/model/json.hpp"
#include "core/model/utf8.hpp"
#include "host/cli/terminal_text.hpp"

namespace asmgr::cli {
namespace {

constexpr std::array<std::string_view, 5> kLevelNames{"trace", "debug", "info", "warn", "error"};

std::string_view level_text(int level) noexcept {
  return level >= 0 && level < static_cast<int>(kLevelNames.size()) ? kLevelNames[static_cast<std::size_t>(level)]
                                                                    : kLevelNames.back();
}

bool has_fields(std::string_view fields_json) noexcept {
  return !fields_json.empty() && fields_json != "{}";
}

void add_id(std::string& ids, std::string_view what, std::string_view id, std::string_view message) {
  if (id.empty() || message.find(id) != std::string_view::npos) return;
  ids.append(ids.empty() ? "" : ", ").append(what).append(" ").append(id);
}

}  // namespace

std::string log_text(const LogLine& line, std::string_view fields_json) {
  std::string text;
  if (!line.plugin.empty() && line.message.find(line.plugin) == std::string_view::npos) {
    text.append(line.plugin).append(": ");
  }
  text.append(line.message);
  if (has_fields(fields_json)) text.append(" ").append(fields_json);
  std::string ids;
  add_id(ids, "session", line.session_id, line.message);
  add_id(ids, "run", line.run_id, line.message);
  add_id(ids, "request", line.request_id, line.message);
  if (!ids.empty()) text.append(" (").append(ids).append(")");
  return harmless(text, LineBreaks::escape);
}

std::string log_json(const LogLine& line, std::string_view fields_json, Timestamp now) {
  boost::json::object json;
  json["time"] = format_timestamp(now);
  json["level"] = level_text(line.level);
  const auto add = [&json](std::string_view key, std::string_view value) {
    if (!value.empty()) json[key] = is_valid_utf8(value) ? std::string(value) : harmless(value, LineBreaks::escape);
  };
  add("message", line.message);
  add("session_id", line.session_id);
  add("run_id", line.run_id);
  add("request_id", line.request_id);
  add("plugin", line.plugin);
  if (has_fields(fields_json)) {
    if (auto fields = parse_json_object(fields_json, "log fields")) json["fields"] = std::move(*fields);
  }
  return to_text(json);
}

}  // namespace asmgr::cli
