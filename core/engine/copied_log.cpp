#include "core/engine/copied_log.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace asmgr {
namespace {

constexpr std::size_t kTextBlock = std::size_t{1} << 20;

}  // namespace

std::string_view CopiedLog::keep(std::string_view text) {
  if (text.empty()) return {};
  if (left_ < text.size()) {
    left_ = std::max(kTextBlock, text.size());
    free_ = blocks_.emplace_back(std::make_unique_for_overwrite<char[]>(left_)).get();
  }
  std::memcpy(free_, text.data(), text.size());
  const std::string_view kept(free_, text.size());
  free_ += text.size();
  left_ -= text.size();
  return kept;
}

Result<void> CopiedLog::append(const EventView& event) {
  bytes_ += event.id.size() + event.run_id.size() + event.provider.size() + event.correlation_id.size() +
            event.data.size() + event.metadata.size();
  if (events_.size() == kMaxEvents || bytes_ > kMaxBytes) {
    return Error(ErrorCode::invalid_operation,
                 "the log is too long to be copied: at event " + std::to_string(event.sequence_number) + " it passes " +
                     std::to_string(kMaxEvents) + " events or " + std::to_string(kMaxBytes >> 20) +
                     " MiB of text, the most that is written as one whole");
  }
  EventView& copy = events_.emplace_back(event);
  copy.session_id = {};
  copy.id = keep(event.id);
  copy.type_name = event.type == EventType::unknown ? keep(event.type_name) : type_name(event.type);
  copy.run_id = keep(event.run_id);
  copy.provider = keep(event.provider);
  copy.correlation_id = keep(event.correlation_id);
  copy.data = event.pruned ? std::string_view() : keep(event.data);
  copy.metadata = event.pruned ? std::string_view() : keep(event.metadata);
  return {};
}

}  // namespace asmgr
