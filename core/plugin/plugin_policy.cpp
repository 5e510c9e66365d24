#include "core/plugin/plugin_policy.hpp"

#include "core/model/json.hpp"
#include "core/plugin/abi_convert.hpp"
#include "core/plugin/collect.hpp"
#include "core/plugin/policy_declaration.hpp"

namespace asmgr {
namespace {

// One asmgr_decision and what is explained into it.
class DecisionBox {
 public:
  DecisionBox() {
    abi_.size = sizeof(asmgr_decision);
    abi_.action = ASMGR_ALLOW;
    abi_.ctx = this;
    abi_.explain = &DecisionBox::explain;
  }
  DecisionBox(const DecisionBox&) = delete;
  DecisionBox& operator=(const DecisionBox&) = delete;

  [[nodiscard]] asmgr_decision* abi() noexcept { return &abi_; }
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
  [[nodiscard]] bool silent() const noexcept { return abi_.action == ASMGR_ALLOW && violations_.empty(); }
  [[nodiscard]] Decision take() {
    const std::uint32_t action = std::min(abi_.action, std::uint32_t{ASMGR_CANCEL});
    return {static_cast<PolicyAction>(action), std::move(violations_)};
  }

 private:
  static void explain(void* ctx, asmgr_str rule, asmgr_str message, asmgr_str details_json) noexcept {
    auto& self = *static_cast<DecisionBox*>(ctx);
    for (std::string problem : {problem_with_text(rule, "rule"), problem_with_text(message, "message"),
                                problem_with_object(details_json, "details")}) {
      if (self.problem_.empty()) self.problem_ = std::move(problem);
    }
    if (!self.problem_.empty()) return;
    self.violations_.push_back({std::string(view_of_text(rule)), std::string(view_of_text(message)),
                                details_json.len == 0 ? "{}" : std::string(view_of_text(details_json))});
  }

  asmgr_decision abi_{};
  std::vector<Violation> violations_;
  std::string problem_;
};

void usage_to_abi(const RunUsage& usage, asmgr_usage& out) noexcept {
  const TokenUsage& tokens = usage.tokens;
  const bool known = !tokens.empty();
  const auto count = [known](std::int64_t value) { return known ? value : std::int64_t{-1}; };
  out.size = sizeof(asmgr_usage);
  out.quality = static_cast<std::uint32_t>(tokens.quality);
  out.input_tokens = count(tokens.input_tokens);
  out.cache_read_tokens = count(tokens.cache_read_tokens);
  out.cache_write_tokens = count(tokens.cache_write_tokens);
  out.output_tokens = count(tokens.output_tokens);
  out.reasoning_tokens = count(tokens.reasoning_tokens);
  out.total_tokens = count(tokens.total_tokens);
  out.cost_micro_usd = usage.cost_micro_usd;
  out.elapsed_ms = usage.elapsed_ms;
  out.tool_calls = usage.tool_calls;
  out.turns = usage.turns;
}

class PluginPolicyRun final : public PolicyRun {
 public:
  PluginPolicyRun(const Instance& instance, const asmgr_policy& table, asmgr_policy_run* run)
      : instance_(instance), table_(table), run_(run) {}
  ~PluginPolicyRun() override { call_void(table_.end, instance_.get(), run_); }
  PluginPolicyRun(const PluginPolicyRun&) = delete;
  PluginPolicyRun& operator=(const PluginPolicyRun&) = delete;

  Result<Decision> preflight(std::string_view estimate_json, std::vector<Hold>& holds) override {
    if (!ASMGR_HAS(&table_, preflight)) return Decision{};
    const CallSite site = instance_.site("preflight");
    auto collector = collect<asmgr_hold>([&holds](const asmgr_hold& hold) -> std::string {
      for (std::string problem :
           {problem_with_text(hold.counter, "counter"), problem_with_text(hold.metric, "metric")}) {
        if (!problem.empty()) return problem;
      }
      if (hold.counter.len == 0 || hold.amount < 0) return "its hold has no counter or a negative amount";
      holds.push_back({std::string(view_of_text(hold.counter)),
                       std::string(view_of_text(hold.metric)),
                       hold.amount,
                       hold.ceiling,
                       {},
                       Timestamp{hold.keep_until_us}});
      return {};
    });
    DecisionBox box;
    asmgr_error error;
    const asmgr_status status = call(error, table_.preflight, instance_.get(), run_, text_of(estimate_json), box.abi(),
                                     collector.sink(), &error);
    if (!collector.problem().empty()) return misbehaviour(site, collector.problem());
    return decided(site, status, error, box);
  }

