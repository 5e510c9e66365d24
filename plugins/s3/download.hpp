// Reads an object from front to end with little memory: what is not taken is not asked for, and what breaks off goes on
// where it was.
#pragma once

#include <asmgr/plugin.hpp>
#include <memory>
#include <optional>
#include <string>

#include "entry.hpp"
#include "requests.hpp"

namespace asmgr::s3_store {

class Download {
 public:
  // Borrows all of them.
  Download(Wire& wire, const std::string& name, std::string_view key, const Task& task);
  Download(const Download&) = delete;
  Download& operator=(const Download&) = delete;
  // Ends it, wherever it is.
  ~Download();

  // What the metadata says of the object whose bytes next() gives, or will give. Waits for the beginning of the answer.
  // Throws StatusError (NOT_FOUND).
  [[nodiscard]] const Entry& entry();
  // The next bytes, at most 512 KiB; empty at the end. Throws StatusError.
  [[nodiscard]] std::string next();

 private:
  class Stream;

  void open();
  void take_head();
  void take_first_head(const Answer& head);
  void check_next_head(const Answer& head);
  void repeat(const Try& tried);

  Wire& wire_;
  const std::string& name_;
  std::string_view key_;
  const Task& task_;
  Patience patience_;
  std::shared_ptr<Stream> stream_;
  http::ExchangeId exchange_ = 0;
  bool head_taken_ = false;  // of the exchange under way
  std::optional<Entry> entry_;
  std::string etag_;
  std::uint64_t offset_ = 0;  // of what next() gives next
  int resumptions_ = 0;
};

}  // namespace asmgr::s3_store
