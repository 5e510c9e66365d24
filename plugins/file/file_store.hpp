// Artifacts as files below one folder. The format is described in README.md.
#pragma once

#include <asmgr/plugin.hpp>

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "entry.hpp"
#include "objects.hpp"
#include "root.hpp"
#include "store_lock.hpp"
#include "workplace.hpp"

namespace asmgr::file_store {

class FileStore final : public sdk::Artifacts {
 public:
  // Opens or makes the store and cleans up what killed processes left. One that cannot be written to can still be read.
  // Throws StatusError.
  FileStore(const sdk::Create& create, const std::string& root);
  FileStore(const FileStore&) = delete;
  FileStore& operator=(const FileStore&) = delete;
  ~FileStore() override = default;

  void put(std::string_view key, std::string_view content_type, sdk::ByteSource& source,
           sdk::ItemSink<asmgr_artifact_info>& out) override;
  void get(std::string_view key, sdk::TextSink& chunks) override;
  void stat(std::string_view key, sdk::ItemSink<asmgr_artifact_info>& info) override;
  void del(std::string_view key) override;
  void list(std::string_view prefix, std::string_view after, std::uint32_t limit,
            sdk::ItemSink<asmgr_artifact_info>& infos) override;

 private:
  [[nodiscard]] StoreLock lock();
  // Made when it is first needed, so that a full or read-only disk can be read. Takes the lock.
  [[nodiscard]] Workplace& workplace();
  [[nodiscard]] std::optional<Entry> entry_of(std::string_view key) const;
  [[nodiscard]] std::optional<Entry> entry_in(const Folder& folder, const std::string& file,
                                              std::string_view key) const;
  [[nodiscard]] Descriptor open_bytes(std::string_view key, Entry& entry);
  void push_verified(const Entry& entry, const Descriptor& bytes, sdk::TextSink& chunks) const;
  [[nodiscard]] Entry receive(Entry entry, sdk::ByteSource& source, WorkFile& bytes) const;
  void place(const Entry& entry, WorkFile& bytes, WorkFile& note);
  void name_object(const Entry& entry, const std::optional<Entry>& before, const Folder& folder,
                   const std::string& file, WorkFile& bytes, WorkFile& note);
  void remove_entry(const Folder& folder, const std::string& file, const std::string& what);
  void let_go(const Digest& digest, const std::string& key) noexcept;

  sdk::Host host_;
  sdk::Logger log_;
  Turnstile threads_;
  Root root_;
  Objects objects_;
  std::mutex making_workplace_;
  std::optional<Workplace> workplace_;  // made under the mutex, then never replaced
};

}  // namespace asmgr::file_store
