// Derive from Artifacts to write an artifact store. The contract of every function is in <asmgr/abi/artifacts.h>.
#pragma once

#include <asmgr/abi/artifacts.h>

#include <asmgr/cpp/instance.hpp>
#include <cstdint>
#include <string_view>

namespace asmgr::sdk {

// Where put takes its bytes from. Only during the call.
class ByteSource {
 public:
  explicit ByteSource(const asmgr_byte_source& source) noexcept : source_(source) {}

  // Writes at most `capacity` bytes; returns how many, 0 at the end. Throws StatusError (CANCELLED) when the source
  // gives up.
  std::size_t read(char* buffer, std::size_t capacity) {
    const std::int64_t got = source_.read(source_.ctx, buffer, capacity);
    if (got < 0) throw StatusError(ASMGR_E_CANCELLED, "the source of the artifact's bytes gave up");
    if (static_cast<std::uint64_t>(got) > capacity)
      throw StatusError(ASMGR_E_INVALID_INPUT, "the source of the artifact's bytes wrote more than there was room for");
    return static_cast<std::size_t>(got);
  }

 private:
  const asmgr_byte_source& source_;
};

// All functions may be called from any thread, concurrently. To fail, throw StatusError.
class Artifacts {
 public:
  virtual ~Artifacts() = default;
  virtual void put(std::string_view key, std::string_view content_type, ByteSource& source,
                   ItemSink<asmgr_artifact_info>& out) = 0;
  // Pushes the bytes in order, at most 1 MiB at a time. Throws NOT_FOUND.
  virtual void get(std::string_view key, TextSink& chunks) = 0;
  virtual void stat(std::string_view key, ItemSink<asmgr_artifact_info>& info) = 0;
  virtual void del(std::string_view key) = 0;
  virtual void list(std::string_view prefix, std::string_view after, std::uint32_t limit,
                    ItemSink<asmgr_artifact_info>& infos) = 0;
};

namespace detail {

template <typename T>
struct ArtifactsEdge {
  static asmgr_status put(asmgr_instance* self, asmgr_str key, asmgr_str content_type, const asmgr_byte_source* source,
                          const asmgr_sink* out, asmgr_error* error) noexcept {
    return call<T>(self, error, [&](Artifacts& artifacts) {
      ByteSource bytes(require(source, "byte source"));
      ItemSink<asmgr_artifact_info> info(out);
      artifacts.put(view(key), view(content_type), bytes, info);
    });
  }

  static asmgr_status get(asmgr_instance* self, asmgr_str key, const asmgr_sink* chunks, asmgr_error* error) noexcept {
    return call<T>(self, error, [&](Artifacts& artifacts) {
      TextSink out(chunks);
      artifacts.get(view(key), out);
    });
  }

  static asmgr_status stat(asmgr_instance* self, asmgr_str key, const asmgr_sink* info, asmgr_error* error) noexcept {
    return call<T>(self, error, [&](Artifacts& artifacts) {
      ItemSink<asmgr_artifact_info> out(info);
      artifacts.stat(view(key), out);
    });
  }

  static asmgr_status del(asmgr_instance* self, asmgr_str key, asmgr_error* error) noexcept {
    return call<T>(self, error, [&](Artifacts& artifacts) { artifacts.del(view(key)); });
  }

  static asmgr_status list(asmgr_instance* self, asmgr_str prefix, asmgr_str after, std::uint32_t limit,
                           const asmgr_sink* infos, asmgr_error* error) noexcept {
    return call<T>(self, error, [&](Artifacts& artifacts) {
      ItemSink<asmgr_artifact_info> out(infos);
      artifacts.list(view(prefix), view(after), limit, out);
    });
  }
};

template <typename T>
inline constexpr asmgr_artifacts kArtifactsTable = {sizeof(asmgr_artifacts), 0,
                                                    &ArtifactsEdge<T>::put,  &ArtifactsEdge<T>::get,
                                                    &ArtifactsEdge<T>::stat, &ArtifactsEdge<T>::del,
                                                    &ArtifactsEdge<T>::list};

}  // namespace detail
}  // namespace asmgr::sdk
