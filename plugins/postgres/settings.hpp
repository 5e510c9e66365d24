// What a configuration says, and how statements are written for it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace asmgr::postgres_store {

// What stands between this process and the server.
enum class Pooler : std::uint8_t {
  none,        // nothing that matters: a connection is one session of the server
  transaction  // each transaction may be in another session: nothing may be kept in one
};

struct Settings {
  std::string dsn;       // anything libpq takes: keywords and values, or a URI
  std::string password;  // empty = what the dsn, PGPASSWORD or ~/.pgpass say
  std::string schema = "asmgr";
  std::size_t pool = 4;  // connections for reads
  Pooler pooler = Pooler::none;
  std::chrono::milliseconds busy_timeout{5000};        // for locks of other writers
  std::chrono::milliseconds reconnect_timeout{10000};  // for a server that is gone
  bool migrate = true;                                 // false: a schema of another version is refused as it is
};

// How long the server may take over one exchange before its connection counts as lost.
inline constexpr std::chrono::seconds kExchangeTimeout{30};

// Statements as they are written here name a table as @table; this is how they are sent. Names are always qualified: a
// search path would be something kept in a session.
class Dialect {
 public:
  // `schema` is lower-case letters, digits and underscores (checked where it is configured).
  explicit Dialect(std::string_view schema) : prefix_("\"" + std::string(schema) + "\".") {}

  [[nodiscard]] std::string operator()(std::string_view text) const {
    std::string out;
    out.reserve(text.size() + 64);
    for (const char c : text) {
      if (c == '@')
        out += prefix_;
      else
        out += c;
    }
    return out;
  }

 private:
  std::string prefix_;
};

// The server's clock in microseconds since 1970. Every time that hosts compare is this one.
inline constexpr std::string_view kServerNow = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

}  // namespace asmgr::postgres_store
