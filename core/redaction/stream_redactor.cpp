#include "core/redaction/stream_redactor.hpp"

#include <algorithm>
#include <vector>

#include "core/redaction/cover_finder.hpp"
#include "core/redaction/cover_writer.hpp"
#include "core/redaction/rule_set.hpp"

namespace asmgr {
namespace {

using namespace redaction;

// Text that is no longer needed is dropped in blocks of this size, so that dropping costs nothing per byte.
constexpr std::size_t kDropBlock = 4096;

}  // namespace

struct StreamRedactor::Message {
  explicit Message(const RuleSet& rules) : finder(rules), writer(rules, kLongestSecret) {}

  std::string pass(std::string_view delta, Extent extent) {
    std::string out;
    if (writer.is_flooded()) return out;
    buffer += delta;
    finder.look(buffer, base, extent);
    covers.clear();
    finder.append_covers(covers);
    writer.write(out, buffer, base, covers, finder.settled());
    finder.forget(writer.written());
    drop();
    return out;
  }

  void drop() {
    if (writer.is_flooded()) {
      buffer.clear();
      return;
    }
    const std::size_t unneeded = std::min(writer.written(), finder.needed_from()) - base;
    if (unneeded < kDropBlock) return;
    buffer.erase(0, unneeded);
    base += unneeded;
  }

  CoverFinder finder;
  CoverWriter writer;
  std::string buffer;  // of the message, from `base` on
  Position base = 0;
  std::vector<Cover> covers;
};

StreamRedactor::StreamRedactor(const Redactor& redactor) : redactor_(&redactor) {}
StreamRedactor::StreamRedactor(StreamRedactor&&) noexcept = default;
StreamRedactor& StreamRedactor::operator=(StreamRedactor&&) noexcept = default;
StreamRedactor::~StreamRedactor() = default;

std::string StreamRedactor::feed(std::string_view delta) {
  if (!redactor_->enabled()) return std::string(delta);
  if (!message_) message_ = std::make_unique<Message>(*redactor_->rules_);
  std::string out = message_->pass(delta, Extent::partial);
  count_ = message_->writer.count();
  return out;
}

std::string StreamRedactor::finish() {
  if (!message_) {
    count_ = 0;
    return {};
  }
  std::string out = message_->pass({}, Extent::final);
  message_->writer.finish();
  count_ = message_->writer.count();
  message_.reset();
  return out;
}

std::size_t StreamRedactor::held() const noexcept {
  if (!message_ || message_->writer.is_flooded()) return 0;
  return message_->base + message_->buffer.size() - message_->writer.written();
}

}  // namespace asmgr
