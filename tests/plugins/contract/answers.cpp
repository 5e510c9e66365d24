#include "tests/plugins/contract/answers.hpp"

#include <sstream>

namespace asmgr::contract {
namespace {

void put_hash(std::ostream& out, const Hash& hash) {
  for (const auto byte : hash) out << ' ' << int{byte};
}
// What the values' own operators leave out.
void put_rest(std::ostream& out, const Session& s) {
  out << s.doc << s.parent_id << ' ' << s.chain_id << ' ' << s.created_us << ' ' << s.updated_us;
}
void put_rest(std::ostream& out, const RunRow& r) {
  out << r.doc << r.provider << ' ' << r.created_us << ' ' << r.started_us << ' ' << r.ended_us;
}
void put_rest(std::ostream& out, const Record& r) {
  out << r.body;
}
void put_rest(std::ostream& out, const SessionSize&) {
  out << ' ';
}
void put_rest(std::ostream& out, const Event& e) {
  out << e.data << e.metadata << e.session_id << ' ' << e.provider << ' ' << e.correlation_id << ' ' << e.schema << ' '
      << e.type;
  put_hash(out, e.hash);
  put_hash(out, e.body_hash);
}

class Answers {
 public:
  template <typename T>
  void add(const Page<T>& page) {
    text_ << "status " << page.status << '\n';
    if (page.status != ASMGR_OK) ++failed_;
    for (const T& item : page.items) {
      text_ << item;
      put_rest(text_, item);
      text_ << '\n';
    }
  }
  void add(const Page<std::string>& page) {
    text_ << "status " << page.status << '\n';
    if (page.status != ASMGR_OK) ++failed_;
    for (const std::string& item : page.items) text_ << item << '\n';
  }
  void add(const Head& head) {
    text_ << "head " << head.status << ' ' << head.last_seq << ' ' << head.epoch << ' ' << head.owner << ' '
          << head.owner_alive;
    put_hash(text_, head.hash);
    text_ << '\n';
    if (head.status != ASMGR_OK) ++failed_;
  }
  [[nodiscard]] std::string text() const { return text_.str(); }
  [[nodiscard]] int failed() const { return failed_; }

 private:
  std::ostringstream text_;
  int failed_ = 0;
};

void add_session(Answers& answers, const StoreClient& store, const std::string& id) {
  answers.add(store.head(id));
  answers.add(store.get_session("", id));
  answers.add(store.events_of(id));
  answers.add(store.list_runs({.session_id = id}));
  for (const RunRow& run : store.list_runs({.session_id = id}).items) answers.add(store.get_run("", run.id));
  for (const char* kind : {"queue", "counter"}) answers.add(store.list_records({.kind = kind, .session_id = id}));
}

void add_lists(Answers& answers, const StoreClient& store) {
  answers.add(store.list_sessions({.include_deleted = true}));
  answers.add(store.list_sessions({.tenant = "t"}));
  answers.add(store.list_sessions({.agent_id = "agent"}));
  answers.add(store.list_sessions({.status_mask = 1U << ASMGR_SESSION_PENDING}));
  answers.add(store.list_runs({}));
  answers.add(store.list_runs({.status_mask = 1U << ASMGR_RUN_PENDING}));
  for (const char* kind : {"queue", "counter"}) {
    answers.add(store.list_records({.kind = kind}));
    answers.add(store.list_records({.kind = kind, .status = "open"}));
    answers.add(store.list_records({.kind = kind, .due_before_us = 1000}));
  }
  if (store.has_maintenance()) answers.add(store.sizes("", 0));
}

void add_questions(Answers& answers, const StoreClient& store) {
  for (const char* order : {"updated_at_desc", "created_at_asc", "created_at_desc"})
    answers.add(store.search_sessions(R"({"order_by":")" + std::string(order) + "\"}"));
  answers.add(store.search_sessions(R"({"tags":["red"]})"));
  answers.add(store.search_sessions(R"({"provider":["p"]})"));
  for (const char* order : {"started_at_desc", "started_at_asc", "token_usage_desc"})
    answers.add(store.search_runs(R"({"order_by":")" + std::string(order) + "\"}"));
  answers.add(store.search_events(R"({"order_by":"timestamp_asc"})"));
  answers.add(store.summarize("usage", R"({"by":["provider","model","agent","tag"]})"));
}

}  // namespace

std::string prune_order(const std::string& session, const Ranges& ranges, std::size_t batch_size) {
  std::string list;
  for (const auto& [first, last] : ranges)
    list += (list.empty() ? "[" : ",[") + std::to_string(first) + "," + std::to_string(last) + "]";
  return R"({"prune":{"session_id":")" + session + R"(","sequences":[)" + list + R"(]},"batch_size":)" +
         std::to_string(batch_size) + "}";
}

std::string remove_order(const std::string& session, std::uint64_t epoch, std::size_t batch_size) {
  return R"({"remove":{"session_id":")" + session + R"(","epoch":)" + std::to_string(epoch) + R"(},"batch_size":)" +
         std::to_string(batch_size) + "}";
}

std::uint64_t number_in(const std::string& json, const std::string& key) {
  const auto at = json.find("\"" + key + "\":");
  return at == std::string::npos ? UINT64_MAX : std::stoull(json.substr(at + key.size() + 3));
}

std::string all_answers(const StoreClient& store, const std::vector<std::string>& sessions, int* failed) {
  Answers answers;
  for (const std::string& id : sessions) add_session(answers, store, id);
  add_lists(answers, store);
  if (store.has_queries()) add_questions(answers, store);
  if (failed != nullptr) *failed = answers.failed();
  return answers.text();
}

}  // namespace asmgr::contract
