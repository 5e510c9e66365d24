// The small parts of the SQLite store that the boundary does not show one by one.
#include <gtest/gtest.h>

#include <string>

#include "plugins/sqlite/change_codec.hpp"
#include "plugins/sqlite/crc32c.hpp"
#include "plugins/sqlite/file_system.hpp"
#include "plugins/sqlite/packed_id.hpp"

namespace asmgr::sqlite_store {
namespace {

TEST(Crc32c, HasThePublishedValues) {
  EXPECT_EQ(crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43u);
}

TEST(Crc32c, IsTheSameWithAndWithoutTheInstruction) {
  std::string text;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(crc32c(text), crc32c_by_table(text)) << text.size();
    text += static_cast<char>(i * 31);
  }
}

TEST(Crc32c, TellsWhereOneValueEndsAndTheNextBegins) {
  EXPECT_NE(Crc32c().add("ab").add("c").value(), Crc32c().add("a").add("bc").value());
}

std::string there_and_back(const std::string& id) {
  const PackedId packed(id);
  std::array<char, kUsualIdBytes> room{};
  return std::string(unpack_id(packed.stored().bytes, packed.stored().blob, room));
}

TEST(PackedId, TakesTheUsualFormToNineteenBytes) {
  const std::string id = "evt_0190a3b4c5d6e7f80123456789abcdef";
  EXPECT_EQ(PackedId(id).stored().bytes.size(), kPackedIdBytes);
  EXPECT_TRUE(PackedId(id).stored().blob);
  EXPECT_EQ(there_and_back(id), id);
}

TEST(PackedId, LeavesEverythingElseAlone) {
  for (const std::string id :
       {"", "evt_", "evt_0190A3B4C5D6E7F80123456789ABCDEF", "evt_0190a3b4c5d6e7f80123456789abcdeg",
        "evtx0190a3b4c5d6e7f80123456789abcdef", "evt_0190a3b4c5d6e7f80123456789abcdef0"}) {
    EXPECT_FALSE(PackedId(id).stored().blob) << id;
    EXPECT_EQ(there_and_back(id), id);
  }
}

TEST(ChangeCodec, GivesBackWhatWasPacked) {
  std::string entries;
  append_change(entries, {3, 1, 0, {}});
  append_change(entries, {8, 0, UINT64_MAX, {}});
  append_change(entries, {15, 0, 0, "gone"});
  std::string_view rest = entries;
  ChangeEntry entry;
  ASSERT_TRUE(take_change(rest, entry));
  EXPECT_EQ(entry.kinds, 3u);
  EXPECT_EQ(entry.session_key, 1);
  ASSERT_TRUE(take_change(rest, entry));
  EXPECT_EQ(entry.last_seq, UINT64_MAX);
  ASSERT_TRUE(take_change(rest, entry));
  EXPECT_EQ(entry.deleted_id, "gone");
  EXPECT_FALSE(take_change(rest, entry));
}

TEST(ChangeCodec, StopsAtDamage) {
  std::string entries;
  append_change(entries, {15, 0, 0, "a longer id"});
  for (std::size_t length = 1; length < entries.size(); ++length) {
    std::string_view cut(entries.data(), length);
    ChangeEntry entry;
    EXPECT_FALSE(take_change(cut, entry)) << length;
  }
}

TEST(FileSystem, KnowsThoseOfTheNetworkByTheirNumbers) {
  EXPECT_EQ(network_file_system(0x6969), "nfs");
  EXPECT_EQ(network_file_system(static_cast<long>(0xff534d42)), "cifs");
  EXPECT_EQ(network_file_system(static_cast<int>(0xfe534d42)), "smb2") << "as a negative number too";
  EXPECT_EQ(network_file_system(0x01021997), "9p");
  EXPECT_EQ(network_file_system(0x00c36400), "ceph");
  EXPECT_EQ(network_file_system(0xef53), "") << "ext4";
  EXPECT_EQ(network_file_system(0x65735546), "") << "fuse";
}

}  // namespace
}  // namespace asmgr::sqlite_store
