#include "failure.hpp"

namespace asmgr::postgres_store {

bool means_gone(std::string_view state) noexcept {
  return state.substr(0, 2) == "08" || state.substr(0, 3) == "57P" || state == "25P03" || state == "25006";
}

asmgr_status status_of(std::string_view state, bool writing) noexcept {
  if (means_gone(state) || state.substr(0, 2) == "28" || state == "3D000" || state == "53300")
    return ASMGR_E_STORAGE_CONNECTION;
  if (state == "55P03") return ASMGR_E_BUSY;
  if (state == "53100") return ASMGR_E_STORAGE_FULL;
  if (state.substr(0, 2) == "22" || state.substr(0, 2) == "54") return ASMGR_E_INVALID_INPUT;
  return writing ? ASMGR_E_STORAGE_WRITE : ASMGR_E_STORAGE_READ;
}

std::string_view advice_for(std::string_view state) noexcept {
  if (state == "55P03") return "another host is writing the same rows; try again";
  if (state == "53100") return "free space on the server's disk";
  if (state == "53300") return "raise the server's max_connections, or lower `pool` of the hosts";
  if (state == "25006") return "the server does not take writes: name its primary in the dsn";
  if (state == "42501") return "the user of the dsn needs the right to create and use the schema";
  if (state == "28P01" || state == "28000") return "check user and password of the dsn, and the server's pg_hba.conf";
  if (state == "3D000") return "create the database, or name another one in the dsn";
  if (state == "22021") return "PostgreSQL keeps no NUL and no invalid UTF-8 in ids and names";
  return {};
}

}  // namespace asmgr::postgres_store
