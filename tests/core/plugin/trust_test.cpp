#include "core/plugin/trust.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/plugin/catalog.hpp"
#include "tests/core/plugin/temp_folder.hpp"

namespace asmgr {
namespace {

using test::broken_plugin;
using test::TempFolder;

// SHA-256 of "abc".
constexpr const char* kAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

std::string trusting(const std::filesystem::path& file, const TrustRules& rules = {}) {
  const auto trusted = read_trusted_file({"x", file}, rules);
  return trusted ? "trusted " + trusted->sha256 : trusted.error().message();
}

std::unique_ptr<PluginCatalog> catalog_of(const std::filesystem::path& folder, TrustRules trust = {}) {
  return std::make_unique<PluginCatalog>(PluginSearchPath({folder}, "", ""), std::move(trust),
                                         std::make_unique<HostServices>("1.0", system_clock(), nullptr));
}

TEST(Trust, AFileOfOursIsTrusted) {
  const TempFolder temp;
  EXPECT_EQ(trusting(temp.write("x.asmgr.so", "abc")), "trusted ");
}

TEST(Trust, AFileThatAnybodyCanWriteIsNot) {
  const TempFolder temp;
  const auto file = temp.write("x.asmgr.so", "abc");
  chmod(file.c_str(), 0646);
  EXPECT_EQ(trusting(file), "plugin 'x' cannot be loaded: " + file.string() +
                                ": its file can be written by anybody; run: chown root " + file.string() +
                                " && chmod go-w " + file.string());
}

TEST(Trust, AFileThatItsGroupCanWriteIsNot) {
  const TempFolder temp;
  const auto file = temp.write("x.asmgr.so", "abc");
  chmod(file.c_str(), 0664);
  EXPECT_NE(trusting(file).find(": its file can be written by its group; "), std::string::npos) << trusting(file);
}

TEST(Trust, AFolderThatAnybodyCanWriteIsNot) {
  const TempFolder temp;
  const auto folder = temp.folder("open");
  const auto file = temp.write("open/x.asmgr.so", "abc");
  chmod(folder.c_str(), 0777);
  EXPECT_EQ(trusting(file), "plugin 'x' cannot be loaded: " + file.string() +
                                ": its folder can be written by anybody; run: chown root " + folder.string() +
                                " && chmod go-w " + folder.string());
  chmod(folder.c_str(), 01777);
  EXPECT_EQ(trusting(file), "trusted ") << "a sticky folder keeps others from replacing our file";
}

TEST(Trust, TheFolderOfALinkCountsToo) {
  const TempFolder temp;
  temp.folder("closed");
  const auto folder = temp.folder("open");
  const auto file = temp.write("closed/x.asmgr.so", "abc");
  std::filesystem::create_symlink(file, folder / "x.asmgr.so");
  EXPECT_EQ(trusting(folder / "x.asmgr.so"), "trusted ");
  chmod(folder.c_str(), 0777);
  EXPECT_NE(trusting(folder / "x.asmgr.so").find("its folder can be written by anybody"), std::string::npos);
}

TEST(Trust, AFileOfAnotherUserIsNot) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  const TempFolder temp;
  const auto file = temp.write("x.asmgr.so", "abc");
  ASSERT_EQ(chown(file.c_str(), 12345, 0), 0);
  EXPECT_NE(trusting(file).find(": its file belongs to user 12345, who is neither root nor the user of this process; "),
            std::string::npos)
      << trusting(file);
}

TEST(Trust, AMatchingPinIsTrustedWhateverItsCase) {
  const TempFolder temp;
  const auto file = temp.write("x.asmgr.so", "abc");
  EXPECT_EQ(trusting(file, {{{"x", kAbc}}}), std::string("trusted ") + kAbc);
  std::string upper = kAbc;
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  EXPECT_EQ(trusting(file, {{{"x", upper}}}), std::string("trusted ") + kAbc);
}

TEST(Trust, APinThatDoesNotMatchIsRefused) {
  const TempFolder temp;
  const auto file = temp.write("x.asmgr.so", "abc");
  EXPECT_EQ(trusting(file, {{{"x", "00ff"}}}),
            "plugin 'x' cannot be loaded: " + file.string() + ": its SHA-256 is " + kAbc +
                ", pinned is 00ff; if you changed the file on purpose, update plugins.trust.sha256; otherwise restore "
                "it");
}

TEST(Trust, WhereDigestsArePinnedNothingElseLoads) {
  const TempFolder temp;
  const auto file = temp.write("x.asmgr.so", "abc");
  EXPECT_EQ(trusting(file, {{{"other", kAbc}}}),
            "plugin 'x' cannot be loaded: " + file.string() +
                ": digests are pinned in plugins.trust.sha256, and this file is not among them; if you trust the file, "
                "add 'x: " +
                kAbc + "' there");
}

TEST(Trust, SealedMemoryCannotBeChanged) {
  const Result<int> memory = seal_in_memory({"x", {}}, "abc");
  ASSERT_TRUE(memory);
  EXPECT_LT(write(*memory, "d", 1), 0);
  EXPECT_NE(ftruncate(*memory, 0), 0);
  char bytes[4] = {};
  EXPECT_EQ(pread(*memory, bytes, sizeof bytes, 0), 3);
  EXPECT_STREQ(bytes, "abc");
}

TEST(Trust, APinnedPluginIsLoadedFromSealedMemory) {
  const TempFolder temp;
  const auto file = temp.path() / "pinned.asmgr.so";
  std::filesystem::copy_file(broken_plugin("good"), file);
  const auto digest = read_trusted_file({"pinned", file}, {{{"pinned", "?"}}}).error().message();
  const std::string sha = digest.substr(digest.find("SHA-256 is ") + 11, 64);
  const auto catalog = catalog_of(temp.path(), {{{"pinned", sha}}});
  const auto component = catalog->open("pinned", ComponentKind::provider);
  ASSERT_TRUE(component) << component.error().message();
  EXPECT_EQ(component->plugin().describe().at("sha256").as_string(), sha);
  EXPECT_EQ(component->plugin().file(), file);
  EXPECT_EQ(test::read_file("/proc/self/maps").find(file.string()), std::string::npos);
  EXPECT_NE(test::read_file("/proc/self/maps").find("/memfd:pinned"), std::string::npos);
}

TEST(Trust, AFileReplacedUnderItsPathGivesTheNewPlugin) {
  const TempFolder temp;
  const auto file = temp.path() / "x.asmgr.so";
  std::filesystem::copy_file(broken_plugin("good"), file);
  const auto catalog = catalog_of(temp.path());
  const auto first = catalog->open("x", ComponentKind::provider);
  ASSERT_TRUE(first) << first.error().message();
  EXPECT_EQ(first->name(), "good");

  std::filesystem::copy_file(broken_plugin("several"), temp.path() / "new");
  std::filesystem::rename(temp.path() / "new", file);
  const auto second = catalog->open("x/other", ComponentKind::provider);
  ASSERT_TRUE(second) << second.error().message();
  EXPECT_EQ(second->name(), "other");
  EXPECT_NE(&first->plugin(), &second->plugin());
  EXPECT_EQ(second->plugin().file(), file);
}

TEST(Trust, AFileRepairedUnderItsPathGivesTheNewPluginToo) {
  const TempFolder temp;
  const auto file = temp.path() / "x.asmgr.so";
  std::filesystem::copy_file(broken_plugin("major_old"), file);
  const auto catalog = catalog_of(temp.path());
  EXPECT_FALSE(catalog->open("x", ComponentKind::provider));
  std::filesystem::copy_file(broken_plugin("good"), temp.path() / "new");
  std::filesystem::rename(temp.path() / "new", file);
  const auto repaired = catalog->open("x", ComponentKind::provider);
  ASSERT_TRUE(repaired) << repaired.error().message();
  EXPECT_EQ(repaired->name(), "good");
}

TEST(Trust, ASecondNameOfAFileIsAPluginOfItsOwn) {
  const TempFolder temp;
  std::filesystem::copy_file(broken_plugin("good"), temp.path() / "a.asmgr.so");
  std::filesystem::create_hard_link(temp.path() / "a.asmgr.so", temp.path() / "b.asmgr.so");
  const auto catalog = catalog_of(temp.path());
  const auto a = catalog->open("a", ComponentKind::provider);
  const auto b = catalog->open("b", ComponentKind::provider);
  ASSERT_TRUE(a && b);
  EXPECT_NE(a->info().abi, b->info().abi) << "two libraries, each initialised once";
}

}  // namespace
}  // namespace asmgr
