#include "core/plugin/inspection.hpp"

#include "core/model/json.hpp"
#include "core/plugin/inspection_child.hpp"
#include "core/plugin/library.hpp"

namespace asmgr {
namespace {

boost::json::object error_entry(const PluginSubject& subject, const Error& error) {
  return {{"name", subject.name}, {"file", subject.file.string()}, {"error", error.to_json()}};
}

}  // namespace

boost::json::object description_json(const PluginSubject& subject, const std::string& sha256,
                                     const PluginDescription& description) {
  const auto version = [](std::uint32_t major, std::uint32_t minor) {
    return std::to_string(major) + "." + std::to_string(minor);
  };
  boost::json::object json{{"name", subject.name},
                           {"file", subject.file.string()},
                           {"id", description.id},
                           {"vendor", description.vendor},
                           {"version", description.version},
                           {"license", description.license},
                           {"url", description.url},
                           {"build_id", description.build_id},
                           {"abi", version(description.abi_major, description.abi_minor)},
                           {"min_host_abi", version(description.abi_major, description.min_host_minor)}};
  if (!sha256.empty()) json["sha256"] = sha256;
  boost::json::array components;
  for (const ComponentInfo& component : description.components) {
    boost::json::object entry{
        {"kind", kind_name(component.kind)}, {"name", component.name}, {"summary", component.summary}};
    if (auto schema = parse_json_object(component.config_schema, "config_schema")) {
      entry["config_schema"] = std::move(*schema);
    }
    components.push_back(std::move(entry));
  }
  json["components"] = std::move(components);
  return json;
}

boost::json::object inspect_plugin_file(const std::filesystem::path& file, const TrustRules& trust) {
  PluginSubject subject{plugin_name_of(file), file};
  const Result<TrustedFile> trusted = read_trusted_file(subject, trust);
  if (!trusted) return error_entry(subject, trusted.error());
  subject.file = trusted->file;
  const LoadFrom from = trusted->sha256.empty() ? LoadFrom::path : LoadFrom::sealed_memory;
  const Result<const asmgr_plugin*> plugin = load_library(subject, *trusted, from);
  if (!plugin) return error_entry(subject, plugin.error());
  const Result<PluginDescription> description = agree(subject, **plugin);
  if (!description) return error_entry(subject, description.error());
  return description_json(subject, trusted->sha256, *description);
}

boost::json::object inspect_in_child(const Inspector& inspector, const std::filesystem::path& file) {
  const PluginSubject subject{plugin_name_of(file), file};
  std::vector<std::string> command{inspector.program.string()};
  command.insert(command.end(), inspector.arguments.begin(), inspector.arguments.end());
  command.push_back(file.string());
  const ChildEnd end = run_inspection_child(command, inspector.limit);
  switch (end.how) {
    case ChildEnd::How::not_started:
      return error_entry(subject, load_error(ErrorCode::plugin_load_failed, subject,
                                             "the program that inspects it cannot be started: " + end.why,
                                             "check " + inspector.program.string()));
    case ChildEnd::How::hung:
      return error_entry(subject,
                         load_error(ErrorCode::plugin_hung, subject,
                                    "loading it did not end within " + std::to_string(inspector.limit.count()) + " ms",
                                    "tell the plugin's author: loading must do no work"));
    case ChildEnd::How::killed:
      return error_entry(subject, load_error(ErrorCode::plugin_crashed, subject, "loading it crashed: " + end.why,
                                             "tell the plugin's author: loading must do no work"));
    case ChildEnd::How::exited:
      break;
  }
  if (Result<boost::json::object> json = parse_json_object(end.output, "what the inspecting program printed")) {
    return std::move(*json);
  }
  return error_entry(
      subject, load_error(ErrorCode::plugin_load_failed, subject, "inspecting it gave no description (" + end.why + ")",
                          "tell the plugin's author: loading must print nothing and not exit"));
}

std::vector<boost::json::object> inspect_all(const Inspector& inspector, const PluginSearchPath& path) {
  std::vector<boost::json::object> all;
  for (const PluginSearchPath::Found& found : path.list()) all.push_back(inspect_in_child(inspector, found.file));
  return all;
}

}  // namespace asmgr
