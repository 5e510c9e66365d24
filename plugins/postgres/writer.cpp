#include "writer.hpp"

#include <random>

#include "schema.hpp"

namespace asmgr::postgres_store {
namespace {

// How long the server lets a transaction of ours wait for its next statements. They follow at once: a host that has
// stopped in between, or is cut off, must not keep the locks of its sessions from the one that takes them over.
constexpr std::string_view kIdleLimitMs = "2000";
constexpr int kTimesOvertaken = 20;

std::string random_id() {
  std::random_device device;
  std::string out = "wri_";
  for (int i = 0; i < 32; ++i) out += "0123456789abcdef"[device() % 16];
  return out;
}

std::unique_ptr<Connection> first_connection(const Settings& settings, std::chrono::milliseconds patience) {
  const Deadline deadline(patience);
  Backoff backoff;
  while (true) {
    try {
      auto connection = std::make_unique<Connection>(settings);
      (settings.migrate ? &migrate : &expect_current)(*connection, settings);
      return connection;
    } catch (const DatabaseError& error) {
      if (!(error.lost() || error.overtaken()) || !backoff.pause(deadline)) throw;
    }
  }
}

sdk::StatusError ambiguous(const DatabaseError& why) {
  return {ASMGR_E_STORAGE_AMBIGUOUS,
          "the server was lost while a transaction was being committed, which may or may not have happened: " +
              why.message()};
}

}  // namespace

Request removal_change(const Dialect& sql, std::string_view session_id) {
  return {sql("WITH n AS (UPDATE @state SET last_change = last_change + 1 RETURNING last_change) "
              "INSERT INTO @changes (first, kinds, sessions, seqs) "
              "SELECT last_change, ARRAY[$1], ARRAY[$2], ARRAY[0::bigint] FROM n RETURNING first"),
          std::move(Parameters()
                        .add(std::int64_t{ASMGR_CHANGED_EVENTS | ASMGR_CHANGED_SESSION | ASMGR_CHANGED_RUNS |
                                          ASMGR_CHANGED_RECORDS})
                        .text(session_id))};
}

Writer::Writer(const Settings& settings, std::chrono::milliseconds patience)
    : settings_(settings), sql_(settings.schema), id_(random_id()), connection_(first_connection(settings, patience)) {}

Writer::~Writer() {
  if (!registered_ || connection_ == nullptr || !connection_->usable()) return;
  try {
    connection_->execute(sql_("DELETE FROM @writers WHERE id = $1"), std::move(Parameters().text(id_)));
  } catch (const std::exception&) {
    // Rows that nobody uses any more are taken away by other hosts.
  }
}

Connection& Writer::connection() {
  if (connection_ == nullptr || !connection_->usable()) {
    connection_ = std::make_unique<Connection>(settings_);
    session_wait_ = std::chrono::milliseconds(-1);
  }
  if (!registered_) {
    connection_->execute(sql_("INSERT INTO @writers (id, serial, used_us) VALUES ($1, 0, " + std::string(kServerNow) +
                              ") ON CONFLICT (id) DO NOTHING"),
                         std::move(Parameters().text(id_)));
    registered_ = true;
  }
  return *connection_;
}

void Writer::limit_session(std::chrono::milliseconds wait) {
  Connection& session = connection();
  if (session_wait_ >= wait && session_wait_ <= wait + wait / 20) return;
  session.execute(
      "SELECT set_config('lock_timeout', $1, false), set_config('idle_in_transaction_session_timeout', $2, false)",
      std::move(Parameters().text(std::to_string(wait.count())).text(kIdleLimitMs)));
  session_wait_ = wait;
}

Request Writer::numbering(const Attempt& attempt) const {
  return {sql_("UPDATE @writers SET serial = $2, used_us = " + std::string(kServerNow) + " WHERE id = $1 RETURNING 1"),
          std::move(Parameters().text(id_).add(attempt.serial))};
}

Writer::Opened Writer::open(std::vector<Request>&& requests, const Deadline& for_locks, const Attempt& attempt) {
  // What became of a lost transaction has to be found out even when the caller would not wait.
  const Deadline to_find_out(attempt.sent ? settings_.busy_timeout : std::chrono::milliseconds(0));
  const auto wait = std::max({for_locks.left(), to_find_out.left(), std::chrono::milliseconds(1)});
  std::vector<Request> all;
  all.push_back({"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"});
  if (settings_.pooler == Pooler::none)
    limit_session(wait);
  else
    all.push_back(
        {"SELECT set_config('lock_timeout', $1, true), "
         "set_config('idle_in_transaction_session_timeout', $2, true)",
         std::move(Parameters().text(std::to_string(wait.count())).text(kIdleLimitMs))});
  Opened opened;
  opened.counted = attempt.serial != 0 && !attempt.sent;
  if (opened.counted)
    all.push_back(numbering(attempt));
  else
    all.push_back({sql_("SELECT serial FROM @writers WHERE id = $1 FOR UPDATE"), std::move(Parameters().text(id_))});
  opened.from = all.size();
  for (Request& request : requests) all.push_back(std::move(request));
  opened.answers = connection().exchange(all);
  const Result& row = opened.answers[opened.from - 1];
  if (row.rows() == 0) {
    // Taken for one that nobody uses any more.
    registered_ = false;
    throw DatabaseError("40001", false, ASMGR_E_STORAGE_WRITE, "this writer's row was removed; try again");
  }
  opened.last = row.number(0, 0);
  return opened;
}

// Repeats a transaction while that may help. Only between tries is it known whether something may have been written.
template <typename Try>
auto Writer::repeat(Attempt& attempt, Try one_try) -> decltype(one_try()) {
  std::optional<Deadline> for_server;
  Backoff after_loss, after_others;
  int overtaken = 0;
  while (true) {
    try {
      return one_try();
    } catch (const DatabaseError& error) {
      if (connection_ != nullptr) connection_->roll_back();
      if (error.lost() || attempt.sent) {
        if (!for_server) for_server.emplace(settings_.reconnect_timeout);
        if ((error.lost() || error.overtaken() || error.status() == ASMGR_E_BUSY) && after_loss.pause(*for_server))
          continue;
        if (!attempt.sent) throw;
        in_doubt_ = true;
        throw ambiguous(error);
      }
      if (!error.overtaken() || ++overtaken > kTimesOvertaken) throw;
      if (overtaken > 2) after_others.pause(Deadline(settings_.busy_timeout));
    } catch (...) {
      if (connection_ != nullptr) connection_->roll_back();
      throw;
    }
  }
}

GroupOutcome Writer::commit(Units units, std::size_t first, std::size_t count, const Deadline& for_locks) {
  Attempt attempt;
  attempt.serial = ++serial_;
  return repeat(attempt, [&] { return try_commit(units, first, count, for_locks, attempt); });
}

GroupOutcome Writer::try_commit(Units units, std::size_t first, std::size_t count, const Deadline& for_locks,
                                Attempt& attempt) {
  GroupState group(units, first, count);
  std::vector<Request> questions;
  group.ask(sql_, questions);
  Opened opened = open(std::move(questions), for_locks, attempt);
  in_doubt_ = false;
  if (attempt.sent && opened.last == attempt.serial) {
    connection_->roll_back();
    // The number of its last change was lost with the answer; a later one wakes those who wait as well.
    attempt.outcome.last_change = connection_->execute(sql_("SELECT last_change FROM @state")).number(0, 0);
    return std::move(attempt.outcome);
  }
  attempt.sent = false;
  group.load(std::move(opened.answers), opened.from);
  attempt.outcome = {};
  for (std::size_t i = first; i < first + count; ++i) {
    attempt.outcome.plans.push_back(store_rules::check_unit(units[i], group));
    if (attempt.outcome.plans.back().status == ASMGR_OK) group.accept(units[i], attempt.outcome.plans.back());
  }
  if (!group.has_writes()) {
    connection_->roll_back();
    return std::move(attempt.outcome);
  }
  std::vector<Request> writes;
  if (!opened.counted) writes.push_back(numbering(attempt));
  group.write(sql_, writes);
  writes.push_back({"COMMIT"});
  attempt.sent = true;
  try {
    const std::vector<Result> written = connection_->exchange(writes);
    attempt.outcome.last_change = written[written.size() - 2].number(0, 0) + group.changes() - 1;
  } catch (const DatabaseError& error) {
    if (!error.lost()) attempt.sent = false;  // the server itself says that it has not
    throw;
  }
  return std::move(attempt.outcome);
}

void Writer::transact(const Work& work, const Deadline& for_locks) {
  Attempt attempt;
  attempt.serial = ++serial_;
  repeat(attempt, [&] { try_work(work, for_locks, attempt); });
}

void Writer::try_work(const Work& work, const Deadline& for_locks, Attempt& attempt) {
  const Opened opened = open({}, for_locks, attempt);
  in_doubt_ = false;
  if (attempt.sent && opened.last == attempt.serial) {
    connection_->roll_back();
    return;
  }
  attempt.sent = false;
  work(*connection_);
  std::vector<Request> end;
  if (!opened.counted) end.push_back(numbering(attempt));
  end.push_back({"COMMIT"});
  attempt.sent = true;
  try {
    connection_->exchange(end);
  } catch (const DatabaseError& error) {
    if (!error.lost()) attempt.sent = false;  // the server itself says that it has not
    throw;
  }
}

std::uint64_t Writer::delete_session(std::string_view tenant, std::string_view id, std::uint64_t epoch,
                                     const Deadline& for_locks) {
  // A second deletion does no harm, so no number is needed to find out about the first.
  Attempt attempt;
  return repeat(attempt, [&] { return try_delete(tenant, id, epoch, for_locks); });
}

std::uint64_t Writer::try_delete(std::string_view tenant, std::string_view id, std::uint64_t epoch,
                                 const Deadline& for_locks) {
  std::vector<Request> questions;
  questions.push_back(
      {sql_("SELECT key, epoch FROM @heads WHERE id = $1 FOR UPDATE"), std::move(Parameters().text(id))});
  questions.push_back({sql_("SELECT 1 FROM @sessions WHERE id = $1 AND ($2 = '' OR tenant = $2)"),
                       std::move(Parameters().text(id).text(tenant))});
  const Opened opened = open(std::move(questions), for_locks, Attempt{});
  const Result& head = opened.answers[opened.from];
  if (head.rows() == 0 || opened.answers[opened.from + 1].rows() == 0) {
    connection_->roll_back();
    return 0;
  }
  if (head.number(0, 1) != epoch)
    throw sdk::StatusError(ASMGR_E_STALE_EPOCH, "session '" + std::string(id) + "' is at epoch " +
                                                    std::to_string(head.number(0, 1)) + ", the caller says " +
                                                    std::to_string(epoch) + "; read the head again");
  const std::int64_t key = head.integer(0, 0);
  std::vector<Request> writes;
  writes.push_back({sql_("SELECT 1 FROM @records WHERE session_id = $1 AND session_id <> '' "
                         "ORDER BY kind, id, tenant FOR UPDATE"),
                    std::move(Parameters().text(id))});
  for (const std::string_view text :
       {"DELETE FROM @events WHERE session = $1", "DELETE FROM @runs WHERE session = $1",
        "DELETE FROM @session_tags WHERE session = $1", "DELETE FROM @sessions WHERE key = $1"})
    writes.push_back({sql_(text), std::move(Parameters().add(key))});
  for (const std::string_view text :
       {"DELETE FROM @records WHERE session_id = $1 AND session_id <> ''", "DELETE FROM @heads WHERE id = $1"})
    writes.push_back({sql_(text), std::move(Parameters().text(id))});
  writes.push_back(removal_change(sql_, id));
  writes.push_back({"COMMIT"});
  const std::vector<Result> written = connection_->exchange(writes);
  return written[written.size() - 2].number(0, 0);
}

WriterLock::WriterLock(Writer& writer, const Deadline& deadline) : writer_(writer) {
  std::unique_lock lock(writer_.mutex_);
  while (writer_.taken_) {
    if (writer_.freed_.wait_until(lock, deadline.at()) == std::cv_status::timeout && writer_.taken_)
      throw sdk::StatusError(ASMGR_E_BUSY, "another thread of this process was writing all the time; try again");
  }
  writer_.taken_ = true;
}

WriterLock::~WriterLock() {
  {
    const std::lock_guard lock(writer_.mutex_);
    writer_.taken_ = false;
  }
  writer_.freed_.notify_one();
}

}  // namespace asmgr::postgres_store
