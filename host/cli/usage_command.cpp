// `asmgr usage`: tokens and cost of the runs of a store.
#include "host/cli/command.hpp"
#include "host/cli/number_text.hpp"
#include "host/cli/opening.hpp"
#include "host/cli/terminal_text.hpp"

namespace asmgr::cli {
namespace {

constexpr UsageKey kKeys[] = {UsageKey::provider, UsageKey::model, UsageKey::agent, UsageKey::tag, UsageKey::day};

std::vector<std::string> usage_key_names() {
  std::vector<std::string> names;
  for (const auto key : kKeys) names.emplace_back(key_name(key));
  return names;
}

std::string head_of(UsageKey key) {
  std::string head(key_name(key));
  for (char& c : head) c = static_cast<char>(c - 'a' + 'A');
  return head;
}

// "$1.2345", with what is missing in it: "$1.2345 (2 runs without a price)".
std::string cost_cell(const UsageRow& row) {
  std::string text = cost_text(row.cost_usd);
  if (row.unmapped_runs == 0) return text;
  return text + " (" + std::to_string(row.unmapped_runs) + (row.unmapped_runs == 1 ? " run" : " runs") +
         " without a price)";
}

void add_numbers(std::vector<std::string>& cells, const UsageRow& row) {
  const TokenUsage& tokens = row.tokens;
  cells.push_back(std::to_string(row.runs));
  for (const std::int64_t count : {tokens.input_tokens, tokens.cache_read_tokens + tokens.cache_write_tokens,
                                   tokens.output_tokens + tokens.reasoning_tokens, tokens.total_tokens})
    cells.push_back(std::to_string(count));
  cells.push_back(cost_cell(row));
}

std::string usage_table(const UsageSummary& summary) {
  std::vector<std::string> head;
  for (const UsageKey key : summary.by) head.push_back(head_of(key));
  for (const char* name : {"RUNS", "INPUT", "CACHED", "OUTPUT", "TOTAL", "COST"}) head.emplace_back(name);
  std::vector<std::vector<std::string>> rows;
  for (const UsageRow& row : summary.rows) {
    auto& cells = rows.emplace_back();
    for (const UsageKey key : summary.by) cells.push_back(row.keys.at(key).empty() ? "-" : row.keys.at(key));
    add_numbers(cells, row);
  }
  auto& total = rows.emplace_back(summary.by.size());
  if (!total.empty()) total.front() = "total";
  add_numbers(total, summary.total);
  return table(head, rows);
}

class UsageCommand final : public Command {
 public:
  explicit UsageCommand(CLI::App& app) {
    add_repeated(app, "--by", by_, "What is summed apart (default provider)")
        ->check(one_of(usage_key_names()))
        ->type_name("provider|model|agent|tag|day");
    app.add_option("--since", since_, "Only runs that started at or after this time, e.g. 2026-01-02T03:04:05Z")
        ->type_name("TIME");
    app.add_option("--until", until_, "Only runs that started at or before this time")->type_name("TIME");
    app.add_option("--session", search_.session_id, "Only runs of this session")->type_name("ID");
    app.add_option("--agent-id", search_.agent_id, "Only runs of this agent's sessions")->type_name("ID");
    add_repeated(app, "--provider", search_.provider, "Only runs of this provider")->type_name("NAME");
    add_repeated(app, "--tag", search_.tags, "Only runs of sessions with this tag, and all others that are given")
        ->type_name("TAG");
    add_store_option(app, pipeline_);
  }

  Result<ExitCode> run(Invocation& invocation) override {
    if (auto read = read_search(); read.has_error()) return read.error();
    auto opened = open_store(invocation, pipeline_);
    if (opened.has_error()) return opened.error();
    UsageSummaryOptions options;
    options.pipeline = pipeline_;
    options.search = search_;
    const auto summary = (*opened)->manager().get_usage_summary(std::move(options));
    if (summary.has_error()) return summary.error();
    print(invocation.console, *summary);
    return ExitCode::done;
  }

 private:
  Result<void> read_search() {
    const auto since = parse_time_option("--since", since_);
    if (since.has_error()) return since.error();
    const auto until = parse_time_option("--until", until_);
    if (until.has_error()) return until.error();
    search_.since = *since;
    search_.until = *until;
    if (by_.empty()) by_ = {"provider"};
    // In the order in which they are asked for, each once.
    for (const auto& name : by_) {
      for (const auto key : kKeys) {
        const bool there = std::find(search_.by.begin(), search_.by.end(), key) != search_.by.end();
        if (key_name(key) == name && !there) search_.by.push_back(key);
      }
    }
    return {};
  }

  static void print(Console& console, const UsageSummary& summary) {
    switch (console.format()) {
      case OutputFormat::text:
        return console.write(usage_table(summary));
      case OutputFormat::json:
        return console.write_json(to_json(summary));
      case OutputFormat::jsonl:
        for (const UsageRow& row : summary.rows) console.write_json(to_json(row));
        console.write_json(boost::json::object{{"total", to_json(summary.total)}});
    }
  }

  UsageSearch search_;
  std::vector<std::string> by_;
  std::string since_, until_, pipeline_;
};

}  // namespace

void add_usage_command(CommandSet& commands) {
  commands.add<UsageCommand>(commands.root(), "usage", "Sum the tokens and the cost of runs",
                             "asmgr usage\n"
                             "asmgr usage --by day --by model --since 2026-01-01T00:00:00Z\n"
                             "asmgr usage --by tag --output json | jq .total.cost_usd");
}

}  // namespace asmgr::cli
