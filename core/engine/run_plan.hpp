// How a run will be carried out: names resolved, options merged, before its session is asked.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/cost/price_table.hpp"
#include "core/engine/continuation.hpp"
#include "core/engine/options.hpp"
#include "core/engine/run_workspace.hpp"
#include "core/engine/wiring.hpp"
#include "core/policy/enforcement.hpp"

namespace asmgr {

struct RunPlan {
  Pipeline pipeline;
  std::shared_ptr<Provider> provider;
  std::shared_ptr<const PriceTable> prices;  // never null
  EffectivePolicy policy;
  std::optional<Enforcement> enforcement;  // made with preflight; its hints are for the provider
  Timeouts timeouts;
  ContinuationOptions continuation;
  boost::json::object adapter_opts;
  Approver approver = Approver::anyone;
  bool ends_session = false;
  ResultEvents events = ResultEvents::lifecycle;
  std::vector<CapabilityNeed> required;  // of the pipeline and the call
  std::optional<Negotiation> negotiation;
  std::optional<WorkspacePlan> workspace;  // nothing: no snapshots are taken
  std::vector<std::string> warnings;
  Caller caller;
  std::int64_t submitted_ns = 0;  // monotonic, of this process; 0 = not known
  bool from_elsewhere = false;    // another process queued it and waits for its end
  // What another process needs to make the same plan: the body of the queue entry.
  boost::json::object entry;
};

// Errors: not_found (pipeline, provider, policy), config_invalid, capability_not_supported (an option this version does
// not have; a policy the provider cannot enforce), missing_required_capability, validation_error.
[[nodiscard]] Result<RunPlan> plan_run(const Wiring& wiring, const ExecutionOptions& options, const Caller& caller);
// From the body of a queue entry.
[[nodiscard]] Result<RunPlan> plan_from_entry(const Wiring& wiring, const boost::json::object& entry);

// The pipeline by name, empty = the default one. Errors: not_found listing what there is.
[[nodiscard]] Result<const Pipeline*> find_pipeline(const Wiring& wiring, const std::string& name);
[[nodiscard]] Result<std::shared_ptr<Provider>> find_provider(const Wiring& wiring, const std::string& name);

// The messages of an input that become message_sent events: `messages` (role and content; empty content dropped, role
// default user, lower-cased), else `prompt`, else a bare string.
struct InputMessage {
  std::string role;
  std::string content;       // its text
  boost::json::array parts;  // of one that is more than text: all of it; else empty
};
[[nodiscard]] std::vector<InputMessage> input_messages(const boost::json::value& input);

}  // namespace asmgr
