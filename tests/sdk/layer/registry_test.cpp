#include <asmgr/plugin.hpp>

#include "tests/sdk/layer/fake_host.hpp"

namespace asmgr::sdk::test {
namespace {

class MemoryArtifacts final : public Artifacts {
 public:
  explicit MemoryArtifacts(std::string prefix) : prefix_(std::move(prefix)) {}
  void put(std::string_view, std::string_view, ByteSource& source, ItemSink<asmgr_artifact_info>& out) override {
    char buffer[8];
    for (std::size_t got = source.read(buffer, sizeof(buffer)); got != 0; got = source.read(buffer, sizeof(buffer)))
      bytes_.append(buffer, got);
    auto info = make<asmgr_artifact_info>();
    info.bytes = bytes_.size();
    out.push(info);
  }
  void get(std::string_view, TextSink& chunks) override { chunks.push(prefix_ + bytes_); }
  void stat(std::string_view, ItemSink<asmgr_artifact_info>&) override {}
  void del(std::string_view) override {}
  void list(std::string_view, std::string_view, std::uint32_t, ItemSink<asmgr_artifact_info>&) override {}

 private:
  std::string prefix_;
  std::string bytes_;
};

class TestSink final : public EventSink {
 public:
  explicit TestSink(const Create& create) : log_(create.host, create.instance_name) {}
  std::string describe() override { return "{}"; }
  void publish(ArrayView<const asmgr_event> events, std::string_view topic, const Cancel& cancel) override {
    cancel.throw_if_cancelled();
    log_.info(std::to_string(events.size()) + " events for " + std::string(topic));
  }

