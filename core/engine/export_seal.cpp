#include "core/engine/export_seal.hpp"

namespace asmgr {
namespace {

constexpr std::string_view kSealBegin = R"(,"sha256":")";
constexpr std::string_view kSealEnd = R"("})";
constexpr std::size_t kSealLength = kSealBegin.size() + 64 + kSealEnd.size();

}  // namespace

std::string ExportSeal::next(std::string_view unsealed) {
  return to_hex(hasher_.body(last_, unsealed));
}

void ExportSeal::close(std::string& line) {
  last_ = next(line);
  line.append(kSealBegin).append(last_).append(kSealEnd);
}

std::optional<std::string_view> ExportSeal::open(std::string_view line) {
  if (line.size() <= kSealLength) return std::nullopt;
  const std::string_view unsealed = line.substr(0, line.size() - kSealLength);
  std::string seal = next(unsealed);
  const std::string_view end = line.substr(unsealed.size());
  const bool holds =
      end.starts_with(kSealBegin) && end.ends_with(kSealEnd) && end.substr(kSealBegin.size(), 64) == seal;
  if (!holds) return std::nullopt;
  last_ = std::move(seal);
  return unsealed;
}

}  // namespace asmgr
