// What the configuration tests share: temporary folders, an environment of their own, and the schemas of a few plugins.
#pragma once

#include <boost/json/object.hpp>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "core/config/file_reader.hpp"
#include "core/config/spec.hpp"

namespace asmgr {

// A folder that is gone when the test is.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  // Writes a file (and the folders it needs) and returns its path.
  std::string write(const std::string& name, std::string_view text) const;

 private:
  std::filesystem::path path_;
};

[[nodiscard]] std::string read_text(const std::filesystem::path& path);
[[nodiscard]] EnvironmentLookup environment_of(std::map<std::string, std::string> variables);

// The schema a test plugin of this name would declare; an open object for names it does not know.
[[nodiscard]] boost::json::object test_schema(std::string_view plugin);

// Everything that is wrong with a file, rendered: the file itself and each `config:` block against test_schema. The
// environment holds GREETING=hello, PORT=7421 and TOKEN=s3cr3t-value.
[[nodiscard]] std::string diagnose(const std::string& path, const ReadOptions& options, const Selection& selection);
[[nodiscard]] std::string diagnose(const std::string& path);
[[nodiscard]] ReadOptions test_options();

// A small deployment that is fine, for tests that change one thing.
[[nodiscard]] std::string_view small_deployment() noexcept;

}  // namespace asmgr
