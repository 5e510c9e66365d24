#include <algorithm>
#include <asmgr/toolkit/http.hpp>

namespace asmgr::http {
namespace {

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

const std::string* find_header(const Headers& headers, std::string_view name) noexcept {
  const auto same = [&](const Header& header) {
    return std::equal(header.name.begin(), header.name.end(), name.begin(), name.end(),
                      [](char a, char b) { return lower(a) == lower(b); });
  };
  const auto found = std::find_if(headers.begin(), headers.end(), same);
  return found == headers.end() ? nullptr : &found->value;
}

}  // namespace asmgr::http
