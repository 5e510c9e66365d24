// Random calls against an artifact store and against a map, which must tell the same.
#include <map>
#include <random>

#include "tests/plugins/contract/artifact_store_test.hpp"
#include "tests/support/profile.hpp"
#include "tests/support/seed.hpp"

namespace asmgr::contract {
namespace {

class ArtifactsModel : public ArtifactStoreTest {};
INSTANTIATE_TEST_SUITE_P(Stores, ArtifactsModel, ::testing::ValuesIn(all_artifact_stores()), artifact_store_name);

// Few letters and many lengths, so that keys are prefixes of each other and meet again.
std::string random_key(std::mt19937& random) {
  static const std::vector<std::string> kLetters = {"a", "b", "A", "/", ".", "%", "\xc3\xa4", "\xf0\x9f\x8c\x8d", " "};
  std::string key;
  const std::size_t length = random() % 8 == 0 ? 50 + random() % 100 : 1 + random() % 3;
  const bool monotonous = random() % 2 == 0;
  for (std::size_t i = 0; i < length; ++i) {
    const bool usual = monotonous && i + 2 < length;
    key += usual ? "a" : kLetters[random() % kLetters.size()];
  }
  return key;
}

std::vector<std::string> keys_of(const std::map<std::string, std::string>& model, const std::string& prefix,
                                 const std::string& after, std::size_t limit) {
  std::vector<std::string> keys;
  for (const auto& [key, text] : model) {
    if (keys.size() < limit && key > after && key.starts_with(prefix)) keys.push_back(key);
  }
  return keys;
}

TEST_P(ArtifactsModel, TellsWhatAMapWouldTell) {
  const std::uint32_t seed = test::seed_or(20260807);
  SCOPED_TRACE(test::seed_text(seed));
  std::mt19937 random(seed);
  std::map<std::string, std::string> model;
  const int steps = test::in_profile(1500, 30'000);
  for (int step = 0; step < steps && !HasFailure(); ++step) {
    const std::string key = random_key(random);
    switch (random() % 5) {
      case 0:
      case 1: {
        const std::string text(random() % 4, static_cast<char>('a' + random() % 3));
        ASSERT_EQ(store_.put(key, text).status, ASMGR_OK);
        model[key] = text;
        break;
      }
      case 2:
        ASSERT_EQ(store_.remove(key).status, ASMGR_OK);
        model.erase(key);
        break;
      case 3: {
        const auto got = store_.get(key);
        const auto known = model.find(key);
        ASSERT_EQ(got.status, known == model.end() ? ASMGR_E_NOT_FOUND : ASMGR_OK) << key << ": " << got.message;
        EXPECT_EQ(got.value, known == model.end() ? "" : known->second) << key;
        break;
      }
      default: {
        const std::string prefix = random() % 2 == 0 ? "" : random_key(random);
        const std::uint32_t limit = 1 + static_cast<std::uint32_t>(random() % 20);
        const std::string after = random() % 2 == 0 ? "" : key;
        EXPECT_EQ(store_.keys(prefix, after, limit), keys_of(model, prefix, after, limit))
            << "prefix '" << prefix << "', after '" << after << "', limit " << limit;
      }
    }
  }
  EXPECT_EQ(store_.keys("", "", 100'000), keys_of(model, "", "", 100'000));
}

}  // namespace
}  // namespace asmgr::contract
