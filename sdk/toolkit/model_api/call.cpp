#include "call.hpp"

#include <algorithm>
#include <asmgr/cpp/status.hpp>
#include <asmgr/toolkit/json_view.hpp>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <utility>
#include <vector>

#include "failures.hpp"

namespace asmgr::model_api {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;

constexpr std::size_t kMostOfRefusal = std::size_t{64} << 10;
// An API that stops and asks to be asked again, over and over, is not answering.
constexpr std::uint32_t kMostContinuations = 10;
// How long the end of an exchange may take after the end of its answer, for the connection to be used again.
constexpr milliseconds kLinger{1'000};

bool is_event_stream(const std::string& content_type) {
  constexpr std::string_view kType = "text/event-stream";
  return content_type.empty() || content_type.compare(0, kType.size(), kType) == 0;
}

bool is_success(int status) {
  return status >= 200 && status < 300;
}

json::array tool_calls_json(const std::vector<ToolCall>& calls) {
  json::array list;
  for (const ToolCall& call : calls) {
    json::object item;
    item["id"] = call.id;
    item["name"] = call.name;
    item["input"] = call.input;
    list.push_back(std::move(item));
  }
  return list;
}

}  // namespace

Call::Call(CallHost& shared, sdk::Run run, Prompt prompt, http::Request request)
    : shared_(shared),
      run_(std::move(run)),
      start_(run_.context().start()),
      prompt_(std::move(prompt)),
      request_(std::move(request)) {
  const auto now = Clock::now();
  if (shared_.settings.timeouts.total.count() > 0) deadline_ = now + shared_.settings.timeouts.total;
  const std::int64_t host_deadline = run_.context().deadline_mono_ns();
  if (host_deadline == INT64_MAX) return;
  const auto of_host = now + std::chrono::nanoseconds(host_deadline - shared_.host.mono_ns());
  deadline_ = deadline_ ? std::min(*deadline_, of_host) : of_host;
}

void Call::next_try() {
  if (over_) return;
  if (paused_) {
    try_when_resumed_ = true;
  } else {
    send();
  }
}

void Call::send() {
  ++attempt_;
  ++tries_;
  status_ = 0;
  content_type_.clear();
  retry_after_.reset();
  refusal_.clear();
  parser_ = std::make_unique<sse::Parser>();
  reader_ = shared_.dialect->reader(prompt_);
  reading_ = More{};
  http::Request request = request_;
  if (deadline_) {
    const auto left = std::chrono::ceil<milliseconds>(*deadline_ - Clock::now());
    request.timeouts.total = std::max(left, milliseconds(1));
  }
  exchange_ = shared_.client->send(std::move(request), shared_.handlers(start_, attempt_));
}

void Call::cancel() {
  if (over_) return;
  finish(ASMGR_FINISH_CANCELLED, {});
}

void Call::resume() {
  if (over_ || !std::exchange(paused_, false)) return;
  if (std::exchange(try_when_resumed_, false)) return send();
  if (exchange_ != 0) shared_.client->resume(exchange_);
}

void Call::on_head(std::uint32_t attempt, int status, const http::Headers& headers) {
  if (!is_current(attempt)) return;
  status_ = status;
  if (const std::string* type = http::find_header(headers, "content-type")) content_type_ = *type;
  retry_after_ = read_retry_after(headers, std::chrono::system_clock::now());
}

http::Flow Call::on_bytes(std::uint32_t attempt, std::string_view bytes) {
  if (!is_current(attempt)) return http::Flow::kGoOn;  // the rest of an answer that nobody waits for
  if (is_success(status_) && is_event_stream(content_type_)) return read_events(bytes);
  refusal_.append(bytes.substr(0, kMostOfRefusal - std::min(kMostOfRefusal, refusal_.size())));
  return http::Flow::kGoOn;
}

http::Flow Call::read_events(std::string_view bytes) {
  bool readable = true;
  try {
    readable = parser_->feed(bytes, [this](const sse::Event& event) {
      if (std::holds_alternative<More>(reading_)) reading_ = reader_->on_event(event.name, event.data, output_);
    });
  } catch (const std::exception& thrown) {
    reading_ = failure_of_exception(thrown);
  }
  if (!readable) reading_ = Failure{ASMGR_E_PROVIDER, "protocol_error", parser_->error(), false, std::nullopt};
  if (std::holds_alternative<Done>(reading_)) {
    conclude();
    return http::Flow::kGoOn;
  }
  const std::uint32_t verdict = emit_batch();
  if (verdict == ASMGR_STOP) return stop();
  if (const auto* failure = std::get_if<Failure>(&reading_)) {
    let_exchange_end();
    fail_or_retry(*failure);
    return http::Flow::kGoOn;
  }
  return paused_ ? http::Flow::kPause : http::Flow::kGoOn;
}

http::Flow Call::stop() {
  finish(ASMGR_FINISH_CANCELLED, {});
  return http::Flow::kGoOn;
}

void Call::on_end(std::uint32_t attempt, const http::Outcome& outcome) {
  if (!is_current(attempt)) return;
  exchange_ = 0;
  if (outcome.ending == http::Ending::kCancelled) return cancel();  // by the end of the client
  if (outcome.ending == http::Ending::kError) return fail_or_retry(failure_of_outcome(outcome));
  if (is_success(status_) && is_event_stream(content_type_)) return conclude();
  fail_or_retry(refused_answer());
}

Failure Call::refused_answer() {
  if (is_success(status_)) {
    return Failure{ASMGR_E_PROVIDER, "protocol_error",
                   shared_.description.vendor + " answered with " + content_type_ +
                       " instead of a stream of events; check base_url and what stands between",
                   false, std::nullopt};
  }
  Failure failure = failure_of_status(status_);
  try {
    failure = shared_.dialect->read_error(status_, refusal_);
  } catch (const std::exception&) {
    // The status says enough.
  }
  if (retry_after_) failure.retry_after = retry_after_;  // else what the body says, as Gemini's does
  return failure;
}

// The stream has ended, in order as far as HTTP is concerned.
void Call::conclude() {
  std::variant<Answer, Failure> ended = Failure{};
  try {
    ended = reader_->end(output_);
  } catch (const std::exception& thrown) {
    ended = failure_of_exception(thrown);
  }
  if (auto* failure = std::get_if<Failure>(&ended)) {
    if (emit_batch() == ASMGR_STOP) return finish(ASMGR_FINISH_CANCELLED, {});
    let_exchange_end();
    return fail_or_retry(std::move(*failure));
  }
  const Answer& answer = std::get<Answer>(ended);
  if (answer.goes_on && answer.calls.empty()) return go_on(answer);
  output_.add(ASMGR_EV_TURN_COMPLETED, {});
  if (emit_batch() == ASMGR_STOP) return finish(ASMGR_FINISH_CANCELLED, {});
  succeed(answer);
}

// Asks for the rest of an answer.
void Call::go_on(const Answer& answer) {
  if (emit_batch() == ASMGR_STOP) return finish(ASMGR_FINISH_CANCELLED, {});
  let_exchange_end();
  if (++continuations_ > kMostContinuations) {
    return fail(Failure{ASMGR_E_PROVIDER, answer.stop_reason,
                        shared_.description.vendor + " stopped in the middle of its answer " +
                            std::to_string(continuations_) + " times; ask for less at once",
                        false, std::nullopt});
  }
  said_before_ += answer.content;
  Message so_far{Role::kAssistant, {}, answer.verbatim};
  if (!answer.content.empty()) so_far.parts.emplace_back(Text{answer.content});
  prompt_.messages.push_back(std::move(so_far));
  try {
    http::Request next = shared_.dialect->request(prompt_);
    request_.url = std::move(next.url);
    request_.body = std::move(next.body);
  } catch (const std::exception& thrown) {
    return fail(failure_of_exception(thrown));
  }
  tries_ = 0;
  handed_over_ = false;
  output_.next_answer();
  next_try();
}

void Call::succeed(const Answer& answer) {
  json::object output;
  output["content"] = said_before_ + answer.content;
  output["stop_reason"] = answer.stop_reason;
  if (answer.structured) output["structured"] = *answer.structured;
  json::object result;
  result["output"] = std::move(output);
  result["stop_reason"] = answer.stop_reason;
  const std::string& model = answer.model.empty() ? prompt_.model : answer.model;
  if (!model.empty()) result["model"] = model;
  if (answer.calls.empty()) return finish(ASMGR_FINISH_COMPLETED, result);
  result["tool_calls"] = tool_calls_json(answer.calls);
  RememberedTurn turn;
  for (const ToolCall& call : answer.calls) turn.call_ids.push_back(call.id);
  turn.verbatim = answer.verbatim;
  shared_.memory->remember(prompt_.run_id, std::move(turn));
  finish(ASMGR_FINISH_TOOL_CALLS, result);
}

void Call::fail_or_retry(Failure failure) {
  const auto delay = pause_before_retry(failure);
  if (!delay) return fail(failure);
  announce_retry(failure, *delay);
  if (!over_) shared_.try_later(start_, *delay);
}

// Empty: it is not tried again.
std::optional<milliseconds> Call::pause_before_retry(const Failure& failure) {
  if (!failure.retryable || handed_over_ || tries_ > shared_.settings.max_retries) return std::nullopt;
  if (failure.retry_after && *failure.retry_after > kLongestRetryAfter) return std::nullopt;
  const milliseconds delay = shared_.back_off->before_next(tries_, failure.retry_after);
  if (deadline_ && Clock::now() + delay >= *deadline_) return std::nullopt;
  return delay;
}

void Call::announce_retry(const Failure& failure, milliseconds delay) {
  json::object data = error_of(failure, shared_.description.vendor, status_);
  json::object event;
  event["attempt"] = tries_;
  event["error_code"] = data["code"];
  event["error_message"] = data["message"];
  event["will_retry"] = true;
  event["retry_in_ms"] = delay.count();
  event["provider_error"] = data["provider_error"];
  output_.add(ASMGR_EV_ERROR_OCCURRED, event);
  const bool handed_over = handed_over_;
  if (emit_batch() == ASMGR_STOP) return finish(ASMGR_FINISH_CANCELLED, {});
  handed_over_ = handed_over;
}

void Call::give_up(const std::exception& thrown) {
  if (!over_) fail(failure_of_exception(thrown));
}

void Call::fail(const Failure& failure) {
  json::object result;
  result["error"] = error_of(failure, shared_.description.vendor, status_);
  finish(ASMGR_FINISH_FAILED, result);
}

void Call::finish(std::uint32_t status, const json::object& result) {
  over_ = true;
  if (status == ASMGR_FINISH_CANCELLED || status == ASMGR_FINISH_FAILED) {
    if (exchange_ != 0) shared_.client->cancel(std::exchange(exchange_, 0));
  } else {
    let_exchange_end();
  }
  if (status != ASMGR_FINISH_TOOL_CALLS) shared_.memory->forget(prompt_.run_id);
  if (output_.unknown_count() > 0) {
    shared_.host.log(ASMGR_LOG_DEBUG, shared_.description.vendor,
                     std::to_string(output_.unknown_count()) + " parts of an answer were not known and ignored");
  }
  json::object whole = result;
  if (const Usage used = output_.used(); is_any(used)) whole["token_usage"] = usage_json(used);
  run_.finish(status, json::serialize(whole));
}

// The answer is complete but perhaps not the exchange: a short while lets its connection be used again.
void Call::let_exchange_end() {
  if (exchange_ == 0) return;
  const http::ExchangeId exchange = std::exchange(exchange_, 0);
  shared_.client->post_after(kLinger, [client = shared_.client, exchange] { client->cancel(exchange); });
}

std::uint32_t Call::emit_batch() {
  if (output_.empty()) return ASMGR_GO_ON;
  handed_over_ = true;
  const std::vector<Output::Made> made = output_.take();
  std::vector<asmgr_event> events;
  events.reserve(made.size());
  for (const Output::Made& one : made) events.push_back(sdk::event(one.type, one.data));
  const std::uint32_t verdict = run_.emit(events.data(), events.size());
  paused_ = verdict == ASMGR_PAUSE;
  return verdict;
}

}  // namespace asmgr::model_api
