// `asmgr plugin ...`: which plugins there are and what they say of themselves.
#include <algorithm>
#include <iterator>

#include "core/config/permission_modes.hpp"
#include "core/model/json.hpp"
#include "host/cli/command.hpp"
#include "host/cli/listing.hpp"
#include "host/cli/plugin_places.hpp"
#include "host/cli/terminal_text.hpp"

namespace asmgr::cli {
namespace {

constexpr std::size_t kDefaultColumns = 32;

std::string text_of(const boost::json::object& object, std::string_view key) {
  return std::string(find_string(object, key).value_or(std::string_view{}));
}

std::string components_text(const boost::json::object& plugin) {
  std::string text;
  const auto* components = find_array(plugin, "components");
  if (components == nullptr) return text;
  for (const auto& entry : *components) {
    const auto* component = entry.if_object();
    if (component == nullptr) continue;
    text.append(text.empty() ? "" : ", ").append(text_of(*component, "kind") + " " + text_of(*component, "name"));
  }
  return text;
}

class PluginListCommand final : public Command {
 public:
  explicit PluginListCommand(CLI::App&) {}

  Result<ExitCode> run(Invocation& invocation) override {
    const auto places = find_plugin_places(invocation);
    if (places.has_error()) return places.error();
    const auto plugins = inspect_all(plugin_inspector(places->trust), places->path);
    Listing listing;
    listing.head = {"NAME", "VERSION", "ABI", "COMPONENTS", "FILE"};
    std::string problems;
    for (const auto& plugin : plugins) {
      listing.items.push_back(plugin);
      const auto* error = find_object(plugin, "error");
      listing.rows.push_back({text_of(plugin, "name"), error == nullptr ? text_of(plugin, "version") : "-",
                              error == nullptr ? text_of(plugin, "abi") : "-",
                              error == nullptr ? components_text(plugin) : "cannot be loaded",
                              text_of(plugin, "file")});
      if (error != nullptr) problems += harmless(text_of(*error, "message"), LineBreaks::keep) + "\n";
    }
    print_listing(invocation.console, std::move(listing));
    if (!invocation.console.is_text()) return ExitCode::done;
    if (!problems.empty()) invocation.console.write("\n" + problems);
    if (plugins.empty()) say_where(invocation.console, places->path);
    return ExitCode::done;
  }

 private:
  static void say_where(Console& console, const PluginSearchPath& path) {
    std::string folders;
    for (const auto& folder : path.folders()) folders.append(folders.empty() ? "" : ", ").append(folder.string());
    console.note("no plugin was found in " + (folders.empty() ? std::string("any folder") : folders) +
                 "; name folders with plugins.search_path or ASMGR_PLUGIN_PATH");
  }
};

std::string default_text(const boost::json::object& property) {
  const auto* value = find(property, "default");
  return value == nullptr ? std::string() : one_line(to_text(*value), kDefaultColumns);
}

std::string type_text(const boost::json::object& property) {
  if (const auto* words = find_array(property, "enum")) {
    std::string text;
    for (const auto& word : *words) {
      text.append(text.empty() ? "" : "|").append(word.is_string() ? std::string(word.get_string()) : to_text(word));
    }
    return text;
  }
  const std::string unit = text_of(property, "x-unit");
  return unit.empty() ? text_of(property, "type") : unit;
}

std::string keys_table(const boost::json::object& component) {
  const auto* schema = find_object(component, "config_schema");
  const auto* properties = schema == nullptr ? nullptr : find_object(*schema, "properties");
  if (properties == nullptr || properties->empty()) return "  no configuration keys\n";
  const auto* required = find_array(*schema, "required");
  std::vector<std::vector<std::string>> rows;
  for (const auto& [key, value] : *properties) {
    const auto* property = value.if_object();
    if (property == nullptr) continue;
    const bool needed = required != nullptr &&
                        std::find(required->begin(), required->end(), boost::json::value(key)) != required->end();
    rows.push_back({"  " + std::string(key), type_text(*property), needed ? "(required)" : default_text(*property),
                    text_of(*property, "description")});
  }
  return table({"  KEY", "TYPE", "DEFAULT", "MEANING"}, rows);
}

// What each permission mode does in a provider; empty for a component that has no such key.
std::string modes_table(const boost::json::object& component) {
  const auto* schema = find_object(component, "config_schema");
  const auto* properties = schema == nullptr ? nullptr : find_object(*schema, "properties");
  const auto* property = properties == nullptr ? nullptr : find_object(*properties, kPermissionModeKey);
  if (property == nullptr || text_of(component, "kind") != "provider") return {};
  const auto* meanings = find_object(*property, "x-meanings");
  std::vector<std::vector<std::string>> rows;
  for (const auto mode : kPermissionModes) {
    const std::string meaning = meanings == nullptr ? std::string() : text_of(*meanings, mode);
    rows.push_back({"  " + std::string(mode), meaning.empty() ? "changes nothing here" : meaning});
  }
  return "\n" + table({"  PERMISSION MODE", "MEANING"}, rows);
}

void print_plugin(Console& console, const boost::json::object& plugin) {
  if (!console.is_text()) return console.write_json(plugin);
  for (const std::string_view key :
       {"name", "id", "vendor", "version", "license", "url", "abi", "min_host_abi", "build_id", "sha256", "file"}) {
    console.write(field_line(key, text_of(plugin, key)));
  }
  const auto* components = find_array(plugin, "components");
  if (components == nullptr) return;
  for (const auto& entry : *components) {
    const auto* component = entry.if_object();
    if (component == nullptr) continue;
    const std::string summary = text_of(*component, "summary");
    console.write("\n" +
                  harmless(text_of(*component, "kind") + " " + text_of(*component, "name") +
                               (summary.empty() ? "" : ": " + summary),
                           LineBreaks::escape) +
                  "\n" + keys_table(*component) + modes_table(*component));
  }
}

class InfoCommand final : public Command {
 public:
  explicit InfoCommand(CLI::App& app) {
    app.add_option("PLUGIN", wanted_, "The plugin's name, its id or its file")->required()->type_name("FILE");
  }

