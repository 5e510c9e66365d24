#include "core/engine/export_seal.hpp"

namespace asmgr {
namespace {

constexpr std::string_view kBefore = R"(,"sha256":")";
constexpr std::string_view kAfter = R"("})";
constexpr std::size_t kLength = kBefore.size() + 64 + kAfter.size();

}  // namespace

std::string ExportSeal::next(std::string_view unsealed) {
  return to_hex(hasher_.body(last_, unsealed));
}

void ExportSeal::close(std::string& line) {
  last_ = next(line);
  line.append(kBefore).append(last_).append(kAfter);
}

std::optional<std::string_view> ExportSeal::open(std::string_view line) {
  if (line.size() <= kLength) return std::nullopt;
  const std::string_view unsealed = line.substr(0, line.size() - kLength);
  std::string seal = next(unsealed);
  const std::string_view end = line.substr(unsealed.size());
  const bool holds = end.starts_with(kBefore) && end.ends_with(kAfter) && end.substr(kBefore.size(), 64) == seal;
  if (!holds) return std::nullopt;
  last_ = std::move(seal);
  return unsealed;
}

}  // namespace asmgr
