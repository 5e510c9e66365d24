#include "listing.hpp"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "answer_xml.hpp"
#include "object_name.hpp"

namespace asmgr::s3_store {
namespace {

constexpr std::uint64_t kLargestPage = 1000;  // S3's
constexpr std::size_t kAtATime = 16;

struct Page {
  std::vector<std::string> names;
  std::string next;  // where the next one begins; empty = this is the last one
};

// In memory: a page of names, and the answers to at most kAtATime requests.
class Walk {
 public:
  Walk(Wire& wire, const sdk::Logger& log, const KeyRange& range, const EntryVisitor& visit)
      : wire_(wire), log_(log), range_(range), visit_(visit), left_(range.limit) {}

  void run() {
    std::string next;
    do {
      const Page page = read_page(next);
      if (!tell(page.names)) return;
      next = page.next;
    } while (!next.empty());
  }

 private:
  struct Asked {
    std::string name;
    std::string key;
    Pending pending;
  };

  [[nodiscard]] const std::string& prefix() const { return wire_.settings().prefix; }

  Page read_page(const std::string& from) {
    NamedValues query{{"list-type", "2"}, {"max-keys", std::to_string(std::min(left_, kLargestPage))}};
    const std::string beginning = prefix() + name_of_beginning(range_.prefix);
    if (!beginning.empty()) query.emplace_back("prefix", beginning);
    if (!range_.after.empty()) query.emplace_back("start-after", prefix() + name_of_key(range_.after));
    if (!from.empty()) query.emplace_back("continuation-token", from);
    const Answer answer = ask_for(wire_, {"GET", "", query, {}, {}}, task_);
    Page page;
    bool is_truncated = false;
    const bool whole = read_xml(answer.body, [&](std::string_view path, const std::string& text) {
      if (path == "ListBucketResult/Contents/Key") page.names.push_back(text);
      if (path == "ListBucketResult/NextContinuationToken") page.next = text;
      if (path == "ListBucketResult/IsTruncated") is_truncated = text == "true";
    });
    if (!whole || (is_truncated && page.next.empty()))
      throw failed_answer(task_, wire_.settings(), {answer.status, answer.headers, ""}, wire_.now_us());
    if (!is_truncated) page.next.clear();
    return page;
  }

  // False: there is enough.
  bool tell(const std::vector<std::string>& names) {
    std::deque<Asked> asked;
    auto name = names.begin();
    while (name != names.end() || !asked.empty()) {
      while (name != names.end() && asked.size() < std::min<std::uint64_t>(kAtATime, left_)) ask_about(*name++, asked);
      if (asked.empty()) continue;
      Asked first = std::move(asked.front());
      asked.pop_front();
      const std::optional<Entry> entry = entry_of(first);
      if (entry && (!visit_(*entry) || --left_ == 0)) return false;
    }
    return true;
  }

  void ask_about(const std::string& name, std::deque<Asked>& asked) {
    if (!name.starts_with(prefix())) return;
    auto key = key_of_name(std::string_view(name).substr(prefix().size()));
    // Also where the service has begun earlier than it was asked to.
    if (!key || *key <= range_.after || !key->starts_with(range_.prefix)) return;
    Pending pending = wire_.start({"HEAD", name, {}, {}, {}}, wire_.try_limit());
    asked.push_back({name, std::move(*key), std::move(pending)});
  }

  std::optional<Entry> entry_of(Asked& asked) {
    Try tried = asked.pending.wait();
    if (is_worth_repeating(tried)) tried = ask(wire_, {"HEAD", asked.name, {}, {}, {}});
    if (tried.answered() && tried.answer.status == 404) return std::nullopt;  // removed since
    if (!tried.answered() || tried.answer.status != 200)
      throw failed_try({"cannot list the artifact " + shown(asked.key), Work::kRead}, wire_.settings(), tried,
                       wire_.now_us());
    auto entry = entry_of_headers(tried.answer.headers, asked.key);
    if (!entry)
      log_.warn("the object " + shown(asked.name) + " in the bucket '" + wire_.settings().bucket +
                "' has no metadata of asmgr and is not listed");
    return entry;
  }

  Wire& wire_;
  const sdk::Logger& log_;
  const KeyRange& range_;
  const EntryVisitor& visit_;
  std::uint64_t left_;
  const Task task_{"cannot list the artifacts", Work::kRead};
};

}  // namespace

void list_entries(Wire& wire, const sdk::Logger& log, const KeyRange& range, const EntryVisitor& visit) {
  Walk(wire, log, range, visit).run();
}

}  // namespace asmgr::s3_store
