// The provider port: something that can carry out a run. Contract in full: sdk/include/asmgr/abi/provider.h.
#pragma once

#include <atomic>
#include <boost/json/object.hpp>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/capability.hpp"
#include "core/model/event.hpp"
#include "core/model/run.hpp"
#include "core/model/session.hpp"
#include "core/ports/cancel.hpp"

namespace asmgr {

// How firmly a provider's tools can be held back, weakest first.
enum class EnforcementGrade : std::uint8_t { observe, cancel, intercept, own };
[[nodiscard]] std::string_view grade_name(EnforcementGrade grade) noexcept;
[[nodiscard]] std::optional<EnforcementGrade> parse_grade(std::string_view name) noexcept;

// Something outside the plugin that runs cannot do without.
struct ProviderNeed {
  enum class Kind : std::uint8_t {
    program,  // `what`: a name that is searched for in PATH, or a file
    address,  // `what`: a URL, of which scheme, host and port count
    setting,  // `what`: a key of the provider's `config:` block that is empty
  };
  Kind kind = Kind::program;
  std::string what;
  std::string todo;  // how to have it, as an imperative sentence without a full stop; may be empty
};

struct ProviderInfo {
  std::string name;    // instance name
  std::string vendor;  // key of the price table
  std::vector<Capability> capabilities;
  std::vector<std::string> models;                // the first is what a run uses that names no other
  std::optional<std::int64_t> max_output_tokens;  // of one answer, above 0; empty = not known
  std::optional<std::int64_t> max_turns;          // grade `own`: model calls of one run, above 0; empty = no bound
  std::vector<std::string> hints;                 // options of policies that it honours
  std::vector<ProviderNeed> needs;                // what must be there for runs to succeed
  EnforcementGrade grade = EnforcementGrade::observe;
  bool usage_is_total = false;  // token_usage_updated carries totals, not deltas
  std::int64_t heartbeat_ms = 0;
  bool starts_over = false;  // a run that was left waiting goes on by the same input again, and not by a message
  bool can_resume_natively = false;
  bool can_steer = false;
  std::string describe_json;  // what the provider said of itself, verbatim
  // Of a router, which is made of other providers: theirs, in its order; empty for all others.
  std::vector<ProviderInfo> targets;
};

enum class EmitAnswer : std::uint32_t { go_on = 0, pause = 1, stop = 2 };
enum class EmitMode : std::uint8_t { asynchronous, may_block };
enum class FinishStatus : std::uint32_t { completed = 1, failed = 2, cancelled = 3, tool_calls = 4 };
enum class ToolVerdict : std::uint32_t { allow = 1, deny = 2 };

// A router is about to start one of its targets.
struct NextTarget {
  const ProviderInfo* info = nullptr;   // of the target; lives as long as the run's context
  std::vector<std::string> candidates;  // of the router that the run was given to, in the order in which it tries them
  // How the target before it ended, when one did.
  struct Failure {
    std::string target;
    Error error;
    std::string result_json;  // as for RunChannel.finish
  };
  std::optional<Failure> failure;
};

// What a provider talks to while a start runs; the engine's side of it.
class RunChannel {
 public:
  virtual ~RunChannel() = default;
  // The views are copied before it returns. A provider calls it serially; calls that meet stay whole, in some order.
  virtual EmitAnswer emit(std::span<const EventView> events, EmitMode mode) noexcept = 0;
  virtual void ask(std::uint64_t ticket, std::string_view tool_call_json) noexcept = 0;
  // Exactly once per start; after it returns the context may be gone.
  virtual void finish(FinishStatus status, std::string_view result_json) noexcept = 0;
  // The provider broke the boundary's rules (invalid text, sizes, ...): the run fails plugin_misbehaved.
  virtual void misbehaved(std::string_view what) noexcept = 0;
  // For routers: tells which provider is next, not while emit runs. What was emitted before belongs to the one before.
  // `go` is called once, with the number for the target's start (unique in this process) or with why the target may not
  // be started (plugin_disabled: another one may; else none may), and starts it before it returns. When the run is over
  // it may be destroyed without having been called.
  using Go = std::function<void(Result<std::uint64_t> start)>;
  virtual void next_target(NextTarget next, Go go) noexcept = 0;
};

// Lives, with all it points to, until finish has returned.
struct RunContext {
  std::uint64_t start = 0;  // unique in this process
  std::uint32_t turn = 1;
  const Session* session = nullptr;
  const Run* run = nullptr;
  std::string options = "{}";
  std::string transcript;
  std::string tools;
  std::string resume_token;
  // For whoever runs the tools of a provider of grade `own`: the calls that waited for a person when the run was left,
  // [{"tool_call_id","tool_name","tool_input"}]; empty = none. The run goes on with them, asking about each as if the
  // model had just wanted it, and not with its input, which stands in the transcript.
  std::string waiting_calls;
  std::vector<CapabilityNeed> required;  // what whoever serves the run must offer
  const CancelToken* cancel = nullptr;
  std::int64_t deadline_mono_ns = std::numeric_limits<std::int64_t>::max();
  RunChannel* channel = nullptr;
  // Gives the numbers of starts in this process: whoever begins further starts on behalf of this one takes the next
  // (fetch_add(1) + 1). Never null in a context that the engine made.
  std::shared_ptr<std::atomic<std::uint64_t>> last_start;
};

// Every function may be called from any thread; none throws; none waits for a run.
class Provider {
 public:
  virtual ~Provider() = default;
  [[nodiscard]] virtual const ProviderInfo& info() const noexcept = 0;
  [[nodiscard]] virtual Result<void> start(const RunContext& context) = 0;
  virtual void cancel(std::uint64_t start) noexcept = 0;
  virtual void resume(std::uint64_t start) noexcept = 0;  // flow: emit again
  [[nodiscard]] virtual Result<void> resolve(std::uint64_t start, std::uint64_t ticket, ToolVerdict verdict,
                                             std::string_view note, std::string_view edited_input_json) = 0;
  // Errors: capability_not_supported when the provider has no such facet.
  [[nodiscard]] virtual Result<void> steer(std::uint64_t start, std::string_view message_json) = 0;
  [[nodiscard]] virtual Result<std::string> resume_token(std::uint64_t start) = 0;  // empty = none
};

}  // namespace asmgr
