#include "core/config/source.hpp"

namespace asmgr {

std::string_view Source::line(std::uint32_t number) const noexcept {
  if (number == 0) return {};
  const std::string_view all = text;
  std::size_t begin = 0;
  for (std::uint32_t current = 1; current < number; ++current) {
    const std::size_t end = all.find('\n', begin);
    if (end == std::string_view::npos) return {};
    begin = end + 1;
  }
  std::string_view found = all.substr(begin, all.find('\n', begin) - begin);
  if (found.ends_with('\r')) found.remove_suffix(1);
  return found;
}

}  // namespace asmgr
