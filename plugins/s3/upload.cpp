#include "upload.hpp"

#include <algorithm>

#include "answer_xml.hpp"
#include "object_name.hpp"

namespace asmgr::s3_store {
namespace {

constexpr std::uint64_t kMostParts = 10'000;
constexpr std::uint64_t kPartStep = std::uint64_t{1} << 20;

// As configured, or larger where there would be more parts than S3 takes.
std::uint64_t part_size_of(std::uint64_t bytes, std::uint64_t configured) {
  const std::uint64_t least = (bytes + kMostParts - 1) / kMostParts;
  return std::max(configured, (least + kPartStep - 1) / kPartStep * kPartStep);
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else {
      out += c;
    }
  }
  return out;
}

Answer first_byte_of(Wire& wire, const std::string& name, const Task& task) {
  const Try tried = ask(wire, {"GET", name, {}, {{"range", "bytes=0-0"}}, {}});
  if (!tried.answered()) throw failed_outcome(task, wire.settings(), tried.outcome);
  return tried.answer;
}

}  // namespace

std::optional<Entry> look_up(Wire& wire, const std::string& name, std::string_view key, const Task& task) {
  Try tried = ask(wire, {"HEAD", name, {}, {}, {}});
  if (!tried.answered()) throw failed_outcome(task, wire.settings(), tried.outcome);
  // The answer to a HEAD has no body that says what is wrong.
  if (tried.answer.status >= 300) tried.answer = first_byte_of(wire, name, task);
  if (is_missing(tried.answer)) return std::nullopt;
  if (tried.answer.status >= 300) throw failed_answer(task, wire.settings(), tried.answer, wire.now_us());
  auto entry = entry_of_headers(tried.answer.headers, key);
  if (entry) return entry;
  throw sdk::StatusError(ASMGR_E_STORAGE, task.what + ": the object " + shown(name) + " in the bucket '" +
                                              wire.settings().bucket +
                                              "' has no metadata of asmgr; store it again or remove it");
}

bool is_stored(Wire& wire, const std::string& name, const Entry& entry) {
  try {
    return look_up(wire, name, entry.key, {}) == entry;
  } catch (const sdk::StatusError&) {  // what there is to say says the caller
    return false;
  }
}

void MultipartUpload::send(const Spool& spool) {
  begin();
  try {
    const std::uint64_t size = part_size_of(spool.bytes(), wire_.settings().part_size);
    for (std::uint64_t offset = 0; offset < spool.bytes(); offset += size)
      send_part(spool, offset, static_cast<std::size_t>(std::min(size, spool.bytes() - offset)));
  } catch (...) {
    static_cast<void>(abort());
    throw;
  }
  complete();
}

void MultipartUpload::begin() {
  const Answer answer =
      ask_for(wire_, {"POST", name_, {{"uploads", ""}}, headers_of_entry(entry_), {}}, {task_.what, Work::kPrepare});
  upload_id_ = text_in_xml(answer.body, "InitiateMultipartUploadResult/UploadId");
  if (upload_id_.empty()) throw failed_answer(task_, wire_.settings(), answer, wire_.now_us());
}

void MultipartUpload::send_part(const Spool& spool, std::uint64_t offset, std::size_t size) {
  const std::string bytes = spool.piece(offset, size);
  const Answer answer = ask_for(wire_,
                                {"PUT",
                                 name_,
                                 {{"partNumber", std::to_string(etags_.size() + 1)}, {"uploadId", upload_id_}},
                                 {{"content-type", "application/octet-stream"}},
                                 bytes},
                                {task_.what, Work::kPrepare});
  const std::string* const etag = http::find_header(answer.headers, "etag");
  if (etag == nullptr) throw failed_answer(task_, wire_.settings(), answer, wire_.now_us());
  etags_.push_back(*etag);
}

void MultipartUpload::complete() {
  std::string parts = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
  for (std::size_t i = 0; i < etags_.size(); ++i)
    parts +=
        "<Part><PartNumber>" + std::to_string(i + 1) + "</PartNumber><ETag>" + escaped(etags_[i]) + "</ETag></Part>";
  parts += "</CompleteMultipartUpload>";
  const Try tried =
      ask(wire_, {"POST", name_, {{"uploadId", upload_id_}}, {{"content-type", "application/xml"}}, parts});
  if (is_success(tried)) return;
  // An answer that was lost may have been the good one; then the repetition does not find the upload any more.
  if (is_stored(wire_, name_, entry_)) return;
  const Left left = abort();
  if (left != Left::kNothing && is_stored(wire_, name_, entry_)) return;
  sdk::StatusError failed = failed_try(task_, wire_.settings(), tried, wire_.now_us());
  if (left == Left::kNothing && !tried.answered())
    failed = {ASMGR_E_STORAGE_CONNECTION, task_.what + ": the last answer of the service did not come (" +
                                              tried.outcome.message + "); nothing was changed"};
  const bool is_unknown = !tried.answered() || tried.answer.status >= 500 || code_of(tried.answer) == "NoSuchUpload";
  if (left != Left::kNothing && is_unknown)
    failed = {ASMGR_E_STORAGE_AMBIGUOUS, failed.message() + "; it may be stored all the same"};
  throw sdk::StatusError(failed);
}

MultipartUpload::Left MultipartUpload::abort() noexcept {
  try {
    const Try tried = ask(wire_, {"DELETE", name_, {{"uploadId", upload_id_}}, {}, {}});
    if (is_success(tried)) return Left::kNothing;
    if (tried.answered() && tried.answer.status == 404) return Left::kUnknownUpload;
    log_.warn(failed_try({task_.what + ", and parts of it may be left", Work::kPrepare}, wire_.settings(), tried,
                         wire_.now_us())
                  .message() +
              "; a lifecycle rule of the bucket that ends incomplete uploads removes them");
  } catch (const std::exception&) {
    log_.warn("parts of an upload may be left in the bucket '" + wire_.settings().bucket + "'");
  }
  return Left::kPerhapsParts;
}

}  // namespace asmgr::s3_store
