#include "s3_store.hpp"

#include <algorithm>
#include <utility>

#include "download.hpp"
#include "listing.hpp"
#include "object_name.hpp"
#include "spool.hpp"
#include "upload.hpp"

namespace asmgr::s3_store {
namespace {

constexpr std::uint32_t kUsualLimit = 1000;

[[noreturn]] void throw_not_found(std::string_view key) {
  throw sdk::StatusError(ASMGR_E_NOT_FOUND, "there is no artifact " + shown(key));
}

asmgr_artifact_info info_of(const Entry& entry) {
  auto info = sdk::make<asmgr_artifact_info>();
  info.bytes = entry.bytes;
  info.created_us = entry.created_us;
  std::copy(entry.sha256.begin(), entry.sha256.end(), info.sha256);
  info.key = sdk::to_abi(entry.key);
  info.content_type = sdk::to_abi(entry.content_type);
  return info;
}

}  // namespace

S3Store::S3Store(const sdk::Create& create, Settings settings)
    : log_(create.host, create.instance_name), wire_(create.host, std::move(settings)) {}

std::string S3Store::name_of(std::string_view key) const {
  const std::string& prefix = wire_.settings().prefix;
  check_key(key, prefix.size());
  return prefix + name_of_key(key);
}

void S3Store::put(std::string_view key, std::string_view content_type, sdk::ByteSource& source,
                  sdk::ItemSink<asmgr_artifact_info>& out) {
  const std::string name = name_of(key);
  check_content_type(content_type, key);
  const Spool spool(source, wire_.settings().part_size);
  const Entry entry{std::string(key), std::string(content_type), spool.sha256(), spool.bytes(), wire_.now_us()};
  const Task task{"cannot store the artifact " + shown(key), Work::kWrite};
  if (spool.is_in_memory()) {
    put_at_once(name, entry, spool.text(), task);
  } else {
    MultipartUpload(wire_, log_, name, entry, task).send(spool);
  }
  out.push(info_of(entry));
}

void S3Store::put_at_once(const std::string& name, const Entry& entry, const std::string& bytes, const Task& task) {
  const Try tried = ask(wire_, {"PUT", name, {}, headers_of_entry(entry), bytes});
  if (is_success(tried)) return;
  // An answer that was lost may have been the good one.
  if (!tried.answered() && is_stored(wire_, name, entry)) return;
  throw failed_try(task, wire_.settings(), tried, wire_.now_us());
}

// The last piece is held back until all of it is known to be good.
void S3Store::get(std::string_view key, sdk::TextSink& chunks) {
  const std::string name = name_of(key);
  const Task task{"cannot read the artifact " + shown(key), Work::kRead};
  Download download(wire_, name, key, task);
  Sha256 sha;
  std::uint64_t bytes = 0;
  std::string held;
  for (std::string next = download.next(); !next.empty(); next = download.next()) {
    sha.add(next);
    bytes += next.size();
    if (bytes > download.entry().bytes) break;  // it may never end
    if (!held.empty() && !chunks.push(held)) return;
    held = std::move(next);
  }
  const Entry& entry = download.entry();
  if (bytes != entry.bytes || sha.finish() != entry.sha256)
    throw sdk::StatusError(ASMGR_E_STORAGE, "the artifact " + shown(key) + " in the bucket '" +
                                                wire_.settings().bucket + "' is damaged: its " + std::to_string(bytes) +
                                                " bytes are not the " + std::to_string(entry.bytes) +
                                                " that were stored; store it again or remove it");
  if (!held.empty()) chunks.push(held);
}

void S3Store::stat(std::string_view key, sdk::ItemSink<asmgr_artifact_info>& info) {
  const std::string name = name_of(key);
  const auto entry = look_up(wire_, name, key, {"cannot look up the artifact " + shown(key), Work::kRead});
  if (!entry) throw_not_found(key);
  info.push(info_of(*entry));
}

void S3Store::del(std::string_view key) {
  const std::string name = name_of(key);
  const Try tried = ask(wire_, {"DELETE", name, {}, {}, {}});
  if (tried.answered() && (is_missing(tried.answer) || (tried.answer.status >= 200 && tried.answer.status < 300)))
    return;
  throw failed_try({"cannot remove the artifact " + shown(key), Work::kWrite}, wire_.settings(), tried, wire_.now_us());
}

void S3Store::list(std::string_view prefix, std::string_view after, std::uint32_t limit,
                   sdk::ItemSink<asmgr_artifact_info>& infos) {
  const KeyRange range{prefix, after, limit == 0 ? kUsualLimit : limit};
  list_entries(wire_, log_, range, [&](const Entry& entry) { return infos.push(info_of(entry)); });
}

}  // namespace asmgr::s3_store
