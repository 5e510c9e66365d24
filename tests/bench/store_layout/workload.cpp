#include "tests/bench/store_layout/workload.hpp"

#include <asmgr/plugin.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <memory>
#include <random>
#include <stdexcept>

#include "tests/bench/store_layout/bare_sqlite.hpp"
#include "tests/plugins/contract/store_client.hpp"

namespace asmgr::bench {
namespace {

using Clock = std::chrono::steady_clock;
using contract::StoreClient;
using contract::TempFolder;

// About what a streamed piece of a message is.
const std::string kData =
    R"({"delta":"The quick brown fox jumps over the lazy dog and then sits down beside it, because there is no hurry.",)"
    R"("message_id":"msg_0190a3b4c5d6e7f80123456789abcdef","index":12,"role":"assistant"})";
const std::string kMetadata = R"({"attempt":1})";
const std::string kOwner = "host_0190a3b4c5d6e7f80123456789abcdef";

double microseconds(Clock::duration time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

double percentile(std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

// What this thread has had of the processor.
double cpu_microseconds() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

Outcome outcome_of(std::size_t events, Clock::duration took, double cpu_us, std::vector<double>& commits) {
  Outcome outcome;
  outcome.cpu_us_per_event = cpu_us / static_cast<double>(events);
  outcome.events_per_second = static_cast<double>(events) * 1e6 / microseconds(took);
  outcome.commit_p50_us = percentile(commits, 0.50);
  outcome.commit_p99_us = percentile(commits, 0.99);
  return outcome;
}

double size_of_database(const std::string& path) {
  double size = 0;
  for (const char* suffix : {"", "-wal"}) {
    std::error_code none;
    const auto bytes = std::filesystem::file_size(path + suffix, none);
    if (!none) size += static_cast<double>(bytes);
  }
  return size;
}

std::string session_id(std::size_t index) {
  return contract::usual_id("ses", index + 1);
}

asmgr_str borrow(const std::string& text) {
  return {text.data(), text.size()};
}

// The structs of one commit, made once and only renumbered, so that the store alone is measured.
class CommitBuffer {
 public:
  explicit CommitBuffer(const Workload& workload)
      : workload_(workload),
        last_(workload.sessions, 0),
        events_(workload.units_per_commit * workload.events_per_unit),
        ids_(events_.size()),
        units_(workload.units_per_commit),
        results_(workload.units_per_commit) {
    for (std::size_t i = 0; i < workload.sessions; ++i) sessions_.push_back(session_id(i));
  }

  // Returns how many events it wrote.
  std::size_t commit(const StoreClient& store) {
    std::size_t at = 0;
    for (std::size_t u = 0; u < units_.size(); ++u) fill_unit(u, (next_ + u) % workload_.sessions, at);
    next_ = (next_ + units_.size()) % workload_.sessions;
    const asmgr_array units{units_.data(), static_cast<std::uint32_t>(units_.size()), sizeof(asmgr_commit_unit)};
    const asmgr_array results{results_.data(), static_cast<std::uint32_t>(results_.size()),
                              sizeof(asmgr_commit_result)};
    const asmgr_status status = store.table().commit(store.instance(), &units, &results, UINT64_MAX, nullptr);
    if (status != ASMGR_OK) throw std::runtime_error("a commit failed");
    for (const asmgr_commit_result& result : results_)
      if (result.status != ASMGR_OK) throw std::runtime_error("a unit was refused");
    return at;
  }

 private:
  void fill_unit(std::size_t index, std::size_t session, std::size_t& at) {
    asmgr_commit_unit& unit = units_[index];
    unit = asmgr_commit_unit{};
    unit.size = sizeof(unit);
    unit.session_id = borrow(sessions_[session]);
    unit.owner = borrow(kOwner);
    unit.epoch = 1;
    unit.expected_last_seq = last_[session];
    unit.events = {&events_[at], static_cast<std::uint32_t>(workload_.events_per_unit), sizeof(asmgr_event)};
    for (std::size_t i = 0; i < workload_.events_per_unit; ++i, ++at) {
      ids_[at] = contract::usual_id("evt", ++made_);
      asmgr_event& event = events_[at];
      event = asmgr_event{};
      event.size = sizeof(event);
      event.schema = 1;
      event.seq = ++last_[session];
      event.time_us = 1'700'000'000'000'000 + static_cast<std::int64_t>(made_);
      event.type = ASMGR_EV_MESSAGE_STREAMED;
      event.id = borrow(ids_[at]);
      event.run_id = borrow(run_);
      event.type_name = borrow(type_);
      event.provider = borrow(provider_);
      event.data = borrow(kData);
      event.metadata = borrow(kMetadata);
      std::memset(event.hash, static_cast<int>(made_ & 0xff), sizeof(event.hash));
      std::memset(event.body_hash, static_cast<int>(made_ >> 8 & 0xff), sizeof(event.body_hash));
    }
    results_[index] = asmgr_commit_result{};
    results_[index].size = sizeof(asmgr_commit_result);
  }

  const Workload workload_;
  std::vector<std::uint64_t> last_;
  std::vector<asmgr_event> events_;
  std::vector<std::string> ids_;
  std::vector<asmgr_commit_unit> units_;
  std::vector<asmgr_commit_result> results_;
  std::vector<std::string> sessions_;
  std::string run_ = contract::usual_id("run", 1);
  std::string type_ = "message_streamed";
  std::string provider_ = "claude";
  std::size_t next_ = 0;
  std::uint64_t made_ = 0;
};

std::string config_of(const std::string& store, const std::string& durability, const std::string& path) {
  return store == "memory" ? "{}" : R"({"path":")" + path + R"(","durability":")" + durability + "\"}";
}

void create_sessions(const StoreClient& store, std::size_t count) {
  for (std::size_t first = 0; first < count; first += 500) {
    std::vector<contract::Unit> units;
    for (std::size_t i = first; i < std::min(count, first + 500); ++i)
      units.push_back(contract::create_session(session_id(i), kOwner, 0));
    if (store.commit(units).status != ASMGR_OK) throw std::runtime_error("the sessions could not be made");
  }
}

// The rows that a commit buffer makes the store write, by the bare loop.
class BareLoop {
 public:
  BareLoop(const std::string& path, const std::string& durability, const Workload& workload)
      : workload_(workload), database_(path, durability), last_(workload.sessions, 0) {
    for (std::size_t i = 0; i < workload.sessions; ++i) keys_.push_back(database_.key_of(session_id(i)));
    row_.type_name = database_.name_key("message_streamed");
    row_.provider = database_.name_key("claude");
    row_.run = run_;
    row_.metadata = kMetadata;
    row_.data = kData;
    change_ = database_.latest_change();
  }

  // Returns how many events it wrote.
  std::size_t commit() {
    database_.begin();
    for (std::size_t u = 0; u < workload_.units_per_commit; ++u) {
      write_unit(next_, change_ + u + 1);
      next_ = (next_ + 1) % workload_.sessions;
    }
    database_.insert_change(change_ + 1, workload_.units_per_commit, entries_);
    change_ += workload_.units_per_commit;
    database_.commit();
    return workload_.units_per_commit * workload_.events_per_unit;
  }

 private:
  void write_unit(std::size_t session, std::uint64_t change) {
    row_.session = keys_[session];
    for (std::size_t i = 0; i < workload_.events_per_unit; ++i) {
      ++made_;
      std::memcpy(&id_[3], &made_, sizeof(made_));
      row_.id = id_;
      row_.seq = ++last_[session];
      row_.time_us = 1'700'000'000'000'000 + static_cast<std::int64_t>(made_);
      hash_.assign(32, static_cast<char>(made_ & 0xff));
      body_hash_.assign(32, static_cast<char>(made_ >> 8 & 0xff));
      row_.hash = hash_;
      row_.body_hash = body_hash_;
      database_.insert_event(row_);
    }
    database_.update_head(row_.session, row_.seq, change, kOwner, hash_);
  }

  const Workload workload_;
  BareSqlite database_;
  BareSqlite::EventRow row_;
  std::vector<std::uint64_t> last_;
  std::vector<std::int64_t> keys_;
  std::string run_ = std::string(19, 'r');
  std::string id_ = std::string(19, 'e');
  std::string entries_ = std::string(4 * workload_.units_per_commit, 'c');
  std::string hash_, body_hash_;
  std::uint64_t change_ = 0;
  std::uint64_t made_ = 0;
  std::size_t next_ = 0;
};

}  // namespace

const std::string& event_data() {
  return kData;
}

Outcome append_through(const StoreClient& store, const Workload& workload) {
  create_sessions(store, workload.sessions);
  std::vector<double> commits;
  CommitBuffer buffer(workload);
  const auto start = Clock::now();
  const double cpu_start = cpu_microseconds();
  for (std::size_t done = 0; done < workload.events;) {
    const auto before = Clock::now();
    done += buffer.commit(store);
    commits.push_back(microseconds(Clock::now() - before));
  }
  return outcome_of(workload.events, Clock::now() - start, cpu_microseconds() - cpu_start, commits);
}

Outcome append_through_plugin(const std::string& store, const std::string& durability, const Workload& workload) {
  const TempFolder folder;
  const std::string path = folder.path() + "/store.db";
  Outcome outcome;
  {
    const StoreClient client(store, config_of(store, durability, path));
    outcome = append_through(client, workload);
  }
  outcome.bytes_per_event = size_of_database(path) / static_cast<double>(workload.events);
  return outcome;
}

Outcome append_to_bare_sqlite(const std::string& durability, const Workload& workload) {
  const TempFolder folder;
  const std::string path = folder.path() + "/bare.db";
  {
    const StoreClient client("sqlite", config_of("sqlite", durability, path));
    create_sessions(client, workload.sessions);
  }
  std::vector<double> commits;
  Outcome outcome;
  {
    BareLoop loop(path, durability, workload);
    const auto start = Clock::now();
    const double cpu_start = cpu_microseconds();
    for (std::size_t done = 0; done < workload.events;) {
      const auto before = Clock::now();
      done += loop.commit();
      commits.push_back(microseconds(Clock::now() - before));
    }
    outcome = outcome_of(workload.events, Clock::now() - start, cpu_microseconds() - cpu_start, commits);
  }
  outcome.bytes_per_event = size_of_database(path) / static_cast<double>(workload.events);
  return outcome;
}

ReadOutcome read_pages(const std::string& store, std::size_t events, std::size_t pages) {
  const TempFolder folder;
  const StoreClient client(store, config_of(store, "normal", folder.path() + "/store.db"));
  create_sessions(client, 1);
  Workload fill;
  fill.events_per_unit = std::min<std::size_t>(events, 500);
  CommitBuffer buffer(fill);
  for (std::size_t done = 0; done < events;) done += buffer.commit(client);

  std::uint64_t seen = 0;
  asmgr_sink sink{};
  sink.size = sizeof(sink);
  sink.ctx = &seen;
  sink.push = [](void* count, const asmgr_array* items) noexcept -> int32_t {
    *static_cast<std::uint64_t*>(count) += items->count;
    return 0;
  };
  const std::string id = session_id(0);
  std::mt19937_64 random(1);
  std::vector<double> times;
  for (std::size_t i = 0; i < pages; ++i) {
    asmgr_event_query query{};
    query.size = sizeof(query);
    query.limit = 100;
    query.session_id = borrow(id);
    query.since_us = INT64_MIN;
    query.order = i % 2 == 0 ? ASMGR_ORDER_ASC : ASMGR_ORDER_DESC;
    const std::uint64_t cursor = 1 + random() % events;
    (i % 2 == 0 ? query.after : query.before) = cursor;
    const auto before = Clock::now();
    if (client.table().get_events(client.instance(), &query, &sink, nullptr) != ASMGR_OK)
      throw std::runtime_error("a page could not be read");
    times.push_back(microseconds(Clock::now() - before));
  }
  if (seen == 0) throw std::runtime_error("no events were read");
  ReadOutcome outcome;
  outcome.page_p50_us = percentile(times, 0.50);
  outcome.page_p99_us = percentile(times, 0.99);
  return outcome;
}

}  // namespace asmgr::bench
