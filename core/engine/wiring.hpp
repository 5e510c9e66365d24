// What a SessionManager runs on: instances by name, the pipelines that combine them, and the host's own options. Made
// from a YAML file by the configuration or by hand in code; plain values and owned ports.
#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/cost/price_table.hpp"
#include "core/model/capability.hpp"
#include "core/policy/binding.hpp"
#include "core/ports/artifacts.hpp"
#include "core/ports/provider.hpp"
#include "core/ports/store.hpp"
#include "core/redaction/redactor.hpp"
#include "core/retention/policy.hpp"
#include "core/workspace/snapshot.hpp"

namespace asmgr {

struct Timeouts {
  std::chrono::milliseconds run = std::chrono::hours(1);
  std::chrono::milliseconds idle = std::chrono::minutes(2);   // while the model is expected to speak
  std::chrono::milliseconds tool = std::chrono::minutes(30);  // while a tool call is open
  std::chrono::milliseconds cancel_grace = std::chrono::seconds(5);
};

struct QueueOptions {
  std::uint32_t max_concurrent_runs = 1;  // per session
  std::uint32_t max_queued_runs = 100;
  // How long the first in a session's queue waits for a slot of the host before it ends as timed out.
  std::chrono::milliseconds max_wait = std::chrono::minutes(10);
};

// What happens when a policy asks a person.
struct ApprovalOptions {
  std::chrono::milliseconds timeout = std::chrono::minutes(15);  // undecided after it is denied
  enum class NoApprover : std::uint8_t { park, deny };
  NoApprover on_no_approver = NoApprover::park;
};

enum class ContinuationMode : std::uint8_t { off, auto_, replay, native };

struct ContinuationOptions {
  ContinuationMode mode = ContinuationMode::off;
  std::int64_t max_messages = 0;       // 0 = no bound
  std::int64_t max_tokens_approx = 0;  // 0 = no bound
  std::int64_t max_chars = 0;          // 0 = no bound; of a call only
};

struct Pipeline {
  std::string name;
  std::string store;
  std::string provider;
  std::vector<std::string> policies;  // stacked left to right
  std::vector<CapabilityNeed> required_capabilities;
  std::vector<CapabilityNeed> optional_capabilities;
  ContinuationOptions continuation;
  Timeouts timeouts;
  QueueOptions queue;
  ApprovalOptions approvals;
  std::shared_ptr<ArtifactStore> artifacts;  // where what is too large for an event goes; null: nowhere
  workspace::Settings workspace;
  LimitMerge limit_merge = LimitMerge::tightest;
  std::chrono::milliseconds store_retry = std::chrono::seconds(30);
  std::shared_ptr<const Redactor> redactor;  // null: nothing is taken out
  // The input of a run that waits is kept verbatim in a record until the run starts, where redaction changes it.
  bool keep_pending = true;
  // What its runs are started with in place of a provider; made per run. Empty: the provider itself.
  std::function<std::shared_ptr<Provider>(std::shared_ptr<Provider>)> around_provider;
};

struct HostOptions {
  std::uint32_t max_parallel_sessions = 1000;
  std::uint32_t max_parallel_runs = 1000;
  std::chrono::milliseconds drain_timeout = std::chrono::seconds(30);
  std::chrono::milliseconds plugin_call_timeout = std::chrono::seconds(5);
  std::chrono::milliseconds host_ttl = std::chrono::seconds(10);
};

// Makes a policy from an inline definition {"plugin": ..., "config": {...}, ...}. Errors: config_invalid and the plugin
// loading codes.
using PolicyMaker = std::function<Result<PolicyBinding>(const boost::json::object& definition)>;

// Which queued runs this host carries out; those it leaves are for others that have more of the same file.
enum class TakesRuns : std::uint8_t {
  all,    // whose pipeline, provider or policies are not wired is refused
  known,  // such a one is left: only what one command needs was loaded
  none,   // providers are missing on purpose
};

// What a store is to keep, and how often a host that serves sees to it.
struct StoreRetention {
  RetentionPolicy policy;
  std::chrono::milliseconds every{0};  // 0 = only when it is asked for
};

// Ports are shared because a run in flight keeps what it started with while the wiring is exchanged under it.
struct Wiring {
  std::map<std::string, std::shared_ptr<Store>> stores;
  std::map<std::string, StoreRetention> retention;  // by store; of those that have a policy
  std::map<std::string, std::shared_ptr<Provider>> providers;
  std::map<std::string, PolicyBinding> policies;
  std::map<std::string, Pipeline> pipelines;
  std::string default_pipeline = "default";
  HostOptions host;
  std::shared_ptr<const PriceTable> prices;  // null: no price is known
  std::shared_ptr<const Redactor> redactor;  // for what belongs to no run: session events, log lines; may be null
  TakesRuns takes_runs = TakesRuns::all;
  std::vector<std::string> own_paths;  // absolute: files of this host, which no workspace may touch
  PolicyMaker make_policy;             // empty: inline policies are refused
  std::vector<std::string> warnings;   // for the operator, said once
};

}  // namespace asmgr