 private:
  Logger log_;
};

std::unique_ptr<MemoryArtifacts> make_artifacts(const Create& create) {
  if (create.config == "none") return nullptr;
  return std::make_unique<MemoryArtifacts>(std::string(create.instance_name) + ":");
}

void check_config(const Host& host, std::string_view config, Problems& problems) {
  if (config == "throw") throw StatusError(ASMGR_E_CONFIG_INVALID, "cannot even look");
  if (config != "{}") problems.add("/a~1b", "is \"wrong\" on " + std::string(host.name()));
}

constexpr std::string_view kSchema = R"({"type":"object"})";
constexpr asmgr_component kComponents[] = {
    component<MemoryArtifacts, &make_artifacts, &check_config>("memory", "Keeps bytes", kSchema),
    component<TestSink>("log", "Logs", kSchema)};
constexpr asmgr_plugin kPlugin = plugin({"org.example.test", "Example", "1.0.0", "MIT"}, kComponents, 0);
// The entry must be pure: everything above is there before any code runs.
static_assert(kPlugin.components.count == 2 && kPlugin.abi_major == ASMGR_ABI_MAJOR);
static_assert(kComponents[0].kind == ASMGR_KIND_ARTIFACTS && kComponents[1].kind == ASMGR_KIND_SINK);

TEST(Registry, TheDescriptorSaysWhatWasDeclared) {
  EXPECT_EQ(kPlugin.size, sizeof(asmgr_plugin));
  EXPECT_EQ(text_of(kPlugin.id), "org.example.test");
  EXPECT_EQ(kPlugin.components.stride, sizeof(asmgr_component));
  const auto& first = *ASMGR_AT(const asmgr_component, &kPlugin.components, 0);
  EXPECT_EQ(text_of(first.name), "memory");
  EXPECT_EQ(text_of(first.config_schema), kSchema);
}

TEST(Registry, AFactoryOfTheAuthorsMakesTheInstance) {
  const FakeHost host;
  const Live live(host, kComponents[0]);
  ASSERT_NE(live.instance, nullptr) << live.error.message;
  const auto& table = *live.table<asmgr_artifacts>(ASMGR_IFACE_ARTIFACTS);
  std::string left = "twelve bytes";
  asmgr_byte_source source{sizeof(asmgr_byte_source), 0, &left,
                           [](void* ctx, char* buffer, std::uint64_t capacity) noexcept -> std::int64_t {
                             std::string& rest = *static_cast<std::string*>(ctx);
                             const std::size_t n = std::min<std::size_t>(capacity, rest.size());
                             std::memcpy(buffer, rest.data(), n);
                             rest.erase(0, n);
                             return static_cast<std::int64_t>(n);
                           }};
  std::uint64_t bytes = 0;
  const Collect<asmgr_artifact_info> info([&](const asmgr_artifact_info& one) { bytes = one.bytes; });
  asmgr_error error;
  ASSERT_EQ(table.put(live.instance, text("k"), text(""), &source, info.sink(), &error),
            static_cast<asmgr_status>(ASMGR_OK));
  EXPECT_EQ(bytes, 12u);
  Texts chunks;
  ASSERT_EQ(table.get(live.instance, text("k"), chunks.sink(), &error), static_cast<asmgr_status>(ASMGR_OK));
  EXPECT_EQ(chunks.all, std::vector<std::string>{"the_instance:twelve bytes"});
  source.read = [](void*, char*, std::uint64_t) noexcept -> std::int64_t { return -1; };
  EXPECT_EQ(table.put(live.instance, text("k"), text(""), &source, nullptr, &error),
            static_cast<asmgr_status>(ASMGR_E_CANCELLED));
  source.read = [](void*, char*, std::uint64_t) noexcept -> std::int64_t { return 1000; };
  EXPECT_EQ(table.put(live.instance, text("k"), text(""), &source, nullptr, &error),
            static_cast<asmgr_status>(ASMGR_E_INVALID_INPUT));
}

TEST(Registry, AFactoryThatMakesNothingIsAnError) {
  const FakeHost host;
  const Live live(host, kComponents[0], "none");
  EXPECT_EQ(live.instance, nullptr);
  EXPECT_EQ(live.status, static_cast<asmgr_status>(ASMGR_E_INTERNAL));
}

TEST(Registry, ProblemsOfAConfigArePushedAsJson) {
  const FakeHost host;
  Texts problems;
  asmgr_error error;
  EXPECT_EQ(kComponents[0].validate(host.table(), text("{}"), problems.sink(), &error),
            static_cast<asmgr_status>(ASMGR_OK));
  EXPECT_TRUE(problems.all.empty());
  EXPECT_EQ(kComponents[0].validate(host.table(), text("x"), problems.sink(), &error),
            static_cast<asmgr_status>(ASMGR_OK));
  EXPECT_EQ(problems.all, std::vector<std::string>{R"({"path":"/a~1b","message":"is \"wrong\" on fake"})"});
  EXPECT_EQ(kComponents[0].validate(host.table(), text("throw"), problems.sink(), &error),
            static_cast<asmgr_status>(ASMGR_E_CONFIG_INVALID));
}

TEST(Registry, ACreateThatIsTooShortIsRefused) {
  const FakeHost host;
  asmgr_create create{};
  create.size = 8;
  create.host = host.table();
  asmgr_instance* out = nullptr;
  EXPECT_EQ(kComponents[1].create(&create, &out, nullptr), static_cast<asmgr_status>(ASMGR_E_INVALID_INPUT));
  EXPECT_EQ(kComponents[1].create(nullptr, &out, nullptr), static_cast<asmgr_status>(ASMGR_E_INVALID_INPUT));
  EXPECT_EQ(out, nullptr);
  kComponents[1].destroy(nullptr);
}

TEST(Registry, ASinkSeesEventsTopicAndToken) {
  const FakeHost host;
  const Live live(host, kComponents[1]);
  const auto& table = *live.table<asmgr_event_sink>(ASMGR_IFACE_SINK);
  asmgr_event events[2] = {make<asmgr_event>(), make<asmgr_event>()};
  const asmgr_array array{events, 2, sizeof(asmgr_event)};
  asmgr_error error;
  asmgr_cancel token;
  EXPECT_EQ(table.publish(live.instance, &array, text("t"), &token, &error), static_cast<asmgr_status>(ASMGR_OK));
  EXPECT_EQ(host.lines(), std::vector<std::string>{"the_instance: 2 events for t"});
  token.cancelled = true;
  EXPECT_EQ(table.publish(live.instance, &array, text("t"), &token, &error),
            static_cast<asmgr_status>(ASMGR_E_CANCELLED));
}

TEST(HostWrapper, ARefusedMetricSwallowsWhatIsAdded) {
  FakeHost fake;
  const Host host(fake.table());
  Metric(host, ASMGR_METRIC_COUNTER, "", "1", "refused").add(5);
  Metric(host, ASMGR_METRIC_COUNTER, "good", "1", "kept").add(2);
  EXPECT_EQ(fake.metric_total, 2);
  EXPECT_TRUE(host.log_enabled(ASMGR_LOG_WARN));
  EXPECT_FALSE(host.log_enabled(ASMGR_LOG_DEBUG));
  EXPECT_EQ(host.mono_ns(), 42);
}

}  // namespace
}  // namespace asmgr::sdk::test
