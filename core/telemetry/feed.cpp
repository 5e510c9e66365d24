#include "core/telemetry/feed.hpp"

#include <algorithm>
#include <atomic>
#include <limits>
#include <map>
#include <set>
#include <vector>

#include "core/telemetry/feed_cursors.hpp"
#include "core/telemetry/sink_call.hpp"

namespace asmgr {
namespace {

constexpr std::uint32_t kChangesPerLook = 1000;
constexpr std::uint32_t kSessionPage = 1000;
constexpr std::chrono::milliseconds kChangePatience{1000};
constexpr std::uint64_t kWhateverItIs = std::numeric_limits<std::uint64_t>::max();
// A session that ended so long before everything was delivered has been delivered, whatever the clocks of hosts say.
constexpr std::chrono::hours kClockDoubt{1};

}  // namespace

class Feed::Worker {
 public:
  Worker(std::shared_ptr<Store> store, std::shared_ptr<EventSink> sink, FeedOptions options)
      : store_(std::move(store)),
        options_(std::move(options)),
        clock_(options_.clock != nullptr ? *options_.clock : system_clock()),
        log_(options_.log),
        cursors_(*store_, options_.consumer),
        publisher_(std::move(sink), options_.publish_limit, log_, options_.observer) {}

  void run() {
    std::chrono::milliseconds pause = options_.first_pause;
    while (!stop_.cancelled()) {
      const Result<void> done = step();
      if (done) {
        pause = options_.first_pause;
        wait_for_change();
        continue;
      }
      if (stop_.cancelled()) return;
      failures_.fetch_add(1);
      if (pause == options_.first_pause) {
        log_({.level = ASMGR_LOG_WARN,
              .message =
                  "the feed of '" + options_.consumer + "' stands still: " + done.error().message() + "; trying again",
              .plugin = publisher_.sink_name()});
      }
      stop_.wait_for(pause);
      pause = std::min(pause * 2, options_.longest_pause);
    }
  }

  void stop() noexcept {
    stop_.cancel();
    publisher_.cancel();
  }
  [[nodiscard]] FeedStatus status() const { return {delivered_.load(), failures_.load()}; }

 private:
  // One look at what is new, and its delivery. An error leaves everything to be tried again.
  [[nodiscard]] Result<void> step() {
    if (!known_) {
      auto read = cursors_.read();
      if (!read) return read.error();
      progress_ = std::move(*read);
      known_ = true;
    }
    if (waiting_.empty()) {
      if (auto looked = look(); !looked) return looked;
    }
    while (!waiting_.empty()) {
      if (stop_.cancelled()) return {};
      const std::string session = *waiting_.begin();
      if (auto delivered = deliver(session); !delivered) {
        (void)save();  // what the sink has, it need not get again
        return delivered;
      }
      waiting_.erase(waiting_.begin());
    }
    complete_ = true;
    return save();
  }

  // Which sessions have something new.
  [[nodiscard]] Result<void> look() {
    complete_ = false;
    seen_.clear();
    looked_at_ = clock_.now();
    ChangeFeed* changes = store_->changes();
    next_change_ = progress_.change;
    if (changes == nullptr || !progress_.caught_up_at.is_set()) return look_through_all(changes);
    auto found = changes->read(progress_.change, kChangesPerLook);
    if (!found && found.error().code() == ErrorCode::cursor_expired) return look_through_all(changes);
    if (!found) return found.error();
    for (const Change& change : *found) {
      next_change_ = std::max(next_change_, change.change);
      const bool of_log = (change.kinds & (Change::kEvents | Change::kRuns | Change::kSession)) != 0;
      if (!of_log || change.session_id.empty() || !news(change)) continue;
      waiting_.insert(change.session_id);
      seen_[change.session_id] = std::max(seen_[change.session_id], change.last_sequence);
    }
    more_ = found->size() == kChangesPerLook;
    if (!more_) finished_here_.clear();
    return {};
  }
  // A change without events is only of interest for a session that is followed already.
  [[nodiscard]] bool news(const Change& change) const {
    if (progress_.delivered.contains(change.session_id)) return true;
    const auto finished = finished_here_.find(change.session_id);
    if (finished != finished_here_.end() && change.last_sequence <= finished->second) return false;
    return (change.kinds & Change::kEvents) != 0;
  }

  [[nodiscard]] Result<void> look_through_all(ChangeFeed* changes) {
    if (changes != nullptr) {
      auto latest = changes->latest();  // before the list, so that nothing lies between
      if (!latest) return latest.error();
      next_change_ = *latest;
    }
    const Timestamp surely{progress_.caught_up_at.us - std::chrono::microseconds(kClockDoubt).count()};
    SessionQuery query;
    query.limit = kSessionPage;
    query.include_deleted = true;
    std::set<std::string> found;
    while (true) {
      auto page = store_->list_sessions(query);
      if (!page) return page.error();
      for (const Session& session : *page) {
        const bool followed = progress_.delivered.contains(session.id);
        const bool over = is_terminal(session.status) || session.deleted_at.is_set();
        const bool long_ago = progress_.caught_up_at.is_set() && session.updated_at < surely;
        if (!followed && over && (long_ago || finished_here_.contains(session.id))) continue;
        found.insert(session.id);
        seen_[session.id] = kWhateverItIs;
      }
      if (page->size() < kSessionPage) break;
      query.after_id = page->back().id;
    }
    waiting_ = std::move(found);
    more_ = false;
    return {};
  }

