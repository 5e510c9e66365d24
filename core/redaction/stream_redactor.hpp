// Takes secrets out of a message that arrives in pieces.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/redaction/redactor.hpp"

namespace asmgr {

// The pieces that go out are, joined, what Redactor::redact_text makes of the whole message, however it was cut, unless
// a secret is longer than 64 KiB: then one more placeholder stands for the rest of the message. A piece that goes out
// is whole UTF-8 characters when the message is UTF-8.
//
// Held back is what may be the beginning of a secret, at most 256 bytes (a match of an extra pattern: until its end is
// known). Of one thread; memory is bounded whatever the message's length.
class StreamRedactor {
 public:
  // Borrows the redactor.
  explicit StreamRedactor(const Redactor& redactor);
  StreamRedactor(StreamRedactor&&) noexcept;
  StreamRedactor& operator=(StreamRedactor&&) noexcept;
  ~StreamRedactor();

  // What may go out now; often the delta itself, sometimes nothing.
  [[nodiscard]] std::string feed(std::string_view delta);
  // The rest. The next feed() begins another message.
  [[nodiscard]] std::string finish();

  // How many bytes are held back and have not been replaced.
  [[nodiscard]] std::size_t held() const noexcept;
  // Secrets replaced in this message, or in the one that finish() has ended.
  [[nodiscard]] std::size_t count() const noexcept { return count_; }

 private:
  struct Message;

  const Redactor* redactor_;
  std::unique_ptr<Message> message_;
  std::size_t count_ = 0;
};

}  // namespace asmgr
