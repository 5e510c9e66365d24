#include "core/plugin/plugin_provider.hpp"

#include <algorithm>

#include "core/model/json.hpp"
#include "core/plugin/collect.hpp"

namespace asmgr {
namespace {

Result<std::vector<std::string>> read_strings(const boost::json::object& json, std::string_view key) {
  std::vector<std::string> strings;
  const boost::json::array* array = find_array(json, key);
  if (array == nullptr) return strings;
  for (const boost::json::value& value : *array) {
    if (!value.is_string()) return Error(ErrorCode::validation_error, std::string(key) + " must hold strings only");
    strings.emplace_back(value.get_string());
  }
  return strings;
}

// Kinds that this version does not know are passed over.
std::vector<ProviderNeed> read_needs(const boost::json::object& json) {
  using Kind = ProviderNeed::Kind;
  std::vector<ProviderNeed> needs;
  const boost::json::array* array = find_array(json, "needs");
  if (array == nullptr) return needs;
  for (const boost::json::value& value : *array) {
    const boost::json::object* need = value.if_object();
    if (need == nullptr) continue;
    const std::string todo(find_string(*need, "todo").value_or(""));
    if (const auto program = find_string(*need, "program"))
      needs.push_back({Kind::program, std::string(*program), todo});
    if (const auto address = find_string(*need, "address"))
      needs.push_back({Kind::address, std::string(*address), todo});
    if (const auto setting = find_string(*need, "setting"))
      needs.push_back({Kind::setting, std::string(*setting), todo});
  }
  return needs;
}

Result<ProviderInfo> read_provider_info(const Instance& instance, const std::string& description) {
  const CallSite site = instance.site("describe");
  const auto json = parse_json_object(description, "provider description");
  if (!json) return json.error();
  ProviderInfo info;
  info.name = instance.name();
  info.vendor = find_string(*json, "vendor").value_or("");
  info.describe_json = description;
  if (const boost::json::array* capabilities = find_array(*json, "capabilities")) {
    for (const boost::json::value& value : *capabilities) {
      Result<Capability> capability = capability_from_json(value);
      if (!capability) return misbehaviour(site, capability.error().message());
      info.capabilities.push_back(std::move(*capability));
    }
  }
  Result<std::vector<std::string>> models = read_strings(*json, "models");
  if (!models) return misbehaviour(site, models.error().message());
  info.models = std::move(*models);
  Result<std::vector<std::string>> hints = read_strings(*json, "hints");
  if (!hints) return misbehaviour(site, hints.error().message());
  info.hints = std::move(*hints);
  info.needs = read_needs(*json);
  const std::string_view grade = find_string(*json, "grade").value_or("observe");
  const auto parsed = parse_grade(grade);
  if (!parsed) {
    return misbehaviour(site, "its grade is '" + std::string(grade) + "', not observe, cancel, intercept or own");
  }
  info.grade = *parsed;
  const std::string_view usage = find_string(*json, "usage").value_or("delta");
  if (usage != "delta" && usage != "total") {
    return misbehaviour(site, "its usage is '" + std::string(usage) + "', not delta or total");
  }
  info.usage_is_total = usage == "total";
  info.can_resume_natively = find_bool(*json, "resumes").value_or(true);
  info.starts_over = find_string(*json, "goes_on_by") == "input";
  if (const auto most = find_int(*json, "max_output_tokens"); most && *most > 0) info.max_output_tokens = most;
  if (const auto most = find_int(*json, "max_turns"); most && *most > 0) info.max_turns = most;
  info.heartbeat_ms = std::max(find_int(*json, "heartbeat_ms").value_or(0), std::int64_t{0});
  return info;
}

}  // namespace

Result<std::unique_ptr<Provider>> PluginProvider::make(Instance instance) {
  Tables tables;
  tables.provider = instance.find_table<asmgr_provider>(ASMGR_IFACE_PROVIDER);
  if (tables.provider == nullptr) return instance.lacks("the interface " ASMGR_IFACE_PROVIDER);
  MissingFunctions missing;
  missing.note(ASMGR_HAS(tables.provider, describe), "describe");
  missing.note(ASMGR_HAS(tables.provider, start), "start");
  missing.note(ASMGR_HAS(tables.provider, cancel), "cancel");
  if (!missing.names().empty()) return instance.lacks(missing.names() + " in " ASMGR_IFACE_PROVIDER);
  tables.flow = instance.find_table<asmgr_provider_flow>(ASMGR_IFACE_PROVIDER_FLOW);
  tables.steer = instance.find_table<asmgr_provider_steer>(ASMGR_IFACE_PROVIDER_STEER);
  tables.resume = instance.find_table<asmgr_provider_resume>(ASMGR_IFACE_PROVIDER_RESUME);
  tables.approval = instance.find_table<asmgr_provider_approval>(ASMGR_IFACE_PROVIDER_APPROVAL);

  const auto description = read_description(instance, "describe", tables.provider->describe);
  if (!description) return bad_description(instance, description.error());
  Result<ProviderInfo> info = read_provider_info(instance, *description);
  if (!info) return bad_description(instance, info.error());
  if (info->grade == EnforcementGrade::intercept && !ASMGR_HAS(tables.approval, resolve)) {
    return instance.lacks("resolve in " ASMGR_IFACE_PROVIDER_APPROVAL
                          ", which a provider of grade intercept must have");
  }
  info->can_steer = ASMGR_HAS(tables.steer, inject);
  info->can_resume_natively = info->can_resume_natively && ASMGR_HAS(tables.resume, token);
  return std::unique_ptr<Provider>(new PluginProvider(std::move(instance), tables, std::move(*info)));
}

PluginProvider::PluginProvider(Instance instance, Tables tables, ProviderInfo info)
    : instance_(std::make_unique<Instance>(std::move(instance))), tables_(tables), info_(std::move(info)) {}

PluginProvider::~PluginProvider() {
  const LoadedPlugin& plugin = instance_->component().plugin();
  for (const auto& start : starts_) warn_of_late_calls(*start);
  instance_.reset();
  if (!plugin.runtime().init_thread.left_one_behind()) return;
  // A thread of the plugin's may still hold any of them.
  for (auto& start : starts_) {
    start->close();
    static_cast<void>(start.release());
  }
}

Result<void> PluginProvider::start(const RunContext& context) {
  const CallSite site = instance_->site("start");
  StartContext* started = nullptr;
  {
    auto made = std::make_unique<StartContext>(context, info_.name);
    started = made.get();
    const std::lock_guard lock(mutex_);
    forget_finished();
    starts_.push_back(std::move(made));
  }
  asmgr_error error;
  const asmgr_status status = call(error, tables_.provider->start, instance_->get(), started->abi(), &error);
  if (status == ASMGR_OK) {
    started->started();
    return {};
  }
  if (started->refused()) return misbehaviour(site, "it finished the run and then said that it had not begun");
  return error_from_call(site, status, error);
}

void PluginProvider::forget_finished() {
  if (starts_.size() < kRemembered + kRemembered / 4) return;
  std::size_t too_many = starts_.size() - kRemembered;
  std::erase_if(starts_, [&](const std::unique_ptr<StartContext>& start) {
    if (too_many == 0 || !start->over()) return false;
    warn_of_late_calls(*start);
    --too_many;
    return true;
  });
}

void PluginProvider::warn_of_late_calls(const StartContext& start) const {
  if (const std::uint64_t late = start.late_calls(); late != 0) {
    instance_->log(
        LogLevel::warn,
        std::to_string(late) + " calls came after the finish of a run and were dropped; tell the plugin's author");
  }
}

void PluginProvider::cancel(std::uint64_t start) noexcept {
  call_void(tables_.provider->cancel, instance_->get(), start);
}

void PluginProvider::resume(std::uint64_t start) noexcept {
  if (ASMGR_HAS(tables_.flow, resume)) call_void(tables_.flow->resume, instance_->get(), start);
}

Result<void> PluginProvider::resolve(std::uint64_t start, std::uint64_t ticket, ToolVerdict verdict,
                                     std::string_view note, std::string_view edited_input_json) {
  const CallSite site = instance_->site("resolve");
  if (!ASMGR_HAS(tables_.approval, resolve)) {
    return Error(ErrorCode::capability_not_supported,
                 "provider '" + info_.name + "' cannot hold a tool call back until it is decided");
  }
  asmgr_error error;
  const asmgr_status status =
      call(error, tables_.approval->resolve, instance_->get(), start, ticket, static_cast<std::uint32_t>(verdict),
           text_of(note), text_of(edited_input_json), &error);
  if (status != ASMGR_OK) return error_from_call(site, status, error);
  return {};
}

Result<void> PluginProvider::steer(std::uint64_t start, std::string_view message_json) {
  if (!ASMGR_HAS(tables_.steer, inject)) {
    return Error(ErrorCode::capability_not_supported,
                 "provider '" + info_.name + "' cannot take a message during a run; queue another run instead");
  }
  asmgr_error error;
  const asmgr_status status =
      call(error, tables_.steer->inject, instance_->get(), start, text_of(message_json), &error);
  if (status != ASMGR_OK) return error_from_call(instance_->site("inject"), status, error);
  return {};
}

Result<std::string> PluginProvider::resume_token(std::uint64_t start) {
  const CallSite site = instance_->site("token");
  if (!ASMGR_HAS(tables_.resume, token)) return std::string();
  TextCollector texts;
  asmgr_error error;
  const asmgr_status status = call(error, tables_.resume->token, instance_->get(), start, texts.sink(), &error);
  if (!texts.problem().empty()) return misbehaviour(site, texts.problem());
  if (status != ASMGR_OK) return error_from_call(site, status, error);
  return texts.texts().empty() ? std::string() : std::move(texts.texts().front());
}

}  // namespace asmgr
