// The expected hashes were computed apart from this code, with Python:
//
//   import hashlib, struct
//   u = lambda n: struct.pack('>Q', n & (2**64 - 1))
//   t = lambda s: u(len(s.encode())) + s.encode()
//   H = lambda b: hashlib.sha256(b)
//   first = H(b'asmgr1' + t('ses_a'))
//   body = lambda data, metadata: H(t(data) + t(metadata))
//   link = lambda prev, seq, us, id, type, run, provider, correlation, schema, body: H(prev.digest() + u(seq) + u(us)
//       + t(id) + t(type) + t(run) + t(provider) + t(correlation) + u(schema) + body.digest())
//   e1 = link(first, 1, 1767323045678901, 'evt_1', 'session_created', '', '', '', 1, body('{"provider":"shell"}',
//   '{}'))
//   e2 = link(e1, 2, 1767323045678902, 'evt_2', 'message_streamed', 'run_1', 'best', 'corr-7', 1,
//             body('{"content": "gr\u00fc\u00df dich"}', '{"attempt":1}'))
//   e3 = link(e2, 3, -1, 'evt_3', 'x.y', 'run_1', '', '', 65535, body('{}', '{}'))
//   e4 = link(e3, 4, 0, 'evt_4', 'run_failed', 'r' * 600, 'p' * 600, '', 1, body('{"t":"' + 'x' * 5000 + '"}', '{}'))
#include "core/model/hash_chain.hpp"

#include <gtest/gtest.h>

namespace asmgr {
namespace {

TEST(EventHasher, MatchesTheDocumentedBytes) {
  EventHasher hasher;
  const Hash first = hasher.first("ses_a");
  EXPECT_EQ(to_hex(first), "baf3b5996bb20f0e16554fee4b6eb8d2bb6eabf841673c49e76b9923980d2dd0");

  EventView created;
  created.id = "evt_1";
  created.type_name = "session_created";
  created.timestamp = {1767323045678901};
  created.sequence_number = 1;
  created.data = R"({"provider":"shell"})";
  const Hash one = hasher.chain(first, created);
  EXPECT_EQ(to_hex(created.body_hash), "536d8aa2977c770f517302acb4aa23f549efb6e4da6c19a27a881d3750479be7");
  EXPECT_EQ(to_hex(one), "e0bced7f1da97b7c59df87fa537e4f37dcba0424b72beb77002fab9620dbf6f3");
  EXPECT_EQ(created.hash, one);

  EventView streamed;
  streamed.id = "evt_2";
  streamed.type_name = "message_streamed";
  streamed.timestamp = {1767323045678902};
  streamed.sequence_number = 2;
  streamed.run_id = "run_1";
  streamed.provider = "best";
  streamed.correlation_id = "corr-7";
  streamed.data = "{\"content\": \"gr\xC3\xBC\xC3\x9F dich\"}";
  streamed.metadata = R"({"attempt":1})";
  const Hash two = hasher.chain(one, streamed);
  EXPECT_EQ(to_hex(streamed.body_hash), "6d9e7fc52fcf77a28f5e951c02ac33a002bb3109c31be109def55e829a6d07f2");
  EXPECT_EQ(to_hex(two), "7731633b2081f3f78f8ba40a52757d9a7fcd90a62c3cf3da7a59a049270c0d26");

  EventView odd;
  odd.id = "evt_3";
  odd.type_name = "x.y";
  odd.timestamp = {-1};
  odd.sequence_number = 3;
  odd.run_id = "run_1";
  odd.schema_version = 65535;
  odd.data = odd.metadata = "";
  const Hash three = hasher.chain(two, odd);
  EXPECT_EQ(to_hex(odd.body_hash), "287521cb71cfeea07d0f39e3bd7a443ff0d25b3f55f4fde99fe7f33039ead227");
  EXPECT_EQ(to_hex(three), "ce4a35d6146275017c7f964343da481e914b1feebe865604dd4c7e7179bb336b");

  const std::string run_id(600, 'r');
  const std::string provider(600, 'p');
  const std::string data = "{\"t\":\"" + std::string(5000, 'x') + "\"}";
  EventView large;
  large.id = "evt_4";
  large.type_name = "run_failed";
  large.sequence_number = 4;
  large.run_id = run_id;
  large.provider = provider;
  large.data = data;
  EXPECT_EQ(to_hex(hasher.chain(three, large)), "929966fb978dd8da3c4bc81072b4c4ffc3fd9fe3ffd1c62519d43c8802d070c7");
  EXPECT_EQ(to_hex(large.body_hash), "0a372fcbaf8cf42bac69c6650562c0c80d20633817555b30b52f225fa4fb2656");
}

TEST(EventHasher, AbsentPayloadsHashAsTheEmptyObject) {
  EventHasher hasher;
  EXPECT_EQ(hasher.body("", ""), hasher.body("{}", "{}"));
  EXPECT_NE(hasher.body("{}", "{ }"), hasher.body("{}", "{}"));
}

TEST(EventHasher, CanBeMoved) {
  EventHasher hasher;
  EventHasher moved = std::move(hasher);
  EXPECT_EQ(to_hex(moved.first("ses_a")), "baf3b5996bb20f0e16554fee4b6eb8d2bb6eabf841673c49e76b9923980d2dd0");
}

TEST(Hex, RoundTripsAndRefusesTheRest) {
  Hash hash;
  for (std::size_t i = 0; i < hash.size(); ++i) hash[i] = static_cast<std::uint8_t>(i * 8 + 1);
  EXPECT_EQ(hash_from_hex(to_hex(hash)), hash);
  EXPECT_EQ(hash_from_hex(std::string(64, 'F')), hash_from_hex(std::string(64, 'f')));
  EXPECT_EQ(hash_from_hex(std::string(63, 'a')), std::nullopt);
  EXPECT_EQ(hash_from_hex(std::string(65, 'a')), std::nullopt);
  EXPECT_EQ(hash_from_hex(std::string(63, 'a') + "g"), std::nullopt);
  EXPECT_EQ(hash_from_hex(""), std::nullopt);
}

}  // namespace
}  // namespace asmgr
