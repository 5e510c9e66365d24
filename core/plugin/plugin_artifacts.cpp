#include "core/plugin/plugin_artifacts.hpp"

#include <algorithm>
#include <exception>

#include "core/plugin/collect.hpp"

namespace asmgr {
namespace {

// A source of the caller's as the plugin reads it; what goes wrong in it must not pass through the plugin.
struct Reader {
  const ByteSource* source = nullptr;
  std::optional<Error> failed;

  static std::int64_t read(void* ctx, char* buffer, std::uint64_t capacity) noexcept {
    auto& self = *static_cast<Reader*>(ctx);
    if (self.failed) return -1;
    try {
      Result<std::size_t> got = (*self.source)(std::span<char>(buffer, capacity));
      if (got && *got <= capacity) return static_cast<std::int64_t>(*got);
      self.failed =
          got ? Error(ErrorCode::internal_error, "an artifact's source gave more than was asked for") : got.error();
    } catch (const std::exception& thrown) {
      self.failed = Error(ErrorCode::internal_error, std::string("an artifact's source failed: ") + thrown.what());
    }
    return -1;
  }
};

std::string read_info(const asmgr_artifact_info& abi, ArtifactInfo& out) {
  for (std::string problem : {problem_with_text(abi.key, "key"), problem_with_text(abi.content_type, "content_type")}) {
    if (!problem.empty()) return problem;
  }
  out.key = view_of_text(abi.key);
  out.content_type = view_of_text(abi.content_type);
  out.bytes = abi.bytes;
  out.created_at.us = abi.created_us;
  std::copy(std::begin(abi.sha256), std::end(abi.sha256), out.sha256.begin());
  return {};
}

// `invoke(sink, error)` calls the plugin, which pushes infos.
template <typename Invoke>
Result<std::vector<ArtifactInfo>> read_infos(const CallSite& site, std::size_t limit, Invoke invoke) {
  std::vector<ArtifactInfo> infos;
  auto collector = collect<asmgr_artifact_info>([&infos, limit](const asmgr_artifact_info& abi) {
    if (infos.size() == limit) return "it pushed more than the " + std::to_string(limit) + " entries asked for";
    return read_info(abi, infos.emplace_back());
  });
  asmgr_error error;
  const asmgr_status status = invoke(collector.sink(), error);
  if (!collector.problem().empty()) return misbehaviour(site, collector.problem());
  if (status != ASMGR_OK) return error_from_call(site, status, error);
  return infos;
}

template <typename Invoke>
Result<ArtifactInfo> read_one_info(const CallSite& site, Invoke invoke) {
  Result<std::vector<ArtifactInfo>> infos = read_infos(site, 1, invoke);
  if (!infos) return infos.error();
  if (infos->empty()) return misbehaviour(site, "it answered OK and pushed nothing");
  return std::move(infos->front());
}

}  // namespace

Result<std::unique_ptr<ArtifactStore>> PluginArtifactStore::make(Instance instance) {
  const auto* table = instance.find_table<asmgr_artifacts>(ASMGR_IFACE_ARTIFACTS);
  if (table == nullptr) return instance.lacks("the interface " ASMGR_IFACE_ARTIFACTS);
  MissingFunctions missing;
  missing.note(ASMGR_HAS(table, put), "put");
  missing.note(ASMGR_HAS(table, get), "get");
  missing.note(ASMGR_HAS(table, stat), "stat");
  missing.note(ASMGR_HAS(table, del), "del");
  missing.note(ASMGR_HAS(table, list), "list");
  if (!missing.names().empty()) return instance.lacks(missing.names() + " in " ASMGR_IFACE_ARTIFACTS);
  return std::unique_ptr<ArtifactStore>(new PluginArtifactStore(std::move(instance), *table));
}

Result<ArtifactInfo> PluginArtifactStore::put(std::string_view key, std::string_view content_type,
                                              const ByteSource& source) {
  Reader reader{&source, std::nullopt};
  const asmgr_byte_source abi{sizeof(asmgr_byte_source), 0, &reader, &Reader::read};
  Result<ArtifactInfo> info = read_one_info(instance_.site("put"), [&](const asmgr_sink* sink, asmgr_error& error) {
    return call(error, table_.put, instance_.get(), text_of(key), text_of(content_type), &abi, sink, &error);
  });
  if (reader.failed) return *reader.failed;
  return info;
}

Result<void> PluginArtifactStore::get(std::string_view key, const ByteVisitor& visitor) {
  const CallSite site = instance_.site("get");
  GuardedVisits visits;
  auto collector = collect<asmgr_str>(
      [&](const asmgr_str& chunk) -> std::string {
        if (chunk.len != 0 && (chunk.ptr == nullptr || chunk.len > kMaxAbiText))
          return problem_with_text(chunk, "chunk");
        visits.once([&] { return visitor(view_of_text(chunk)); });
        return {};
      },
      &visits.enough());
  asmgr_error error;
  const asmgr_status status = call(error, table_.get, instance_.get(), text_of(key), collector.sink(), &error);
  visits.rethrow();
  if (!collector.problem().empty()) return misbehaviour(site, collector.problem());
  if (status != ASMGR_OK && !visits.enough()) return error_from_call(site, status, error);
  return {};
}

Result<ArtifactInfo> PluginArtifactStore::stat(std::string_view key) {
  return read_one_info(instance_.site("stat"), [&](const asmgr_sink* sink, asmgr_error& error) {
    return call(error, table_.stat, instance_.get(), text_of(key), sink, &error);
  });
}

Result<void> PluginArtifactStore::remove(std::string_view key) {
  asmgr_error error;
  const asmgr_status status = call(error, table_.del, instance_.get(), text_of(key), &error);
  if (status != ASMGR_OK) return error_from_call(instance_.site("del"), status, error);
  return {};
}

Result<std::vector<ArtifactInfo>> PluginArtifactStore::list(std::string_view prefix, std::string_view after,
                                                            std::uint32_t limit) {
  return read_infos(instance_.site("list"), limit == 0 ? 1000 : limit, [&](const asmgr_sink* sink, asmgr_error& error) {
    return call(error, table_.list, instance_.get(), text_of(prefix), text_of(after), limit, sink, &error);
  });
}

}  // namespace asmgr
