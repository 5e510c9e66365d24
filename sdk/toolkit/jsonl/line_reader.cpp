#include <asmgr/toolkit/jsonl.hpp>

namespace asmgr::jsonl {
namespace {

std::string_view without_cr(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

}  // namespace

bool LineReader::feed(std::string_view bytes, const Deliver& deliver) {
  if (!error_.empty()) return false;
  for (std::size_t end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
    const std::string_view rest = bytes.substr(0, end);
    if (too_long(rest.size())) return fail();
    bytes.remove_prefix(end + 1);
    ++lines_;
    if (pending_.empty()) {
      deliver(without_cr(rest));
      continue;
    }
    pending_ += rest;
    deliver(without_cr(pending_));
    pending_.clear();
  }
  if (too_long(bytes.size())) return fail();
  pending_ += bytes;
  return true;
}

bool LineReader::finish(const Deliver& deliver) {
  if (!error_.empty()) return false;
  if (pending_.empty()) return true;
  ++lines_;
  const std::string last = std::move(pending_);
  pending_.clear();
  deliver(without_cr(last));
  return true;
}

bool LineReader::fail() {
  error_ = "line " + std::to_string(lines_ + 1) + " is longer than " + std::to_string(max_line_bytes_) +
           " bytes, the most that is read";
  pending_.clear();
  pending_.shrink_to_fit();
  return false;
}

}  // namespace asmgr::jsonl