  [[nodiscard]] Result<void> deliver(const std::string& session) {
    auto at = progress_.delivered.find(session);
    std::uint64_t cursor = at == progress_.delivered.end() ? 0 : at->second;
    EventQuery query;
    query.session_id = session;
    query.limit = publisher_.max_batch();
    while (true) {
      query.after = cursor;
      auto events = store_->get_events(query);
      if (!events && events.error().category() == ErrorCategory::resource) break;  // removed meanwhile
      if (!events) return events.error();
      if (events->empty()) break;
      const std::uint64_t last = events->back().sequence_number;
      const std::size_t count = events->size();
      if (auto published = publisher_.publish(std::move(*events)); !published) return published.error();
      delivered_.fetch_add(count);
      cursor = last;
      progress_.delivered[session] = cursor;
      moved_.insert(session);
    }
    auto over = is_over(session, cursor);
    if (!over) return over.error();
    // What came after the look will be met again, and must find the session's record.
    if (*over && cursor <= seen_[session]) finished_.insert(session);
    return {};
  }

  // Nothing will be appended any more, and all of it is delivered.
  [[nodiscard]] Result<bool> is_over(const std::string& id, std::uint64_t delivered) {
    auto session = store_->get_session({}, id);
    if (!session) return session.error().category() == ErrorCategory::resource ? Result<bool>(true) : session.error();
    if (!is_terminal(session->status) && !session->deleted_at.is_set()) return false;
    RunQuery running;
    running.session_id = id;
    running.statuses = {RunStatus::running};
    running.limit = 1;
    auto runs = store_->list_runs(running);
    if (!runs) return runs.error();
    if (!runs->empty()) return false;
    auto head = store_->head(id);  // after the runs: their last events stand before it
    if (!head) return head.error();
    return head->last_sequence == delivered;
  }

  // Writes down what was delivered since the last time. A session's record goes only together with the change number
  // behind it: else it would begin anew after a restart.
  [[nodiscard]] Result<void> save() {
    const bool advanced = complete_ && (next_change_ != progress_.change || !progress_.caught_up_at.is_set());
    const bool anything = !moved_.empty() || (complete_ && !finished_.empty());
    if (!anything && !advanced) return {};
    if (!anything && progress_.caught_up_at.is_set()) {  // its own records are changes too, and worth no write
      progress_.change = next_change_;
      return {};
    }
    FeedCursors::Step step;
    for (const std::string& session : moved_) step.moved[session] = progress_.delivered[session];
    if (complete_) step.finished = finished_;
    step.change = complete_ ? next_change_ : progress_.change;
    step.caught_up_at = complete_ ? looked_at_ : progress_.caught_up_at;
    if (auto written = cursors_.write(step); !written) {
      if (written.error().code() == ErrorCode::version_conflict) start_over();
      return written;
    }
    moved_.clear();
    progress_.change = step.change;
    progress_.caught_up_at = step.caught_up_at;
    if (!complete_) return {};
    for (const std::string& session : finished_) {
      if (seen_[session] == kWhateverItIs) finished_here_[session] = progress_.delivered[session];
      progress_.delivered.erase(session);
    }
    finished_.clear();
    return {};
  }

  void start_over() {
    known_ = false;
    waiting_.clear();
    moved_.clear();
    finished_.clear();
  }

  void wait_for_change() {
    if (more_) return;
    if (ChangeFeed* changes = store_->changes()) {
      changes->wait(progress_.change, kChangePatience, stop_);
    } else {
      stop_.wait_for(options_.poll);
    }
  }

  std::shared_ptr<Store> store_;
  FeedOptions options_;
  const Clock& clock_;
  EngineLog log_;
  FeedCursors cursors_;
  SinkCalls publisher_;
  CancelToken stop_;
  std::atomic<std::uint64_t> delivered_{0};
  std::atomic<std::uint64_t> failures_{0};

  bool known_ = false;  // progress_ is what the store has, and what was delivered since
  FeedProgress progress_;
  std::uint64_t next_change_ = 0;  // what the change number will be once `waiting_` is delivered
  Timestamp looked_at_;
  std::set<std::string> waiting_;              // sessions that may have something new
  std::map<std::string, std::uint64_t> seen_;  // their last numbers at that look
  std::set<std::string> moved_;                // delivered further than the store knows
  std::set<std::string> finished_;             // terminal and delivered; their records are still there
  // Terminal and delivered without a record, with their last numbers: what the list of all sessions shows again.
  std::map<std::string, std::uint64_t> finished_here_;
  bool complete_ = false;  // all of `waiting_` was delivered
  bool more_ = false;      // there are more changes than one look takes
};

Feed::Feed(std::shared_ptr<Store> store, std::shared_ptr<EventSink> sink, FeedOptions options)
    : worker_(std::make_unique<Worker>(std::move(store), std::move(sink), std::move(options))),
      thread_([worker = worker_.get()] { worker->run(); }) {}

Feed::~Feed() {
  worker_->stop();
  thread_.join();
}

FeedStatus Feed::status() const {
  return worker_->status();
}

}  // namespace asmgr