  Result<Decision> review_tool(std::string_view tool_call_json) override {
    if (!ASMGR_HAS(&table_, review_tool)) return Decision{};
    DecisionBox box;
    asmgr_error error;
    const asmgr_status status =
        call(error, table_.review_tool, instance_.get(), run_, text_of(tool_call_json), box.abi(), &error);
    return decided(instance_.site("review_tool"), status, error, box);
  }

  Result<void> observe(const EventView& event, const RunUsage& usage, Decision& decision) override {
    if (!ASMGR_HAS(&table_, observe)) return {};
    asmgr_event abi_event;
    to_abi(event, abi_event);
    asmgr_usage abi_usage;
    usage_to_abi(usage, abi_usage);
    DecisionBox box;
    asmgr_error error;
    const asmgr_status status =
        call(error, table_.observe, instance_.get(), run_, &abi_event, &abi_usage, box.abi(), &error);
    if (status == ASMGR_OK && box.problem().empty() && box.silent()) return {};
    Result<Decision> said = decided(instance_.site("observe"), status, error, box);
    if (!said) return said.error();
    decision = std::move(*said);
    return {};
  }

 private:
  static Result<Decision> decided(const CallSite& site, asmgr_status status, const asmgr_error& error,
                                  DecisionBox& box) {
    if (!box.problem().empty()) return misbehaviour(site, box.problem());
    if (status != ASMGR_OK) return error_from_call(site, status, error);
    return box.take();
  }

  const Instance& instance_;
  const asmgr_policy& table_;
  asmgr_policy_run* run_;
};

}  // namespace

Result<std::unique_ptr<Policy>> PluginPolicy::make(Instance instance) {
  const auto* table = instance.find_table<asmgr_policy>(ASMGR_IFACE_POLICY);
  if (table == nullptr) return instance.lacks("the interface " ASMGR_IFACE_POLICY);
  MissingFunctions missing;
  missing.note(ASMGR_HAS(table, declare), "declare");
  missing.note(ASMGR_HAS(table, begin), "begin");
  missing.note(ASMGR_HAS(table, end), "end");
  if (!missing.names().empty()) return instance.lacks(missing.names() + " in " ASMGR_IFACE_POLICY);
  const auto declaration = read_description(instance, "declare", table->declare);
  if (!declaration) return bad_description(instance, declaration.error());
  Result<PolicyInfo> info = read_policy_declaration(instance.name(), *declaration);
  if (!info) return bad_description(instance, misbehaviour(instance.site("declare"), info.error().message()));
  if ((info->observes_all || info->wants_time || !info->events.empty()) && !ASMGR_HAS(table, observe)) {
    return instance.lacks("observe in " ASMGR_IFACE_POLICY ", though it declares events that it wants");
  }
  return std::unique_ptr<Policy>(new PluginPolicy(std::move(instance), *table, std::move(*info)));
}

Result<std::unique_ptr<PolicyRun>> PluginPolicy::begin(std::string_view effective_json, const Session& session,
                                                       const Run& run) {
  const CallSite site = instance_.site("begin");
  const std::string session_text = session_doc(session);
  const std::string run_text = run_doc(run);
  asmgr_session abi_session;
  to_abi(session, session_text, abi_session);
  asmgr_run abi_run;
  to_abi(run, run_text, abi_run);
  asmgr_policy_run* made = nullptr;
  asmgr_error error;
  const asmgr_status status =
      call(error, table_.begin, instance_.get(), text_of(effective_json), &abi_session, &abi_run, &made, &error);
  if (status != ASMGR_OK) return error_from_call(site, status, error);
  // A policy without state may give null: it gets the same null back.
  return std::unique_ptr<PolicyRun>(std::make_unique<PluginPolicyRun>(instance_, table_, made));
}

Result<boost::json::object> PluginPolicy::compile(std::string_view effective_json, const ProviderInfo& provider) {
  if (!ASMGR_HAS(&table_, compile)) return boost::json::object{};
  const CallSite site = instance_.site("compile");
  TextCollector texts;
  asmgr_error error;
  const asmgr_status status = call(error, table_.compile, instance_.get(), text_of(effective_json),
                                   text_of(provider.describe_json), texts.sink(), &error);
  if (!texts.problem().empty()) return misbehaviour(site, texts.problem());
  if (status != ASMGR_OK) return error_from_call(site, status, error);
  if (texts.texts().empty()) return boost::json::object{};
  Result<boost::json::object> json = parse_json_object(texts.texts().front(), "compiled hints");
  if (!json) return misbehaviour(site, json.error().message());
  return json;
}

}  // namespace asmgr
