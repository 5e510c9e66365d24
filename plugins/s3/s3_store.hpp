// Artifacts as objects of a bucket. What stands there is described in README.md.
#pragma once

#include <asmgr/plugin.hpp>
#include <string>

#include "entry.hpp"
#include "requests.hpp"

namespace asmgr::s3_store {

class S3Store final : public sdk::Artifacts {
 public:
  // Asks nothing of the service yet.
  S3Store(const sdk::Create& create, Settings settings);
  S3Store(const S3Store&) = delete;
  S3Store& operator=(const S3Store&) = delete;
  ~S3Store() override = default;

  void put(std::string_view key, std::string_view content_type, sdk::ByteSource& source,
           sdk::ItemSink<asmgr_artifact_info>& out) override;
  void get(std::string_view key, sdk::TextSink& chunks) override;
  void stat(std::string_view key, sdk::ItemSink<asmgr_artifact_info>& info) override;
  void del(std::string_view key) override;
  void list(std::string_view prefix, std::string_view after, std::uint32_t limit,
            sdk::ItemSink<asmgr_artifact_info>& infos) override;

 private:
  // Checks the key, too.
  [[nodiscard]] std::string name_of(std::string_view key) const;
  void put_at_once(const std::string& name, const Entry& entry, const std::string& bytes, const Task& task);

  sdk::Logger log_;
  Wire wire_;
};

}  // namespace asmgr::s3_store
