// `asmgr work`: a host without HTTP.
#include <condition_variable>
#include <mutex>

#include "core/model/json.hpp"
#include "core/telemetry/metrics.hpp"
#include "core/telemetry/metrics_file.hpp"
#include "core/telemetry/metrics_text.hpp"
#include "host/cli/opening.hpp"
#include "host/cli/signals.hpp"
#include "host/cli/this_user.hpp"

namespace asmgr::cli {
namespace {

constexpr std::chrono::seconds kMetricsPace{15};

class WorkCommand final : public Command {
 public:
  explicit WorkCommand(CLI::App& app) {
    app.add_option("--metrics-file", metrics_file_, "Keep the metrics in this file, as Prometheus reads them")
        ->type_name("FILE");
  }

  Result<ExitCode> run(Invocation& invocation) override {
    // From the first moment on: a signal during the start ends in good order too.
    invocation.signals.on_first([this] {
      const std::lock_guard lock(mutex_);
      asked_to_stop_ = true;
      changed_.notify_all();
    });
    auto result = work(invocation);
    invocation.signals.clear();
    return result;
  }

 private:
  Result<ExitCode> work(Invocation& invocation) {
    auto metrics = std::make_shared<Metrics>();
    auto opened = open_host(invocation, metrics_file_.empty() ? nullptr : metrics);
    if (opened.has_error()) return opened.error();
    SessionManager& manager = (*opened)->manager();
    account_for_plugins(manager, (*opened)->plugins());
    const auto say = [&log = invocation.log](int level, const std::string& message) {
      log.write(LogLine{.level = level, .message = message});
    };
    auto file = write_metrics(invocation.log, **opened, *metrics);
    if (file.has_error()) return file.error();
    say(ASMGR_LOG_INFO, "working as " + manager.host_id() + "; SIGTERM ends it in good order");
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return asked_to_stop_; });
    }
    const auto limit = (*opened)->wiring().host.drain_timeout;
    const HostStatus status = manager.status();
    say(ASMGR_LOG_INFO,
        "draining: " + std::to_string(status.runs) + " runs, at most " + std::to_string(limit.count()) + " ms");
    if (const auto drained = manager.drain(limit); drained.has_error()) {
      say(ASMGR_LOG_WARN, drained.error().message() + "; cancelling them");
    }
    return ExitCode::done;
  }

  // Null without --metrics-file.
  Result<std::unique_ptr<MetricsFile>> write_metrics(HostLog& log, Opened& opened, const Metrics& metrics) const {
    if (metrics_file_.empty()) return std::unique_ptr<MetricsFile>();
    return MetricsFile::open(
        metrics_file_, kMetricsPace,
        [&opened, &metrics] {
          const std::vector<MetricValue> of_plugins = opened.plugins().services().metrics().read();
          return metrics_text(metrics.values(), opened.manager().status(), of_plugins);
        },
        EngineLog([&log](const LogLine& line) { log.write(line); }));
  }

  // What this host trusts with its sessions is on record.
  static void account_for_plugins(SessionManager& manager, const PluginCatalog& plugins) {
    for (const LoadedPlugin* plugin : plugins.loaded()) {
      const boost::json::object described = plugin->describe();
      boost::json::object details;
      for (const char* key : {"id", "version", "file", "sha256"}) {
        if (const boost::json::value* value = find(described, key)) details[key] = *value;
      }
      manager.account_for({.what = "plugin_loaded", .by = this_user(), .details = std::move(details)});
    }
  }

  std::string metrics_file_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool asked_to_stop_ = false;
};

}  // namespace

void add_work_command(CommandSet& commands) {
  commands.add<WorkCommand>(commands.root(), "work",
                            "Own sessions, recover those of dead hosts, run what is queued; no HTTP",
                            "asmgr work -c asmgr.yaml\n"
                            "asmgr work --metrics-file /var/lib/node_exporter/asmgr.prom");
}

}  // namespace asmgr::cli
