// A store in a folder of its own, and what lies in it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "tests/plugins/contract/artifact_client.hpp"
#include "tests/plugins/file/faulty_system_calls.hpp"

extern "C" const asmgr_plugin* asmgr_plugin_entry_v1() noexcept;

namespace asmgr::file_store {

class FileRoot : public ::testing::Test {
 protected:
  ~FileRoot() override { sys::heal(); }

  using Client = contract::ArtifactClient;
  [[nodiscard]] std::unique_ptr<Client> open() const {
    const asmgr_plugin* plugin = asmgr_plugin_entry_v1();
    return std::make_unique<Client>(*ASMGR_AT(const asmgr_component, &plugin->components, 0),
                                    R"({"root":")" + root_.string() + R"("})");
  }
  // What is said when the store cannot be opened.
  [[nodiscard]] contract::StoreClient::CreateError refusal() const {
    try {
      static_cast<void>(open());
    } catch (const contract::StoreClient::CreateError& error) {
      return error;
    }
    return {};
  }
  // All files of that name below a folder of the root.
  [[nodiscard]] std::vector<std::filesystem::path> files(const std::string& folder, const std::string& name) const {
    std::vector<std::filesystem::path> found;
    for (const auto& item : std::filesystem::recursive_directory_iterator(root_ / folder)) {
      if (item.is_regular_file() && (name.empty() || item.path().filename() == name)) found.push_back(item.path());
    }
    return found;
  }
  [[nodiscard]] std::size_t objects() const { return files("objects", "bytes").size(); }
  // That nothing is there but what the entries name.
  void expect_nothing_left() const {
    const auto in_tmp = std::filesystem::directory_iterator(root_ / "tmp");
    EXPECT_EQ(std::distance(begin(in_tmp), end(in_tmp)), 0) << "something is left in tmp";
    const auto store = open();
    std::vector<std::array<std::uint8_t, 32>> digests;
    const auto listed = store->list("", "", 100'000);
    EXPECT_EQ(listed.status, ASMGR_OK) << listed.message;
    for (const contract::Artifact& one : listed.value) {
      digests.push_back(one.sha256);
      const auto got = store->get(one.key);
      EXPECT_EQ(got.status, ASMGR_OK) << got.message;
    }
    std::sort(digests.begin(), digests.end());
    digests.erase(std::unique(digests.begin(), digests.end()), digests.end());
    EXPECT_EQ(objects(), digests.size()) << "objects that no entry names";
    EXPECT_EQ(files("objects", "").size(), objects() + listed.value.size()) << "one mark for each entry";
  }
  static std::string read_text(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static void write_text(const std::filesystem::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
  }

  contract::TempFolder folder_;
  std::filesystem::path root_ = folder_.path() + "/root";
};

}  // namespace asmgr::file_store
