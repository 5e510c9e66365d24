// `asmgr plugin ...`: which plugins there are and what they say of themselves.
#include <algorithm>
#include <iterator>

#include "core/config/permission_modes.hpp"
#include "core/config/provider_facts.hpp"
#include "core/model/json.hpp"
#include "host/cli/command.hpp"
#include "host/cli/listing.hpp"
#include "host/cli/plugin_places.hpp"
#include "host/cli/terminal_text.hpp"
#include "host/cli/version.hpp"

namespace asmgr::cli {
namespace {

constexpr std::size_t kDefaultColumns = 32;
constexpr std::string_view kFactsOption = "--facts";

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

std::string capability_names(const boost::json::object& facts) {
  std::string names;
  const auto* capabilities = find_array(facts, "capabilities");
  if (capabilities == nullptr) return names;
  for (const auto& entry : *capabilities) {
    const auto* capability = entry.if_object();
    if (capability == nullptr || !find_bool(*capability, "enabled").value_or(true)) continue;
    names.append(names.empty() ? "" : ", ").append(text_of(*capability, "name"));
  }
  return names;
}

std::string model_names(const boost::json::object& facts) {
  std::string names;
  const auto* models = find_array(facts, "models");
  if (models == nullptr) return names;
  for (const auto& model : *models) {
    if (model.is_string()) names.append(names.empty() ? "" : ", ").append(std::string(model.get_string()));
  }
  return names;
}

std::string needs_text(const boost::json::object& facts) {
  std::string text;
  const auto* needs = find_array(facts, "needs");
  if (needs == nullptr) return text;
  for (const auto& entry : *needs) {
    const auto* need = entry.if_object();
    if (need == nullptr) continue;
    for (const std::string_view kind : {"program", "address", "setting"}) {
      const std::string what = text_of(*need, kind);
      if (!what.empty()) text.append(text.empty() ? "" : ", ").append(std::string(kind) + " " + what);
    }
  }
  return text;
}

// How firmly the grades of a provider hold tools back.
std::string_view grade_meaning(std::string_view grade) {
  if (grade == "own") return "the host runs the tools, after the policies";
  if (grade == "intercept") return "asks the policies before a tool runs";
  if (grade == "cancel") return "runs tools itself; a run is cancelled once a forbidden one is seen";
  return "runs tools itself; policies only see them";
}

// What a provider is that has its defaults; empty for a component of another kind.
std::string facts_table(const boost::json::object& component) {
  if (const auto why = find_string(component, "facts_error")) {
    return "\n  what it can do is known once it is configured; " + std::string(*why) + "\n";
  }
  const auto* facts = find_object(component, "facts");
  if (facts == nullptr) return {};
  const std::string grade = text_of(*facts, "grade");
  const auto yes_no = [&](std::string_view key) { return std::string(find_bool(*facts, key) == true ? "yes" : "no"); };
  std::vector<std::vector<std::string>> rows;
  rows.push_back({"  grade", grade + ": " + std::string(grade_meaning(grade))});
  const std::string models = model_names(*facts);
  if (!models.empty()) rows.push_back({"  models", models});
  rows.push_back({"  capabilities", capability_names(*facts)});
  rows.push_back({"  takes messages during a run", yes_no("steers")});
  rows.push_back({"  resumes its own sessions", yes_no("resumes")});
  if (const std::string needs = needs_text(*facts); !needs.empty()) rows.push_back({"  needs", needs});
  return "\n" + table({"  WITH ITS DEFAULTS", ""}, rows);
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
                  "\n" + keys_table(*component) + modes_table(*component) + facts_table(*component));
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
    Inspector inspector = plugin_inspector(places.trust);
    inspector.arguments.emplace_back(kFactsOption);
    if (wanted_.find('/') != std::string::npos) {
      std::error_code failed;
      return inspect_in_child(inspector, std::filesystem::absolute(wanted_, failed));
    }
    const auto file = places.path.find(wanted_);
    if (file.has_value()) return inspect_in_child(inspector, *file);
    for (const auto& plugin : inspect_all(plugin_inspector(places.trust), places.path)) {
      if (text_of(plugin, "id") == wanted_) return inspect_in_child(inspector, text_of(plugin, "file"));
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
    app.add_flag(std::string(kFactsOption), with_facts_);
    app.add_option("FILE", file_)->required();
  }

  Result<ExitCode> run(Invocation& invocation) override {
    TrustRules trust;
    for (const auto& pin : pins_) {
      const auto equals = pin.find('=');
      if (equals == std::string::npos) return usage_error("--pin takes NAME=DIGEST, not '" + pin + "'");
      trust.sha256[pin.substr(0, equals)] = pin.substr(equals + 1);
    }
    boost::json::object plugin = inspect_plugin_file(file_, trust);
    if (with_facts_ && plugin.if_contains("error") == nullptr) add_facts(plugin, std::move(trust));
    invocation.console.write_json(plugin);
    return ExitCode::done;
  }

 private:
  static void add_facts(boost::json::object& plugin, TrustRules trust) {
    auto services = std::make_unique<HostServices>(ASMGR_VERSION, system_clock(), nullptr);
    PluginCatalog catalog(PluginSearchPath({}, "", {}), std::move(trust), std::move(services));
    add_provider_facts(plugin, catalog);
  }

  std::vector<std::string> pins_;
  bool with_facts_ = false;
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
