// Every way in which a plugin can fail to load, with the exact sentence a user reads.

#include <gtest/gtest.h>

#include "core/plugin/catalog.hpp"
#include "core/plugin/factory.hpp"
#include "tests/core/plugin/recording_log.hpp"
#include "tests/core/plugin/temp_folder.hpp"

namespace asmgr {
namespace {

using test::broken_plugin;
using test::TempFolder;

PluginLimits short_limits() {
  PluginLimits limits;
  limits.init = limits.create = std::chrono::milliseconds(200);
  return limits;
}

std::unique_ptr<PluginCatalog> catalog_of(TrustRules trust = {}, PluginLimits limits = {},
                                          std::filesystem::path folder = ASMGR_BROKEN_PLUGINS) {
  return std::make_unique<PluginCatalog>(PluginSearchPath({std::move(folder)}, "", ""), std::move(trust),
                                         std::make_unique<HostServices>("1.0", system_clock(), nullptr), limits);
}

struct Failure {
  ErrorCode code;
  std::string message;
  bool operator==(const Failure&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Failure& failure) {
  return out << code_name(failure.code) << ": " << failure.message;
}

template <typename T>
Failure failure_of(const Result<T>& result) {
  if (result) return {ErrorCode::unknown_error, "(it loaded)"};
  return {result.error().code(), result.error().message()};
}

Failure opening(const std::string& value, ComponentKind kind = ComponentKind::provider) {
  return failure_of(catalog_of({}, short_limits())->open(value, kind));
}

// The failure of making an instance called "mine" of the provider of a broken plugin.
Failure creating(const std::string& name) {
  const auto catalog = catalog_of({}, short_limits());
  const Result<ComponentRef> component = catalog->open(name, ComponentKind::provider);
  if (!component) return failure_of(component);
  return failure_of(create_provider(*component, "mine", "{}"));
}

Failure load_failed(const std::string& name, const std::string& why_and_advice,
                    ErrorCode code = ErrorCode::plugin_load_failed) {
  return {code, "plugin '" + name + "' cannot be loaded: " + broken_plugin(name).string() + ": " + why_and_advice};
}
Failure mismatch(const std::string& name, const std::string& why_and_advice) {
  return load_failed(name, why_and_advice, ErrorCode::plugin_abi_mismatch);
}

TEST(LoadPlugin, AGoodOneLoadsOnceAndGivesItsComponent) {
  const auto catalog = catalog_of();
  const Result<ComponentRef> component = catalog->open("good", ComponentKind::provider);
  ASSERT_TRUE(component) << component.error().message();
  EXPECT_EQ(component->name(), "good");
  EXPECT_EQ(component->config_schema(), R"({"type":"object","additionalProperties":false})");
  const Result<ComponentRef> again = catalog->open(broken_plugin("good").string(), ComponentKind::provider);
  ASSERT_TRUE(again);
  EXPECT_EQ(&again->plugin(), &component->plugin());
  EXPECT_EQ(catalog->loaded().size(), 1U);
  auto provider = create_provider(*component, "mine", "{}");
  ASSERT_TRUE(provider) << provider.error().message();
  EXPECT_EQ((*provider)->info().vendor, "test");
}

TEST(LoadPlugin, NotFound) {
  EXPECT_EQ(opening("zzzzz"), (Failure{ErrorCode::plugin_load_failed,
                                       "plugin 'zzzzz' cannot be loaded: there is no zzzzz.asmgr.so in " +
                                           std::string(ASMGR_BROKEN_PLUGINS) +
                                           "; install it there, or add its folder to plugins.search_path"}));
}

TEST(LoadPlugin, PathThatDoesNotExist) {
  EXPECT_EQ(opening("/nowhere/x.asmgr.so"),
            (Failure{ErrorCode::plugin_load_failed,
                     "plugin 'x' cannot be loaded: /nowhere/x.asmgr.so: there is no such file; check the path"}));
}

TEST(LoadPlugin, TextFile) {
  const TempFolder temp;
  const std::string file = temp.write("x.asmgr.so", "hello").string();
  EXPECT_EQ(opening(file), (Failure{ErrorCode::plugin_load_failed,
                                    "plugin 'x' cannot be loaded: " + file +
                                        ": it is not a shared library (it does not begin with the ELF mark); name the "
                                        "plugin's shared library"}));
}

TEST(LoadPlugin, EmptyFile) {
  const TempFolder temp;
  const std::string file = temp.write("x.asmgr.so", "").string();
  EXPECT_EQ(opening(file), (Failure{ErrorCode::plugin_load_failed,
                                    "plugin 'x' cannot be loaded: " + file + ": the file is empty; install it again"}));
}

TEST(LoadPlugin, TruncatedFile) {
  const TempFolder temp;
  const std::string whole = test::read_file(broken_plugin("good"));
  const std::string file = temp.write("x.asmgr.so", whole.substr(0, whole.size() / 2)).string();
  EXPECT_EQ(opening(file), (Failure{ErrorCode::plugin_load_failed, "plugin 'x' cannot be loaded: " + file +
                                                                       ": the file is cut short; install it again"}));
}

TEST(LoadPlugin, WrongMachine) {
  const TempFolder temp;
  std::string bytes = test::read_file(broken_plugin("good"));
  bytes[18] = '\xf3';  // e_machine: RISC-V
  bytes[19] = '\0';
  const std::string file = temp.write("x.asmgr.so", bytes).string();
  EXPECT_EQ(opening(file),
            (Failure{ErrorCode::plugin_load_failed,
                     "plugin 'x' cannot be loaded: " + file +
                         ": it is for RISC-V and this machine is x86-64; build the plugin on this machine, or get its "
                         "build for this machine"}));
}

TEST(LoadPlugin, AFolderIsNoPlugin) {
  const TempFolder temp;
  EXPECT_EQ(opening(temp.folder("x.asmgr.so").string()).message,
            "plugin 'x' cannot be loaded: " + (temp.path() / "x.asmgr.so").string() +
                ": it is not a regular file; name the plugin file itself");
}

TEST(LoadPlugin, UndefinedSymbolIsNamedInTheLoadersOwnWords) {
  EXPECT_EQ(
      opening("undefined_symbol"),
      load_failed("undefined_symbol",
                  "undefined symbol: asmgr_test_symbol_that_nobody_defines; link the library that defines it into "
                  "the plugin (asmgr_add_plugin finds this at build time)"));
}

TEST(LoadPlugin, NoEntry) {
  EXPECT_EQ(opening("no_entry"),
            load_failed("no_entry",
                        "it has no entry: the symbol asmgr_plugin_entry_v1 is not exported; build it with "
                        "asmgr_add_plugin and one ASMGR_EXPORT entry function"));
}

TEST(LoadPlugin, EntryReturnsNothing) {
  EXPECT_EQ(opening("null_entry"),
            load_failed("null_entry",
                        "its entry returned no description; return a constant description from asmgr_plugin_entry_v1"));
}

TEST(LoadPlugin, EntryThrows) {
  EXPECT_EQ(opening("entry_throws"),
            load_failed("entry_throws",
                        "its entry threw an exception; return a constant description from asmgr_plugin_entry_v1"));
}

TEST(LoadPlugin, MajorTooNew) {
  EXPECT_EQ(opening("major_new"), mismatch("major_new",
                                           "it was built for ABI 2, this host has 1.0; upgrade asmgr, or build the "
                                           "plugin with an SDK of major 1"));
}

TEST(LoadPlugin, MajorTooOld) {
  EXPECT_EQ(opening("major_old"),
            mismatch("major_old", "it was built for ABI 0, this host has 1.0; build the plugin with a newer SDK"));
}

TEST(LoadPlugin, HostMinorTooLow) {
  EXPECT_EQ(opening("minor_new"), mismatch("minor_new",
                                           "it needs host ABI 1.7, this host has 1.0; upgrade asmgr, or build the "
                                           "plugin with TARGET_MINOR 0"));
}

TEST(LoadPlugin, DescriptionTooSmallToHaveAVersion) {
  EXPECT_EQ(opening("small_plugin"),
            mismatch("small_plugin", "its description is 8 bytes, ABI 1.0 has " + std::to_string(kPluginSize10) +
                                         "; build it with the headers of asmgr's SDK, and set size to sizeof"));
}

TEST(LoadPlugin, DescriptionSmallerThanTheFirstVersion) {
  EXPECT_EQ(opening("short_plugin"),
            mismatch("short_plugin", "its description is 112 bytes, ABI 1.0 has " + std::to_string(kPluginSize10) +
                                         "; build it with the headers of asmgr's SDK, and set size to sizeof"));
}

TEST(LoadPlugin, ComponentSmallerThanTheFirstVersion) {
  const std::string ours = std::to_string(kComponentSize10);
  EXPECT_EQ(
      opening("small_component"),
      mismatch("small_component", "component 1 is 40 bytes, ABI 1.0 has " + ours + " and the array's stride is " +
                                      ours + "; build it with the headers of asmgr's SDK, and set size to sizeof"));
}

TEST(LoadPlugin, ComponentsTooCloseTogether) {
  EXPECT_EQ(
      opening("small_stride"),
      mismatch("small_stride", "its components are 16 bytes apart, ABI 1.0 has " + std::to_string(kComponentSize10) +
                                   "; build it with the headers of asmgr's SDK, and set stride to sizeof"));
}

TEST(LoadPlugin, NoComponents) {
  EXPECT_EQ(opening("no_components"), load_failed("no_components", "it has no components; tell the plugin's author"));
}

TEST(LoadPlugin, ComponentsWithoutData) {
  EXPECT_EQ(
      opening("null_components"),
      load_failed("null_components", "components: its array has 1 elements and no data; tell the plugin's author"));
}

TEST(LoadPlugin, AbsurdlyManyComponents) {
  EXPECT_EQ(opening("many_components"),
            load_failed("many_components", "it claims 1000000 components; tell the plugin's author"));
}

TEST(LoadPlugin, BadComponentName) {
  EXPECT_EQ(opening("bad_name"),
            load_failed("bad_name",
                        "component 1 is called 'Not A Name'; a name must match [a-z][a-z0-9_-]*; tell the plugin's "
                        "author"));
}

TEST(LoadPlugin, DuplicateComponentName) {
  EXPECT_EQ(opening("twice"),
            load_failed("twice", "it has two components of kind provider called 'good'; tell the plugin's author"));
}

TEST(LoadPlugin, TextThatIsNotUtf8) {
  EXPECT_EQ(opening("bad_text"), load_failed("bad_text", "its vendor is not UTF-8; tell the plugin's author"));
}

TEST(LoadPlugin, SchemaThatIsNotJson) {
  EXPECT_EQ(
      opening("bad_schema"),
      load_failed("bad_schema",
                  "component 1: its config_schema is not valid JSON at byte 8: incomplete JSON; tell the plugin's "
                  "author"));
}

TEST(LoadPlugin, MissingComponentFunctions) {
  EXPECT_EQ(opening("no_create"),
            load_failed("no_create", "component 'good' lacks create, destroy; tell the plugin's author"));
}

TEST(LoadPlugin, WrongKindForTheSection) {
  EXPECT_EQ(
      opening("good", ComponentKind::store),
      load_failed("good",
                  "it has no component of kind store, only provider 'good'; name another plugin, or move the entry "
                  "to the section it belongs to",
                  ErrorCode::config_invalid));
}

TEST(LoadPlugin, AmbiguousComponent) {
  EXPECT_EQ(opening("several"),
            load_failed("several",
                        "it has several components of kind provider and none is called 'several'; write several/NAME "
                        "with one of 'good' or 'other'",
                        ErrorCode::config_invalid));
}

TEST(LoadPlugin, AmbiguityIsSettledByName) {
  const auto catalog = catalog_of();
  const auto component = catalog->open("several/other", ComponentKind::provider);
  ASSERT_TRUE(component) << component.error().message();
  EXPECT_EQ(component->name(), "other");
  EXPECT_EQ(catalog->open("several", ComponentKind::policy)->name(), "rule");
}

TEST(LoadPlugin, ComponentThatIsNotThere) {
  EXPECT_EQ(opening("several/third"),
            load_failed("several", "it has no component of kind provider called 'third'; it has 'good' and 'other'",
                        ErrorCode::config_invalid));
}

TEST(LoadPlugin, DuplicateFileNameInTheSearchPath) {
  const TempFolder temp;
  std::filesystem::copy_file(broken_plugin("good"), temp.path() / "good.asmgr.so");
  PluginCatalog catalog(PluginSearchPath({ASMGR_BROKEN_PLUGINS}, temp.path().string(), ""), {},
                        std::make_unique<HostServices>("1.0", system_clock(), nullptr));
  EXPECT_EQ(
      failure_of(catalog.open("good", ComponentKind::provider)),
      (Failure{ErrorCode::plugin_load_failed,
               "plugin 'good' cannot be loaded: two files have this name: " + broken_plugin("good").string() + " and " +
                   (temp.path() / "good.asmgr.so").string() + "; remove one of them, or name the file by its path"}));
}

TEST(LoadPlugin, InitFails) {
  EXPECT_EQ(
      opening("init_fails"),
      load_failed("init_fails", "init_fails.init: the licence server is not there; remove the cause and start again"));
}

TEST(LoadPlugin, InitFailsWithoutAWord) {
  EXPECT_EQ(opening("init_silent"),
            load_failed("init_silent", "init_silent.init failed: internal_error; remove the cause and start again"));
}

TEST(LoadPlugin, InitThrows) {
  EXPECT_EQ(opening("init_throws"),
            load_failed("init_throws",
                        "init_throws.init broke the plugin contract: it threw an exception: no licence; tell the "
                        "plugin's author"));
}

TEST(LoadPlugin, InitHangs) {
  EXPECT_EQ(opening("init_hangs"),
            load_failed("init_hangs",
                        "its init did not return within 200 ms; restart the host before trying it again, and tell the "
                        "plugin's author"));
}

TEST(LoadPlugin, AFailedInitIsNotTriedAgain) {
  const auto catalog = catalog_of();
  const Failure first = failure_of(catalog->open("init_fails", ComponentKind::provider));
  EXPECT_EQ(failure_of(catalog->open("init_fails", ComponentKind::provider)), first);
  EXPECT_TRUE(catalog->loaded().empty());
}

TEST(LoadPlugin, AHungPluginDoesNotKeepOthersFromLoading) {
  const auto catalog = catalog_of({}, short_limits());
  EXPECT_FALSE(catalog->open("init_hangs", ComponentKind::provider));
  const auto good = catalog->open("good", ComponentKind::provider);
  ASSERT_TRUE(good) << good.error().message();
  EXPECT_TRUE(create_provider(*good, "mine", "{}"));
}

TEST(CreateInstance, MissingInterface) {
  EXPECT_EQ(
      creating("no_interface"),
      load_failed("no_interface", "provider 'good' lacks the interface asmgr.provider/1; tell the plugin's author"));
}

TEST(CreateInstance, MissingRequiredFunction) {
  EXPECT_EQ(creating("no_start"),
            load_failed("no_start", "provider 'good' lacks start in asmgr.provider/1; tell the plugin's author"));
}

TEST(CreateInstance, ATableIsNeverReadPastItsSize) {
  EXPECT_EQ(
      creating("short_table"),
      load_failed("short_table", "provider 'good' lacks start, cancel in asmgr.provider/1; tell the plugin's author"));
}

TEST(CreateInstance, MissingInterfaceThatTheGradeNeeds) {
  EXPECT_EQ(
      creating("no_approval"),
      load_failed("no_approval",
                  "provider 'good' lacks resolve in asmgr.provider.approval/1, which a provider of grade intercept "
                  "must have; tell the plugin's author"));
}

TEST(CreateInstance, CreateFails) {
  const auto catalog = catalog_of();
  const auto made = create_provider(*catalog->open("create_fails", ComponentKind::provider), "mine", "{}");
  EXPECT_EQ(failure_of(made),
            load_failed("create_fails",
                        "mine.create: cannot open ./asmgr.db: permission denied; remove the cause and try again"));
  EXPECT_EQ(made.error().details().at("code").as_string(), "storage_connection_failed");
  EXPECT_TRUE(made.error().retryable());
}

TEST(CreateInstance, CreateRefusesTheConfiguration) {
  EXPECT_EQ(creating("create_refuses"),
            load_failed("create_refuses", "mine.create: model must not be empty; change the config block of 'mine'",
                        ErrorCode::config_invalid));
}

TEST(CreateInstance, CreateGivesNothing) {
  EXPECT_EQ(
      creating("create_nothing"),
      load_failed("create_nothing", "creating 'mine' answered OK and gave no instance; tell the plugin's author"));
}

TEST(CreateInstance, CreateHangs) {
  EXPECT_EQ(
      creating("create_hangs"),
      load_failed("create_hangs",
                  "creating 'mine' did not return within 200 ms; check what it connects to, and tell the plugin's "
                  "author: create must not wait for the network"));
}

TEST(CreateInstance, DescriptionThatIsNotJson) {
  EXPECT_EQ(creating("bad_description"),
            load_failed("bad_description",
                        "mine.describe broke the plugin contract: its description is not valid JSON at byte 11: syntax "
                        "error; tell the plugin's author"));
}

TEST(CreateInstance, DescriptionThatIsNotThere) {
  EXPECT_EQ(creating("no_description"),
            load_failed("no_description",
                        "mine.describe broke the plugin contract: it pushed 0 texts instead of one; tell the plugin's "
                        "author"));
}

TEST(CreateInstance, GradeThatDoesNotExist) {
  EXPECT_EQ(
      creating("bad_grade"),
      load_failed("bad_grade",
                  "mine.describe broke the plugin contract: its grade is 'strict', not observe, cancel, intercept "
                  "or own; tell the plugin's author"));
}

TEST(CreateInstance, AComponentOfAnotherKindIsRefused) {
  const auto catalog = catalog_of();
  const auto component = catalog->open("good", ComponentKind::provider);
  EXPECT_EQ(failure_of(create_store(*component, "mine", "{}")),
            load_failed("good",
                        "'mine' asks for a component of kind store, and 'good' is of kind provider; name another "
                        "component, or move the entry to the section it belongs to",
                        ErrorCode::config_invalid));
}

}  // namespace
}  // namespace asmgr
