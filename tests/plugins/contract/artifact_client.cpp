#include "tests/plugins/contract/artifact_client.hpp"

#include <algorithm>
#include <cstring>

namespace asmgr::contract {
namespace {

asmgr_str borrowed(std::string_view text) {
  return {text.data(), text.size()};
}

Artifact artifact_of(const asmgr_artifact_info& info) {
  Artifact out{owned(info.key), owned(info.content_type), info.bytes, info.created_us, {}};
  std::copy(std::begin(info.sha256), std::end(info.sha256), out.sha256.begin());
  return out;
}

// Hands every pushed element to `take`, which returns false when it has enough.
template <typename Abi>
struct Taker {
  std::function<bool(const Abi&)> take;
  asmgr_sink sink{sizeof(asmgr_sink), 0, this, [](void* self, const asmgr_array* items) noexcept -> int32_t {
                    for (std::uint32_t i = 0; i < items->count; ++i) {
                      if (!static_cast<Taker*>(self)->take(*ASMGR_AT(const Abi, items, i))) return 1;
                    }
                    return 0;
                  }};
};

}  // namespace

Source source_of(std::string text, std::size_t piece) {
  return [text = std::move(text), piece, at = std::size_t{0}](char* buffer, std::uint64_t capacity) mutable {
    const std::size_t size = std::min({piece, static_cast<std::size_t>(capacity), text.size() - at});
    std::memcpy(buffer, text.data() + at, size);
    at += size;
    return static_cast<std::int64_t>(size);
  };
}

ArtifactClient::ArtifactClient(const std::string& name, const std::string& config_json)
    : ArtifactClient(
          PluginFile(std::string(ASMGR_PLUGIN_DIR) + "/" + name + ".asmgr.so").component(name, ASMGR_KIND_ARTIFACTS),
          config_json) {}

ArtifactClient::ArtifactClient(const asmgr_component& component, const std::string& config_json)
    : host_(std::make_unique<TestHost>()), component_(&component) {
  asmgr_create create{};
  create.size = sizeof(create);
  create.host = host_->table();
  create.instance_name = component.name;
  create.config_json = borrowed(config_json);
  asmgr_error error;
  const asmgr_status status = component_->create(&create, &instance_, &error);
  if (status != ASMGR_OK) throw StoreClient::CreateError{status, error.message, error.details};
  table_ = static_cast<const asmgr_artifacts*>(component_->get_interface(ASMGR_IFACE_ARTIFACTS));
}

ArtifactClient::~ArtifactClient() {
  component_->destroy(instance_);
}

Told<Artifact> ArtifactClient::put(std::string_view key, const Source& source, std::string_view content_type) const {
  Told<Artifact> told;
  Source own = source;
  const asmgr_byte_source bytes{sizeof(asmgr_byte_source), 0, &own,
                                [](void* self, char* buffer, uint64_t capacity) noexcept -> int64_t {
                                  return (*static_cast<Source*>(self))(buffer, capacity);
                                }};
  Taker<asmgr_artifact_info> info{[&](const asmgr_artifact_info& one) {
    told.value = artifact_of(one);
    return true;
  }};
  asmgr_error error;
  told.status = table_->put(instance_, borrowed(key), borrowed(content_type), &bytes, &info.sink, &error);
  told.message = error.message;
  return told;
}

Told<bool> ArtifactClient::get(std::string_view key, const std::function<bool(std::string_view)>& visit) const {
  Taker<asmgr_str> chunks{[&](const asmgr_str& chunk) { return visit(std::string_view(chunk.ptr, chunk.len)); }};
  asmgr_error error;
  const asmgr_status status = table_->get(instance_, borrowed(key), &chunks.sink, &error);
  return {status, error.message, status == ASMGR_OK};
}

Told<std::string> ArtifactClient::get(std::string_view key) const {
  std::string bytes;
  const Told<bool> told = get(key, [&](std::string_view chunk) {
    bytes += chunk;
    return true;
  });
  return {told.status, told.message, std::move(bytes)};
}

Told<Artifact> ArtifactClient::stat(std::string_view key) const {
  Told<Artifact> told;
  Taker<asmgr_artifact_info> info{[&](const asmgr_artifact_info& one) {
    told.value = artifact_of(one);
    return true;
  }};
  asmgr_error error;
  told.status = table_->stat(instance_, borrowed(key), &info.sink, &error);
  told.message = error.message;
  return told;
}

Told<bool> ArtifactClient::remove(std::string_view key) const {
  asmgr_error error;
  const asmgr_status status = table_->del(instance_, borrowed(key), &error);
  return {status, error.message, status == ASMGR_OK};
}

Told<std::vector<Artifact>> ArtifactClient::list(std::string_view prefix, std::string_view after,
                                                 std::uint32_t limit) const {
  Told<std::vector<Artifact>> told;
  Taker<asmgr_artifact_info> infos{[&](const asmgr_artifact_info& one) {
    told.value.push_back(artifact_of(one));
    return true;
  }};
  asmgr_error error;
  told.status = table_->list(instance_, borrowed(prefix), borrowed(after), limit, &infos.sink, &error);
  told.message = error.message;
  return told;
}

std::vector<std::string> ArtifactClient::keys(std::string_view prefix, std::string_view after,
                                              std::uint32_t limit) const {
  std::vector<std::string> keys;
  for (const Artifact& one : list(prefix, after, limit).value) keys.push_back(one.key);
  return keys;
}

}  // namespace asmgr::contract
