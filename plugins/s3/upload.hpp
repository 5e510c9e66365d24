// Makes an object of many bytes, part by part: there is either all of it or nothing.
#pragma once

#include <asmgr/plugin.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "entry.hpp"
#include "requests.hpp"
#include "spool.hpp"

namespace asmgr::s3_store {

// The entry of an object; none: there is no such object. Throws StatusError, also when it was not stored by this
// plugin.
[[nodiscard]] std::optional<Entry> look_up(Wire& wire, const std::string& name, std::string_view key, const Task& task);

// Whether the object is what a put of that entry makes, by its digest and time; false also when that cannot be known.
[[nodiscard]] bool is_stored(Wire& wire, const std::string& name, const Entry& entry);

class MultipartUpload {
 public:
  // Borrows all of them.
  MultipartUpload(Wire& wire, const sdk::Logger& log, const std::string& name, const Entry& entry, const Task& task)
      : wire_(wire), log_(log), name_(name), entry_(entry), task_(task) {}

  // Sends the bytes. Throws StatusError; then the object is what it was and no parts are left, unless the sentence or a
  // line of the log says otherwise.
  void send(const Spool& spool);

 private:
  enum class Left { kNothing, kUnknownUpload, kPerhapsParts };

  void begin();
  void send_part(const Spool& spool, std::uint64_t offset, std::size_t size);
  void complete();
  [[nodiscard]] Left abort() noexcept;

  Wire& wire_;
  const sdk::Logger& log_;
  const std::string& name_;
  const Entry& entry_;
  const Task& task_;
  std::string upload_id_;
  std::vector<std::string> etags_;
};

}  // namespace asmgr::s3_store
