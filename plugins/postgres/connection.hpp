// One connection to the server: statements go out in one exchange and their answers come back in one.
#pragma once

#include <libpq-fe.h>

#include <asmgr/cpp/error.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "deadline.hpp"
#include "settings.hpp"
#include "values.hpp"

namespace asmgr::postgres_store {

// What the server, or the way to it, answered instead of a result.
class DatabaseError : public sdk::StatusError {
 public:
  DatabaseError(std::string state, bool lost, asmgr_status status, std::string message)
      : sdk::StatusError(status, std::move(message)), state_(std::move(state)), lost_(lost) {}

  // The SQLSTATE, five characters; empty when the answer is libpq's own.
  [[nodiscard]] const std::string& state() const noexcept { return state_; }
  // The connection is gone: another one may work, and what was sent over this one may have happened.
  [[nodiscard]] bool lost() const noexcept { return lost_; }
  // Ended because this process, or a limit of the server, wanted it.
  [[nodiscard]] bool query_canceled() const noexcept { return state_ == "57014"; }
  // Another transaction came between; the same one again sees what that has done.
  [[nodiscard]] bool overtaken() const noexcept { return state_ == "23505" || state_ == "40001" || state_ == "40P01"; }

 private:
  std::string state_;
  bool lost_;
};

// Whether the server is to keep the statement with its plan, for the next time. Behind a pooler none is kept.
enum class Keep : std::uint8_t { no, yes };

struct Request {
  std::string sql;
  Parameters parameters = {};
  Keep keep = Keep::yes;
};

// Used by one thread at a time.
class Connection {
 public:
  // Throws DatabaseError (STORAGE_CONNECTION); lost() when another try may work.
  explicit Connection(const Settings& settings);

  // Sends all requests at once and waits for all answers, as many and in the same order. Outside of a transaction they
  // are one. After the first that fails the server passes over the others; its failure is thrown as DatabaseError.
  std::vector<Result> exchange(const std::vector<Request>& requests);
  Result execute(std::string sql, Parameters parameters = {});
  // One statement that may take as long as it takes. `stopped` is asked several times a second; once it says so, the
  // server is told to end the statement, which then fails with query_canceled().
  Result execute_at_length(Request request, const std::function<bool()>& stopped);

  [[nodiscard]] bool in_transaction() const noexcept { return PQtransactionStatus(raw()) != PQTRANS_IDLE; }
  [[nodiscard]] bool usable() const noexcept { return PQstatus(raw()) == CONNECTION_OK; }
  // Ends an open transaction without its effects; the connection is of no more use when that fails.
  void roll_back() noexcept;
  // For notifications: what has arrived is taken in. Throws when the connection is gone.
  void take_in();
  // Null, which libpq takes for a connection that is closed, once it is lost.
  [[nodiscard]] PGconn* raw() const noexcept { return connection_.get(); }

 private:
  struct Close {
    void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
  };
  // What an answer belongs to, in the order in which they come.
  struct Expected {
    const Request* request = nullptr;
    std::string prepared;  // the name, when the answer is to its preparation
  };
  std::vector<Expected> send(const std::vector<Request>& requests);
  void send_one(const Request& request, std::vector<Expected>& expected);
  void flush(const Deadline& deadline);
  // Null at the end of one statement's answers.
  PGresult* next_result(const Deadline& deadline);
  void wait_for(short events, const Deadline& deadline);
  void wait_at_length(const std::function<bool()>& stopped);
  void cancel_statement() noexcept;
  std::vector<Result> answers(const std::vector<Expected>& expected, const Deadline& deadline);
  void finish_exchange(const Deadline& deadline);
  [[nodiscard]] DatabaseError failure(const PGresult* result, bool writing) const;
  [[noreturn]] void lose(std::string_view why);

  std::unique_ptr<PGconn, Close> connection_;
  bool keeps_statements_;
  std::unordered_map<std::string, std::string> prepared_;  // names by text
  std::uint64_t last_name_ = 0;
};

// A connection of one's own, tried for as long as reconnect_timeout says. Throws DatabaseError.
std::unique_ptr<Connection> connect_in_time(const Settings& settings);

}  // namespace asmgr::postgres_store
