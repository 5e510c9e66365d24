#include "host/cli/command.hpp"

#include "core/model/duration.hpp"
#include "core/model/json.hpp"

namespace asmgr::cli {

CLI::App& CommandSet::add_app(CLI::App& parent, std::string_view name, std::string_view summary,
                              std::string_view example) {
  CLI::App* app = parent.add_subcommand(std::string(name), std::string(summary));
  // At most one: else a positional argument that happens to be a command's name would be taken for that command.
  app->require_subcommand(0, 1);
  app->allow_extras();
  app->fallthrough();
  std::string footer = "Options of every command (-c, --set, --output, -q, -v, ...): asmgr --help\n\nExample:\n";
  while (!example.empty()) {
    const auto line = example.substr(0, example.find('\n'));
    footer.append("  ").append(line).append("\n");
    example.remove_prefix(std::min(example.size(), line.size() + 1));
  }
  footer.pop_back();
  app->footer(footer);
  return *app;
}

CLI::App& CommandSet::add_group(std::string_view name, std::string_view summary, std::string_view example) {
  return add_app(root_, name, summary, example);
}

Command* CommandSet::find(const CLI::App* app) const {
  const auto found = commands_.find(app);
  return found == commands_.end() ? nullptr : found->second.get();
}

Error usage_error(std::string message) {
  return Error(ErrorCode::invalid_input, std::move(message));
}

Result<std::int64_t> parse_duration_option(std::string_view option, const std::string& text) {
  auto parsed = parse_duration_ms(text);
  if (parsed.has_value() && *parsed > 0) return parsed;
  return usage_error(std::string(option) + ": '" + text +
                     "' is not a duration above zero; write it as 500ms, 30s, 5m or 2h");
}

Result<boost::json::object> parse_object_option(std::string_view option, const std::string& text) {
  if (text.empty()) return boost::json::object{};
  auto parsed = parse_json_object(text, option);
  if (parsed.has_error()) return usage_error(parsed.error().message());
  return parsed;
}

Result<std::optional<Timestamp>> parse_time_option(std::string_view option, const std::string& text) {
  if (text.empty()) return std::optional<Timestamp>();
  const auto time = parse_timestamp(text);
  if (time.has_error()) {
    return usage_error(std::string(option) + ": '" + text + "' is not a time; write it as 2026-01-02T03:04:05Z");
  }
  return std::optional(*time);
}

CLI::Option* add_repeated(CLI::App& app, const std::string& name, std::vector<std::string>& values,
                          const std::string& summary) {
  return app.add_option(name, values, summary + "; may be repeated")->expected(1)->allow_extra_args(false)->take_all();
}

}  // namespace asmgr::cli
