// `asmgr events`: reads or follows a session's log.
#include <chrono>
#include <optional>
#include <stop_token>
#include <thread>

#include "host/cli/command.hpp"
#include "host/cli/event_text.hpp"
#include "host/cli/event_writer.hpp"
#include "host/cli/opening.hpp"

namespace asmgr::cli {
namespace {

// How long a following reader puts up with a store that does not answer.
constexpr std::chrono::seconds kStorePatience{30};
constexpr std::chrono::milliseconds kStoreRetryPause{500};
constexpr std::uint32_t kPage = 500;

class EventsCommand final : public Command {
 public:
  explicit EventsCommand(CLI::App& app) {
    app.add_option("SESSION", session_, "The session's id")->required()->type_name("");
    auto* follow =
        app.add_flag("-f,--follow", follow_, "Wait for more until the session has ended and no run of it is running");
    app.add_option("--after", after_, "Only events above this number")->type_name("N");
    app.add_option("--before", before_, "Only events below this number")->type_name("N")->excludes(follow);
    app.add_option("--limit", limit_, "At most so many (default: all)")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 40U))
        ->type_name("N");
    app.add_option("--type", types_, "Only events of this type; may be repeated")
        ->type_name("TYPE")
        ->expected(1)
        ->allow_extra_args(false)
        ->take_all();
    app.add_option("--run", run_, "Only events of this run; with --follow ends when it does")->type_name("ID");
    app.add_option("--since", since_, "Only events at or after this time, e.g. 2026-01-02T03:04:05Z")
        ->type_name("TIME");
    add_render_options(app, render_);
    add_store_option(app, pipeline_);
  }

  Result<ExitCode> run(Invocation& invocation) override {
    if (auto checked = Rendering::check(invocation.console, render_); checked.has_error()) return checked.error();
    const auto since = parse_time_option("--since", since_);
    if (since.has_error()) return since.error();
    auto opened = open_store(invocation, pipeline_);
    if (opened.has_error()) return opened.error();
    const auto rendering = Rendering::open(invocation.console, render_, Unsaid::not_rendered);
    EventWriter writer(invocation.console, *rendering);
    return follow_ ? follow(invocation, (*opened)->manager(), writer, *since)
                   : read(invocation, (*opened)->manager(), writer, *since);
  }

 private:
  [[nodiscard]] bool enough(const EventWriter& writer) const { return limit_ != 0 && writer.written() >= limit_; }

  Result<ExitCode> read(Invocation& invocation, SessionManager& manager, EventWriter& writer,
                        const std::optional<Timestamp>& since) const {
    GetEventsOptions options;
    options.session_id = session_;
    options.run_id = run_;
    options.types = types_;
    options.since = since;
    options.after = after_;
    options.before = before_;
    bool more = true;
    while (more && !invocation.console.broken()) {
      const std::uint64_t wanted = limit_ == 0 ? kPage : std::min<std::uint64_t>(kPage, limit_ - writer.written());
      // One more tells whether there are more.
      options.limit = static_cast<std::uint32_t>(wanted) + 1;
      const auto page = manager.get_session_events(options);
      if (page.has_error()) return writer.fail(page.error());
      for (std::size_t i = 0; i < page->size() && i < wanted; ++i) {
        options.after = (*page)[i].sequence_number;
        writer.add(view_of((*page)[i]));
      }
      more = page->size() > wanted;
      if (more && enough(writer)) break;
    }
    writer.finish(more && enough(writer) ? std::to_string(options.after) : std::string());
    return ExitCode::done;
  }

  Result<ExitCode> follow(Invocation& invocation, SessionManager& manager, EventWriter& writer,
                          const std::optional<Timestamp>& since) const {
    std::stop_source stop;
    StreamEventsOptions options;
    options.session_id = session_;
    options.run_id = run_;
    options.types = types_;
    options.since = since;
    options.after = after_;
    options.until = run_.empty() ? StreamUntil::session_terminal : StreamUntil::run_terminal;
    options.stop = stop.get_token();
    invocation.signals.on_first([&stop] { stop.request_stop(); });
    auto stream = manager.stream_session_events(std::move(options));
    auto end = stream.has_error() ? Result<void>(stream.error())
                                  : copy(**stream, invocation.console, writer, stop.get_token());
    if (stream.has_value()) stream->reset();
    invocation.signals.clear();
    if (end.has_error()) return writer.fail(end.error());
    writer.finish({});
    const bool interrupted = invocation.signals.stopped() && !enough(writer);
    return interrupted ? ExitCode::cancelled : ExitCode::done;
  }

  Result<void> copy(EventStream& stream, Console& console, EventWriter& writer, const std::stop_token& stop) const {
    auto last_good = std::chrono::steady_clock::now();
    while (!enough(writer) && !console.broken() && !stop.stop_requested()) {
      const auto event = stream.next();
      const auto now = std::chrono::steady_clock::now();
      if (event.has_error()) {
        if (!event.error().retryable() || now - last_good > kStorePatience) return event.error();
        std::this_thread::sleep_for(kStoreRetryPause);
        continue;
      }
      last_good = now;
      if (*event == nullptr) break;
      writer.add(view_of(**event));
      console.flush();
    }
    return {};
  }

  std::string session_, run_, since_, pipeline_;
  std::vector<std::string> types_;
  RenderFlags render_;
  std::uint64_t after_ = 0;
  std::uint64_t before_ = 0;
  std::uint64_t limit_ = 0;
  bool follow_ = false;
};

}  // namespace

void add_events_command(CommandSet& commands) {
  commands.add<EventsCommand>(
      commands.root(), "events", "Read or follow the log of a session",
      "asmgr events ses_0198c0ffee0070008000000000000001 --follow\n"
      "asmgr events ses_0198c0ffee0070008000000000000001 --render studio --tool-output preview\n"
      "asmgr events ses_0198c0ffee0070008000000000000001 --type tool_call_started --output jsonl");
}

}  // namespace asmgr::cli
