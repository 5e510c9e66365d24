// `asmgr route ...`: where a router would send a run.
#include <cstdio>

#include "core/model/json.hpp"
#include "core/routing/route_explanation.hpp"
#include "host/cli/command.hpp"
#include "host/cli/opening.hpp"
#include "host/cli/terminal_text.hpp"

namespace asmgr::cli {
namespace {

constexpr std::string_view kFromTheFile =
    "from the configuration alone: what a running host has seen of its targets (failures, latencies, sessions that "
    "stay "
    "with a target) is known to that host only";

// "tool/bash" or "tool".
Result<CapabilityNeed> need_of(const std::string& text) {
  const std::size_t slash = text.find('/');
  auto type = parse_capability_type(text.substr(0, slash));
  if (!type) return usage_error("--require " + text + ": " + type.error().message());
  return CapabilityNeed{*type, slash == std::string::npos ? std::string() : text.substr(slash + 1)};
}

std::string money_text(const boost::json::object& target) {
  const auto price = find_number(target, "price_usd");
  if (!price) return "unknown";
  char text[32];
  std::snprintf(text, sizeof text, "$%.2f", *price);
  return text;
}

std::string list_text(const boost::json::array& items) {
  std::string text;
  for (const boost::json::value& item : items) text.append(text.empty() ? "" : ", ").append(item.get_string());
  return text.empty() ? "none" : text;
}

class RouteExplainCommand final : public Command {
 public:
  explicit RouteExplainCommand(CLI::App& app) {
    app.add_option("ROUTER", router_, "Provider of the configuration that is a router (default: the pipeline's)")
        ->type_name("ROUTER");
    app.add_option("--pipeline", needs_.pipeline, "Pipeline of the configuration (default: default)")
        ->type_name("NAME");
    app.add_option("--session", session_, "Session whose run it would be: shows which target has a session of its own")
        ->type_name("ID");
    app.add_option("--require", required_, "Capability that the run needs; may be repeated")
        ->type_name("TYPE/NAME")
        ->expected(1)
        ->allow_extra_args(false)
        ->take_all();
  }

  Result<ExitCode> run(Invocation& invocation) override {
    std::vector<CapabilityNeed> required;
    for (const std::string& text : required_) {
      auto need = need_of(text);
      if (need.has_error()) return need.error();
      required.push_back(std::move(*need));
    }
    needs_.provider = router_;
    const auto deployment = load_without_stores(invocation, needs_);
    if (deployment.has_error()) return deployment.error();
    const auto router = find_router(*deployment);
    if (router.has_error()) return router.error();
    boost::json::object explanation = explain_route(**router, {session_, required, {}});
    if (!session_.empty()) {
      auto native = native_session_of(invocation, (*router)->info().name);
      if (native.has_error()) return native.error();
      explanation["session"] = std::move(*native);
    }
    explanation["note"] = kFromTheFile;
    if (!invocation.console.is_text()) {
      invocation.console.write_json(explanation);
    } else {
      print(invocation.console, explanation);
    }
    return ExitCode::done;
  }

 private:
  Result<std::shared_ptr<const Router>> find_router(const Deployment& deployment) const {
    const Wiring& wiring = deployment.wiring();
    const auto pipeline = wiring.pipelines.find(wiring.default_pipeline);
    const std::string name = pipeline == wiring.pipelines.end() ? router_ : pipeline->second.provider;
    const auto found = deployment.routers().find(name);
    if (found != deployment.routers().end()) return found->second;
    std::string known;
    for (const auto& [other, spec] : deployment.spec().providers) {
      if (spec.route) known.append(known.empty() ? "" : ", ").append(other);
    }
    return Error(ErrorCode::not_found,
                 "provider '" + name + "' is no router" +
                     (known.empty() ? "; the configuration has none: give a provider 'route' instead of 'plugin'"
                                    : "; the configuration has " + known));
  }

  // Which target the session can be gone on with natively: the log says so, whoever wrote it.
  Result<boost::json::object> native_session_of(Invocation& invocation, const std::string& router) const {
    const auto opened = open_store(invocation, needs_.pipeline);
    if (opened.has_error()) return opened.error();
    const auto listed = (*opened)->manager().get_session(session_);
    if (listed.has_error()) return listed.error();
    const boost::json::object* known = find_object(listed->session.metadata, "provider_sessions");
    const boost::json::object* mine = known == nullptr ? nullptr : find_object(*known, router);
    boost::json::object json;
    json["id"] = session_;
    json["native_session_of"] =
        mine == nullptr ? boost::json::value(nullptr) : text_or_null(find_string(*mine, "target").value_or(""));
    return json;
  }

  static void print(Console& console, const boost::json::object& explanation) {
    std::string text = field_line("router", explanation.at("router").as_string());
    text += field_line("strategy", explanation.at("strategy").as_string());
    text += field_line("grade", std::string(explanation.at("grade").as_string()) + " (of " +
                                    std::string(explanation.at("grade_of").as_string()) + ")");
    text += field_line("capabilities", list_text(explanation.at("capabilities").as_array()));
    if (const boost::json::object* session = find_object(explanation, "session")) {
      text += field_line("session", std::string(session->at("id").as_string()) + ", its own session at " +
                                        std::string(find_string(*session, "native_session_of").value_or("no target")));
    }
    std::vector<std::vector<std::string>> rows;
    for (const boost::json::value& item : explanation.at("targets").as_array()) {
      const boost::json::object& target = item.as_object();
      const auto place = find_int(target, "place");
      rows.push_back({place ? std::to_string(*place) : "-", std::string(target.at("target").as_string()),
                      std::to_string(target.at("weight").to_number<std::int64_t>()),
                      std::string(target.at("grade").as_string()), money_text(target),
                      std::string(target.at("breaker").as_string()), list_text(target.at("capabilities").as_array()),
                      std::string(target.at("why").as_string())});
    }
    text += "\n" + table({"PLACE", "TARGET", "WEIGHT", "GRADE", "PRICE", "BREAKER", "CAPABILITIES", "WHY"}, rows);
    console.write(text);
    console.note("note: " + std::string(kFromTheFile));
  }

  std::string router_;
  std::string session_;
  std::vector<std::string> required_;
  Needs needs_;
};

}  // namespace

void add_route_commands(CommandSet& commands) {
  CLI::App& route = commands.add_group("route", "Look into routers", "asmgr route explain best --require tool/bash");
  commands.add<RouteExplainCommand>(route, "explain", "Show which target a router would take, and why not the others",
                                    "asmgr route explain\nasmgr route explain best --require tool/bash --output json");
}

}  // namespace asmgr::cli
