// `asmgr store migrate`: brings a store to the layout that this version works with.
#include "core/model/json.hpp"
#include "host/cli/opening.hpp"
#include "host/cli/store_commands.hpp"

namespace asmgr::cli {
namespace {

// The key of a store's configuration that keeps other commands from migrating it.
constexpr std::string_view kMigrateKey = "migrate";

struct Migration {
  std::string store;
  std::string plugin;
  bool by_itself = false;  // the store has no such key: opening it is all there is
  std::optional<std::int64_t> from, to;
  bool done = false;
};

// What the store said of itself when it was not to be migrated; nothing when it said something else.
std::optional<std::pair<std::int64_t, std::int64_t>> versions_in(const Error& error) {
  if (error.code() != ErrorCode::migration_required) return std::nullopt;
  const boost::json::array* diagnostics = find_array(error.details(), "diagnostics");
  for (const boost::json::value& diagnostic : diagnostics == nullptr ? boost::json::array() : *diagnostics) {
    const boost::json::object* details =
        diagnostic.is_object() ? find_object(diagnostic.get_object(), "details") : nullptr;
    const auto from = details == nullptr ? std::nullopt : find_int(*details, "from");
    const auto to = details == nullptr ? std::nullopt : find_int(*details, "to");
    if (from && to) return std::pair(*from, *to);
  }
  return std::nullopt;
}

std::string text_of(const Migration& migration) {
  const std::string begin = migration.store + ": ";
  if (migration.by_itself) {
    return begin + "the plugin " + migration.plugin + " brings its stores up to date whenever they are opened" +
           (migration.done ? "; this one is" : "") + "\n";
  }
  if (!migration.from) return begin + "up to date\n";
  const std::string to = std::to_string(*migration.to);
  if (*migration.from == 0) {
    return begin + (migration.done ? "made" : "would be made") + " with schema version " + to + "\n";
  }
  return begin + (migration.done ? "migrated" : "would be migrated") + " from schema version " +
         std::to_string(*migration.from) + " to " + to + "\n";
}

boost::json::value number_or_null(const std::optional<std::int64_t>& number) {
  return number ? boost::json::value(*number) : boost::json::value(nullptr);
}

boost::json::object json_of(const Migration& migration) {
  boost::json::object json;
  json["store"] = migration.store;
  json["plugin"] = migration.plugin;
  json["by_itself"] = migration.by_itself;
  json["from"] = number_or_null(migration.from);
  json["to"] = number_or_null(migration.to);
  json["migrated"] = migration.done;
  return json;
}

class StoreMigrateCommand final : public Command {
 public:
  explicit StoreMigrateCommand(CLI::App& app) {
    add_store_name_option(app, store_);
    app.add_flag("--dry-run", dry_run_, "Only say from which version to which it would go");
  }

  Result<ExitCode> run(Invocation& invocation) override {
    auto migration = look(invocation);
    if (migration.has_error()) return migration.error();
    if (const auto done = carry_out(invocation, *migration); done.has_error()) return done.error();
    if (invocation.console.is_text()) {
      invocation.console.write(text_of(*migration));
    } else {
      invocation.console.write_json(json_of(*migration));
    }
    return ExitCode::done;
  }

 private:
  static std::string setting(const Migration& migration, std::string_view value) {
    return "stores." + migration.store + ".config." + std::string(kMigrateKey) + "=" + std::string(value);
  }

  // Opens nothing, or so that the store changes nothing.
  Result<Migration> look(Invocation& invocation) const {
    const auto unopened = load_unopened_store(invocation, store_);
    if (unopened.has_error()) return unopened.error();
    const DeploymentSpec& spec = unopened->spec();
    Migration migration;
    migration.store = store_.empty() ? spec.pipelines.at(spec.default_pipeline).pipeline.store : store_;
    migration.plugin = spec.stores.at(migration.store).plugin;
    const auto component = unopened->catalog()->open(migration.plugin, ComponentKind::store);
    if (component.has_error()) return component.error();
    const auto schema = parse_json_object(component->config_schema(), "the configuration schema");
    const boost::json::object* keys = schema ? find_object(*schema, "properties") : nullptr;
    migration.by_itself = keys == nullptr || !keys->contains(kMigrateKey);
    if (migration.by_itself) return migration;
    const auto opened = load_store_with(invocation, migration.store, setting(migration, "false"));
    if (!opened.has_error()) return migration;
    const auto versions = versions_in(opened.error());
    if (!versions) return opened.error();
    migration.from = versions->first;
    migration.to = versions->second;
    return migration;
  }

  Result<void> carry_out(Invocation& invocation, Migration& migration) const {
    if (dry_run_ || (!migration.by_itself && !migration.from)) return {};
    const auto opened =
        load_store_with(invocation, migration.store, migration.by_itself ? "" : setting(migration, "true"));
    if (opened.has_error()) return opened.error();
    migration.done = true;
    return {};
  }

  std::string store_;
  bool dry_run_ = false;
};

}  // namespace

void add_store_migrate_command(CommandSet& commands, CLI::App& store) {
  commands.add<StoreMigrateCommand>(store, "migrate", "Bring a store to the layout that this version works with",
                                    "asmgr store migrate --dry-run\n"
                                    "asmgr store migrate --store local");
}

}  // namespace asmgr::cli
