#include "core/routing/routed_run.hpp"

#include "core/model/json.hpp"
#include "core/routing/ill_health.hpp"
#include "core/routing/route_attempt.hpp"
#include "core/routing/routed_token.hpp"
#include "core/routing/target_info.hpp"

namespace asmgr {
namespace {

std::string result_of(const Error& error) {
  boost::json::object result;
  result["error"] = error.to_json();
  return to_text(result);
}

boost::json::array attempts_json(const std::vector<NextTarget::Failure>& failures) {
  boost::json::array attempts;
  for (const NextTarget::Failure& failure : failures) {
    boost::json::object& attempt = attempts.emplace_back(boost::json::object()).get_object();
    attempt["target"] = failure.target;
    attempt["error_code"] = code_name(failure.error.code());
    attempt["message"] = failure.error.message();
  }
  return attempts;
}

}  // namespace

RoutedRun::RoutedRun(std::shared_ptr<RouterParts> parts, const RunContext& context, Plan plan)
    : parts_(std::move(parts)),
      context_(context),
      channel_(*context.channel),
      start_(context.start),
      plan_(std::move(plan)) {}

RoutedRun::~RoutedRun() {
  if (permit_) parts_->board.released(plan_.order[place_ - 1], *permit_);
  finish(FinishStatus::cancelled, "{}");
}

std::shared_ptr<RouteAttempt> RoutedRun::attempt() const {
  const std::lock_guard lock(mutex_);
  return attempt_;
}

std::vector<std::string> RoutedRun::candidates() const {
  std::vector<std::string> names;
  names.reserve(plan_.order.size());
  for (const std::size_t target : plan_.order) names.push_back(info_of(target).name);
  return names;
}

bool RoutedRun::is_cancelled() const noexcept {
  return cancelled_.load() || (context_.cancel != nullptr && context_.cancel->cancelled());
}

void RoutedRun::cancel() noexcept {
  cancelled_.store(true);
  if (const auto under_way = attempt()) under_way->cancel();
}

void RoutedRun::next(std::optional<NextTarget::Failure> failure) {
  while (place_ < plan_.order.size()) {
    const std::size_t target = plan_.order[place_++];
    permit_ = parts_->board.admit(target);
    if (!permit_ && !plan_.bound) continue;  // others were quicker
    ++started_;
    NextTarget next;
    next.info = &info_of(target);
    next.candidates = candidates();
    next.failure = std::move(failure);
    return channel_.next_target(
        std::move(next), [self = shared_from_this(), target](Result<std::uint64_t> start) { self->go(target, start); });
  }
  finish(FinishStatus::failed, last_failure());
}

void RoutedRun::go(std::size_t target, const Result<std::uint64_t>& start) {
  if (start && !is_cancelled()) return start_target(target, *start);
  const auto permit = std::exchange(permit_, std::nullopt);
  if (start || start.error().code() != ErrorCode::plugin_disabled) {
    if (permit) parts_->board.released(target, *permit);
    return failures_.empty() ? finish(FinishStatus::cancelled, "{}") : finish(FinishStatus::failed, last_failure());
  }
  // Nobody was asked, so this was no attempt.
  const Error error = start.error();
  if (permit) parts_->board.failed(target, *permit, error);
  --started_;
  failures_.push_back({info_of(target).name, error, result_of(error)});
  next(failures_.back());
}

void RoutedRun::start_target(std::size_t target, std::uint64_t start) {
  const auto attempt = std::make_shared<RouteAttempt>(shared_from_this(), channel_, target, start,
                                                      parts_->providers[target], parts_->clock);
  {
    const std::lock_guard lock(mutex_);
    attempt_ = attempt;
  }
  attempt->begin(context_for(info_of(target), start));
}

// A session of its own is gone on with by the target that made it; any other one is told what was said.
RunContext RoutedRun::context_for(const ProviderInfo& target, std::uint64_t start) const {
  RunContext context = context_;
  context.start = start;
  const RoutedToken token = read_routed_token(context_.resume_token);
  const ProviderInfo* maker = token.token.empty() ? nullptr : find_leaf(target, token.target);
  const bool is_router = !target.targets.empty();
  if (maker == nullptr || !maker->can_resume_natively) {
    context.resume_token.clear();
  } else if (!is_router) {
    context.resume_token = token.token;
    context.transcript.clear();
  }
  return context;
}

void RoutedRun::attempt_finished(const RouteAttempt& attempt, FinishStatus status, std::string_view result_json) {
  {
    const std::lock_guard lock(mutex_);
    attempt_.reset();
  }
  if (status == FinishStatus::failed) return attempt_failed(attempt, result_json);
  if (status == FinishStatus::cancelled || attempt.has_misbehaved()) {
    settle(attempt, std::nullopt);
  } else {
    parts_->board.served(attempt.target(), std::exchange(permit_, std::nullopt), context_.session->id,
                         attempt.latency_ns());
  }
  if (status == FinishStatus::tool_calls) {
    const std::lock_guard lock(parts_->mutex);
    parts_->between_turns.keep(context_.run->id, attempt.target(), parts_->clock.monotonic_ns());
  }
  finish(status, result_json);
}

void RoutedRun::attempt_failed(const RouteAttempt& attempt, std::string_view result_json) {
  const std::string& name = info_of(attempt.target()).name;
  const auto result = parse_json_object(result_json, "result");
  Error error = error_of_result(result ? *result : boost::json::object(), name);
  settle(attempt, error);
  const bool goes_on = may_go_on(error, attempt.shown());
  failures_.push_back({name, std::move(error), std::string(result_json)});
  if (goes_on) return next(failures_.back());
  finish(FinishStatus::failed, last_failure());
}

// What becomes of a run that somebody stopped says nothing of its target, unless that was stopped for breaking the
// rules.
void RoutedRun::settle(const RouteAttempt& attempt, const std::optional<Error>& failure) {
  const auto permit = std::exchange(permit_, std::nullopt);
  if (!permit) return;
  if (attempt.has_misbehaved()) {
    parts_->board.failed(attempt.target(), *permit, Error(ErrorCode::plugin_misbehaved));
  } else if (failure && !is_cancelled()) {
    parts_->board.failed(attempt.target(), *permit, *failure);
  } else {
    parts_->board.released(attempt.target(), *permit);
  }
}

bool RoutedRun::may_go_on(const Error& error, bool shown) const {
  const RouteSettings& settings = parts_->board.settings();
  if (plan_.bound || is_cancelled() || !error.retryable()) return false;
  if (shown && !settings.failover_after_output) return false;
  if (started_ >= settings.max_attempts || place_ >= plan_.order.size()) return false;
  return parts_->clock.monotonic_ns() < context_.deadline_mono_ns;
}

void RoutedRun::finish(FinishStatus status, std::string_view result_json) noexcept {
  if (finished_.exchange(true)) return;
  {
    const std::lock_guard lock(parts_->mutex);
    parts_->runs.erase(start_);
  }
  channel_.finish(status, result_json);
}

// The result of the last attempt, whose error says of the others too.
std::string RoutedRun::last_failure() const {
  if (failures_.empty()) {
    return result_of(Error(ErrorCode::provider_unavailable,
                           "the targets that could have served the run were taken by others meanwhile; try again"));
  }
  const NextTarget::Failure& last = failures_.back();
  if (failures_.size() == 1) return last.result_json;
  auto parsed = parse_json_object(last.result_json, "result");
  boost::json::object result = parsed ? std::move(*parsed) : boost::json::object();
  boost::json::object error = last.error.to_json();
  boost::json::value& details = error["details"];
  if (!details.is_object()) details = boost::json::object();
  details.get_object()["attempts"] = attempts_json(failures_);
  result["error"] = std::move(error);
  return to_text(result);
}

}  // namespace asmgr
