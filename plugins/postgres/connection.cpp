#include "connection.hpp"

#include <poll.h>

#include <array>
#include <cerrno>

#include "failure.hpp"

namespace asmgr::postgres_store {
namespace {

// libpq ends its messages with a line break.
std::string trimmed(const char* text) {
  std::string out = text == nullptr ? "" : text;
  while (!out.empty() && (out.back() == '\n' || out.back() == ' ')) out.pop_back();
  for (char& c : out) {
    if (c == '\n') c = ' ';
  }
  return out;
}

// Where a connection goes, without what is secret about it.
std::string place_of(const PGconn* connection) {
  const auto text = [](const char* value) { return std::string(value == nullptr ? "" : value); };
  return "database '" + text(PQdb(connection)) + "' at " + text(PQhost(connection)) + ":" + text(PQport(connection));
}

// Earlier keywords are overridden by what the dsn says of them, the password overrides the dsn's.
PGconn* connect(const Settings& settings) {
  std::vector<const char*> keywords = {
      "connect_timeout",  "keepalives_idle",           "keepalives_interval",  "keepalives_count",
      "tcp_user_timeout", "fallback_application_name", "target_session_attrs", "dbname"};
  std::vector<const char*> values = {"5", "10", "5", "3", "15000", "asmgr", "read-write", settings.dsn.c_str()};
  // What a pooler may not know, and what it would answer for itself.
  if (settings.pooler == Pooler::transaction) values[6] = "any";
  if (!settings.password.empty()) {
    keywords.push_back("password");
    values.push_back(settings.password.c_str());
  }
  keywords.push_back("client_encoding");
  values.push_back("UTF8");
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  return PQconnectdbParams(keywords.data(), values.data(), 1);
}

// Wrong from the beginning, so that another try is of no use.
bool is_hopeless(const std::string& message) {
  for (const char* part : {"password authentication failed", "no pg_hba.conf entry", "does not exist",
                           "invalid connection option", "invalid port number", "no password supplied", "missing \"=\"",
                           "certificate verify failed", "root certificate", "does not support SSL"}) {
    if (message.find(part) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

Connection::Connection(const Settings& settings)
    : connection_(connect(settings)), keeps_statements_(settings.pooler == Pooler::none) {
  if (connection_ == nullptr)
    throw DatabaseError("", false, ASMGR_E_INTERNAL, "no memory for a connection to PostgreSQL");
  if (!usable()) {
    const std::string why = trimmed(PQerrorMessage(raw()));
    throw DatabaseError("", !is_hopeless(why), ASMGR_E_STORAGE_CONNECTION,
                        "cannot connect to PostgreSQL: " + why + "; check the dsn and that the server runs");
  }
  PQsetNoticeProcessor(
      raw(), [](void*, const char*) {}, nullptr);
  if (PQsetnonblocking(raw(), 1) != 0 || PQenterPipelineMode(raw()) != 1) lose(trimmed(PQerrorMessage(raw())));
}

void Connection::lose(std::string_view why) {
  DatabaseError error("08006", true, ASMGR_E_STORAGE_CONNECTION,
                      "the connection to " + place_of(raw()) + " is gone: " + std::string(why));
  connection_.reset();
  throw error;
}

DatabaseError Connection::failure(const PGresult* result, bool writing) const {
  const char* field = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const std::string state = field == nullptr ? "" : field;
  const char* primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  const char* detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
  std::string message = place_of(raw()) + ": " + trimmed(primary == nullptr ? PQresultErrorMessage(result) : primary);
  if (detail != nullptr) message += " (" + trimmed(detail) + ")";
  if (!state.empty()) message += " [SQLSTATE " + state + "]";
  const std::string_view advice = advice_for(state);
  if (!advice.empty()) message += "; " + std::string(advice);
  const bool lost = state.empty() || means_gone(state);
  return DatabaseError(state, lost, status_of(lost ? "08006" : state, writing), std::move(message));
}

void Connection::wait_for(short events, const Deadline& deadline) {
  pollfd watched{PQsocket(raw()), events, 0};
  const auto left = deadline.left();
  const int ready = ::poll(&watched, 1, static_cast<int>(left.count()));
  if (ready < 0 && errno != EINTR) lose("its socket cannot be waited for");
  if (ready == 0) lose("the server did not answer in time");
}

void Connection::flush(const Deadline& deadline) {
  while (true) {
    const int left = PQflush(raw());
    if (left == 0) return;
    if (left < 0) lose(trimmed(PQerrorMessage(raw())));
    wait_for(POLLIN | POLLOUT, deadline);
    // A server that cannot get rid of its answers takes nothing in.
    if (PQconsumeInput(raw()) != 1) lose(trimmed(PQerrorMessage(raw())));
  }
}

PGresult* Connection::next_result(const Deadline& deadline) {
  while (PQisBusy(raw()) != 0) {
    wait_for(POLLIN, deadline);
    if (PQconsumeInput(raw()) != 1) lose(trimmed(PQerrorMessage(raw())));
  }
  return PQgetResult(raw());
}

void Connection::send_one(const Request& request, std::vector<Expected>& expected) {
  const Parameters& parameters = request.parameters;
  const Parameters::Pointers p = parameters.pointers();
  int sent = 0;
  if (!keeps_statements_ || request.keep == Keep::no) {
    sent = PQsendQueryParams(raw(), request.sql.c_str(), parameters.count(), parameters.types(), p.values.data(),
                             p.lengths.data(), p.formats.data(), 1);
  } else {
    const auto known = prepared_.find(request.sql);
    std::string name = known == prepared_.end() ? "" : known->second;
    if (name.empty()) {
      for (const Expected& earlier : expected) {
        if (!earlier.prepared.empty() && earlier.request->sql == request.sql) name = earlier.prepared;
      }
    }
    if (name.empty()) {
      name = "asmgr" + std::to_string(++last_name_);
      if (PQsendPrepare(raw(), name.c_str(), request.sql.c_str(), parameters.count(), parameters.types()) != 1)
        lose(trimmed(PQerrorMessage(raw())));
      expected.push_back({&request, name});
    }
    sent = PQsendQueryPrepared(raw(), name.c_str(), parameters.count(), p.values.data(), p.lengths.data(),
                               p.formats.data(), 1);
  }
  if (sent != 1) lose(trimmed(PQerrorMessage(raw())));
  expected.push_back({&request, {}});
}

std::vector<Connection::Expected> Connection::send(const std::vector<Request>& requests) {
  std::vector<Expected> expected;
  for (const Request& request : requests) send_one(request, expected);
  if (PQpipelineSync(raw()) != 1) lose(trimmed(PQerrorMessage(raw())));
  return expected;
}

// Only with this answer is what stood outside of a transaction committed.
void Connection::finish_exchange(const Deadline& deadline) {
  while (true) {
    const Result result(next_result(deadline));
    if (result.raw() != nullptr && PQresultStatus(result.raw()) == PGRES_PIPELINE_SYNC) return;
    if (result.raw() != nullptr && PQresultStatus(result.raw()) == PGRES_FATAL_ERROR) throw failure(result.raw(), true);
    if (!usable() || deadline.passed()) lose(trimmed(PQerrorMessage(raw())));
  }
}

std::vector<Result> Connection::exchange(const std::vector<Request>& requests) {
  if (!usable()) lose("it was closed");
  const Deadline deadline(kExchangeTimeout);
  const std::vector<Expected> expected = send(requests);
  flush(deadline);
  return answers(expected, deadline);
}

Result Connection::execute_at_length(Request request, const std::function<bool()>& stopped) {
  if (!usable()) lose("it was closed");
  std::vector<Request> requests;
  requests.push_back(std::move(request));
  requests.front().keep = Keep::no;
  const std::vector<Expected> expected = send(requests);
  flush(Deadline(kExchangeTimeout));
  wait_at_length(stopped);
  return std::move(answers(expected, Deadline(kExchangeTimeout)).front());
}

// Until the first of the answer is there. Only the keepalives of the connection say whether the server still is.
void Connection::wait_at_length(const std::function<bool()>& stopped) {
  constexpr int kLookEveryMs = 50;
  bool told = false;
  while (PQisBusy(raw()) != 0) {
    if (!told && stopped()) {
      cancel_statement();
      told = true;
    }
    pollfd watched{PQsocket(raw()), POLLIN, 0};
    const int ready = ::poll(&watched, 1, kLookEveryMs);
    if (ready < 0 && errno != EINTR) lose("its socket cannot be waited for");
    if (ready > 0 && PQconsumeInput(raw()) != 1) lose(trimmed(PQerrorMessage(raw())));
  }
}

// When that fails the statement just goes on to its end.
void Connection::cancel_statement() noexcept {
  const std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> order(PQgetCancel(raw()), &PQfreeCancel);
  std::array<char, 256> why{};
  if (order != nullptr) PQcancel(order.get(), why.data(), static_cast<int>(why.size()));
}

std::vector<Result> Connection::answers(const std::vector<Expected>& expected, const Deadline& deadline) {
  std::vector<Result> results;
  std::unique_ptr<DatabaseError> first_failure;
  for (const Expected& next : expected) {
    Result result(next_result(deadline));
    if (result.raw() == nullptr) lose(trimmed(PQerrorMessage(raw())));
    const ExecStatusType status = PQresultStatus(result.raw());
    if (status == PGRES_FATAL_ERROR && first_failure == nullptr)
      first_failure = std::make_unique<DatabaseError>(failure(result.raw(), next.request->sql.rfind("SELECT", 0) != 0));
    if (first_failure != nullptr && first_failure->lost()) {
      connection_.reset();
      throw DatabaseError(*first_failure);
    }
    if (status == PGRES_COMMAND_OK && !next.prepared.empty()) prepared_.emplace(next.request->sql, next.prepared);
    if (next.prepared.empty()) results.push_back(std::move(result));
    const Result end(next_result(deadline));
    if (end.raw() != nullptr) lose("it answered what was not asked");
  }
  finish_exchange(deadline);
  if (first_failure != nullptr) throw DatabaseError(*first_failure);
  return results;
}

Result Connection::execute(std::string sql, Parameters parameters) {
  std::vector<Request> requests;
  requests.push_back({std::move(sql), std::move(parameters)});
  return std::move(exchange(requests).front());
}

void Connection::roll_back() noexcept {
  if (!usable() || !in_transaction()) return;
  try {
    execute("ROLLBACK");
  } catch (...) {
    connection_.reset();
  }
}

std::unique_ptr<Connection> connect_in_time(const Settings& settings) {
  const Deadline deadline(settings.reconnect_timeout);
  Backoff backoff;
  while (true) {
    try {
      return std::make_unique<Connection>(settings);
    } catch (const DatabaseError& error) {
      if (!error.lost() || !backoff.pause(deadline)) throw;
    }
  }
}

void Connection::take_in() {
  if (PQconsumeInput(raw()) != 1 || !usable()) lose(trimmed(PQerrorMessage(raw())));
}

}  // namespace asmgr::postgres_store