  Result<ExitCode> run(Invocation& invocation) override {
    const auto places = find_plugin_places(invocation);
    if (places.has_error()) return places.error();
    const auto plugin = find_plugin(*places);
    if (plugin.has_error()) return plugin.error();
    if (const auto* error = find_object(*plugin, "error")) {
      auto read = Error::from_json(*error);
      return read.has_value() ? *read : read.error();
    }
    print_plugin(invocation.console, *plugin);
    return ExitCode::done;
  }

 private:
  Result<boost::json::object> find_plugin(const PluginPlaces& places) const {
    const Inspector inspector = plugin_inspector(places.trust);
    if (wanted_.find('/') != std::string::npos) {
      std::error_code failed;
      return inspect_in_child(inspector, std::filesystem::absolute(wanted_, failed));
    }
    const auto file = places.path.find(wanted_);
    if (file.has_value()) return inspect_in_child(inspector, *file);
    for (auto& plugin : inspect_all(inspector, places.path)) {
      if (text_of(plugin, "id") == wanted_) return std::move(plugin);
    }
    return Error(ErrorCode::not_found, file.error().message());
  }

  std::string wanted_;
};

// The child's side of plugin_inspector.
class InspectCommand final : public Command {
 public:
  explicit InspectCommand(CLI::App& app) {
    app.group("");
    app.add_option("--pin", pins_, "NAME=DIGEST")->expected(1)->allow_extra_args(false)->take_all();
    app.add_option("FILE", file_)->required();
  }

  Result<ExitCode> run(Invocation& invocation) override {
    TrustRules trust;
    for (const auto& pin : pins_) {
      const auto equals = pin.find('=');
      if (equals == std::string::npos) return usage_error("--pin takes NAME=DIGEST, not '" + pin + "'");
      trust.sha256[pin.substr(0, equals)] = pin.substr(equals + 1);
    }
    invocation.console.write_json(inspect_plugin_file(file_, trust));
    return ExitCode::done;
  }

 private:
  std::vector<std::string> pins_;
  std::string file_;
};

}  // namespace

void add_plugin_commands(CommandSet& commands) {
  CLI::App& plugin = commands.add_group("plugin", "Look at plugins", "asmgr plugin list\nasmgr plugin info sqlite");
  commands.add<PluginListCommand>(plugin, "list", "List the plugins that are found, and why one cannot be loaded",
                                  "asmgr plugin list\n"
                                  "ASMGR_PLUGIN_PATH=./build/plugins asmgr plugin list --output json");
  commands.add<InfoCommand>(plugin, "info", "Show one plugin with the configuration keys of its components",
                            "asmgr plugin info sqlite\n"
                            "asmgr plugin info ./build/mine.asmgr.so --output json");
  commands.add<InspectCommand>(commands.root(), kInspectCommand, "Describe one plugin file (for plugin list)",
                               "asmgr __inspect-plugin /usr/lib/asmgr/plugins/sqlite.asmgr.so");
}

}  // namespace asmgr::cli
