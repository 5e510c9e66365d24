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
    invocation.signals.on_first([this] { ask(stop_); });
    invocation.signals.on_hangup([this] { ask(reload_); });
    auto result = work(invocation);
    invocation.signals.clear();
    return result;
  }

 private:
  void ask(bool& what) {
    const std::lock_guard lock(mutex_);
    what = true;
    changed_.notify_all();
  }

  Result<ExitCode> work(Invocation& invocation) {
    auto metrics = std::make_shared<Metrics>();
    auto opened = open_host(invocation, metrics_file_.empty() ? nullptr : metrics);
    if (opened.has_error()) return opened.error();
    SessionManager& manager = (*opened)->manager();
    account_for_plugins(manager, (*opened)->plugins());
    auto file = write_metrics(invocation.log, **opened, *metrics);
    if (file.has_error()) return file.error();
    say(invocation, ASMGR_LOG_INFO,
        "working as " + manager.host_id() + "; SIGTERM ends it in good order, SIGHUP reloads");
    std::unique_lock lock(mutex_);
    while (!stop_) {
      if (std::exchange(reload_, false)) {
        lock.unlock();
        reload(invocation, **opened);
        lock.lock();
      } else {
        changed_.wait(lock, [this] { return stop_ || reload_; });
      }
    }
    lock.unlock();
    say(invocation, ASMGR_LOG_INFO, "draining: " + std::to_string(manager.status().runs) + " runs");
    if (const auto drained = manager.drain(); drained.has_error()) {
      say(invocation, ASMGR_LOG_WARN, drained.error().message() + "; cancelling them");
    }
    return ExitCode::done;
  }

  static void say(Invocation& invocation, int level, const std::string& message) {
    invocation.log.write(LogLine{.level = level, .message = message});
  }

  static void reload(Invocation& invocation, Opened& opened) {
    const auto reloaded = opened.reload();
    if (reloaded.has_error()) {
      say(invocation, ASMGR_LOG_WARN, "not reloaded, everything stays as it was: " + reloaded.error().message());
    } else {
      say(invocation, ASMGR_LOG_INFO, "reloaded");
    }
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
  bool stop_ = false;
  bool reload_ = false;
};

}  // namespace

void add_work_command(CommandSet& commands) {
  commands.add<WorkCommand>(commands.root(), "work",
                            "Own sessions, recover those of dead hosts, run what is queued; no HTTP",
                            "asmgr work -c asmgr.yaml\n"
                            "asmgr work --metrics-file /var/lib/node_exporter/asmgr.prom");
}

}  // namespace asmgr::cli
