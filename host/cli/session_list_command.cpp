// `asmgr session list`: sessions by what they are, page by page.
#include "core/model/search.hpp"
#include "host/cli/command.hpp"
#include "host/cli/listing.hpp"
#include "host/cli/number_text.hpp"
#include "host/cli/opening.hpp"
#include "host/cli/session_text.hpp"

namespace asmgr::cli {
namespace {

constexpr SessionOrder kOrders[] = {SessionOrder::created_at_asc, SessionOrder::created_at_desc,
                                    SessionOrder::updated_at_desc};

std::vector<std::string> session_status_names() {
  std::vector<std::string> names;
  for (const auto status : all_session_statuses()) names.emplace_back(status_name(status));
  return names;
}

std::vector<std::string> session_order_names() {
  std::vector<std::string> names;
  for (const auto order : kOrders) names.emplace_back(order_name(order));
  return names;
}

class ListCommand final : public Command {
 public:
  explicit ListCommand(CLI::App& app) {
    add_repeated(app, "--status", statuses_, "Only sessions in this status")
        ->check(one_of(session_status_names()))
        ->type_name("pending|active|paused|completed|failed|cancelled");
    app.add_option("--agent-id", search_.agent_id, "Only sessions of this agent")->type_name("ID");
    add_repeated(app, "--tag", search_.tags, "Only sessions with this tag, and all others that are given")
        ->type_name("TAG");
    add_repeated(app, "--provider", search_.provider, "Only sessions that have a run of this provider")
        ->type_name("NAME");
    app.add_option("--created-after", created_after_, "Only sessions made at or after this time")->type_name("TIME");
    app.add_option("--created-before", created_before_, "Only sessions made at or before this time")->type_name("TIME");
    app.add_flag("--deleted", search_.include_deleted, "Also sessions that are deleted");
    app.add_option("--order", order_, "Order of the list (default created_at_asc)")
        ->check(one_of(session_order_names()))
        ->type_name("created_at_asc|created_at_desc|updated_at_desc");
    add_store_option(app, pipeline_);
    app.add_option("--limit", search_.limit, "At most so many (default 50)")
        ->check(CLI::Range(1U, kMostSearchRows))
        ->type_name("N");
    app.add_option("--after,--cursor", cursor_, "Go on after a page, with the next_cursor it gave")
        ->type_name("CURSOR");
  }

  Result<ExitCode> run(Invocation& invocation) override {
    if (auto read = read_search(); read.has_error()) return read.error();
    auto opened = open_store(invocation, pipeline_);
    if (opened.has_error()) return opened.error();
    auto found = find((*opened)->manager());
    if (found.has_error()) return found.error();
    print_listing(invocation.console, listing_of(std::move(*found)));
    return ExitCode::done;
  }

 private:
  Result<void> read_search() {
    for (const auto& name : statuses_) {
      const auto status = parse_session_status(name);
      if (status.has_error()) return status.error();
      search_.status.push_back(*status);
    }
    search_.order_by = SessionOrder::created_at_asc;
    for (const auto order : kOrders) {
      if (order_name(order) == order_) search_.order_by = order;
    }
    const auto after = parse_time_option("--created-after", created_after_);
    if (after.has_error()) return after.error();
    const auto before = parse_time_option("--created-before", created_before_);
    if (before.has_error()) return before.error();
    search_.created_after = *after;
    search_.created_before = *before;
    return {};
  }

  // Stores that cannot be searched still have a list, in order of ids, which is the order in which sessions were made.
  Result<FoundSessions> find(SessionManager& manager) const {
    SearchSessionsOptions options;
    options.pipeline = pipeline_;
    options.search = search_;
    options.cursor = cursor_;
    auto found = manager.search_sessions(options);
    const bool plain = search_.provider.empty() && search_.tags.size() <= 1 && !search_.created_after &&
                       !search_.created_before && search_.order_by == SessionOrder::created_at_asc;
    if (found.has_value() || found.error().code() != ErrorCode::capability_not_supported || !plain) return found;
    ListSessionsOptions list;
    list.pipeline = pipeline_;
    list.statuses = search_.status;
    list.agent_id = search_.agent_id;
    if (!search_.tags.empty()) list.tag = search_.tags.front();
    list.include_deleted = search_.include_deleted;
    list.after_id = cursor_;
    list.limit = search_.limit + 1;  // one more tells whether there are more
    auto sessions = manager.list_sessions(std::move(list));
    if (sessions.has_error()) return sessions.error();
    FoundSessions listed{std::move(*sessions), {}, {}};
    if (listed.sessions.size() > search_.limit) {
      listed.sessions.resize(search_.limit);
      listed.next_cursor = listed.sessions.back().session.id;
    }
    return listed;
  }

  static Listing listing_of(FoundSessions found) {
    Listing listing;
    listing.next_cursor = std::move(found.next_cursor);
    listing.head = {"ID", "STATUS", "AGENT", "EVENTS", "UPDATED", "TAGS"};
    for (const auto& listed : found.sessions) {
      const Session& session = listed.session;
      listing.items.push_back(session_json(listed));
      listing.rows.push_back({session.id, status_text(listed), session.agent_id, std::to_string(listed.last_sequence),
                              time_text(session.updated_at), tags_text(session.tags)});
    }
    return listing;
  }

  SessionSearch search_;
  std::vector<std::string> statuses_;
  std::string created_after_, created_before_, order_, pipeline_, cursor_;
};

}  // namespace

void add_session_list_command(CommandSet& commands, CLI::App& session) {
  commands.add<ListCommand>(session, "list", "List sessions, oldest first",
                            "asmgr session list --status active --limit 10\n"
                            "asmgr session list --tag nightly --provider claude --order updated_at_desc\n"
                            "asmgr session list --output jsonl | jq -r .id");
}

}  // namespace asmgr::cli
