#include "host/cli/line_input.hpp"

#include <poll.h>
#include <unistd.h>

#include <utility>

namespace asmgr::cli {
namespace {

constexpr int kBetweenLooksMs = 200;

}  // namespace

std::optional<std::string> LineInput::read(const std::function<bool()>& is_over) {
  while (!at_end_) {
    pollfd waiting{descriptor_, POLLIN, 0};
    if (::poll(&waiting, 1, kBetweenLooksMs) <= 0) {
      if (is_over()) return std::nullopt;
      continue;
    }
    char typed = 0;
    if (::read(descriptor_, &typed, 1) != 1) {
      at_end_ = true;
    } else if (typed == '\n') {
      return std::exchange(typed_, {});
    } else {
      typed_ += typed;
    }
  }
  return std::nullopt;
}

}  // namespace asmgr::cli
