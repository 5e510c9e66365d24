#include "tables.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace asmgr::memory_store {
namespace {

using sdk::view;

constexpr std::size_t kTexts = 7;

// The texts of an event that its block owns.
std::array<asmgr_str asmgr_event::*, kTexts> owned_texts() {
  return {&asmgr_event::id,       &asmgr_event::run_id,         &asmgr_event::type_name,
          &asmgr_event::provider, &asmgr_event::correlation_id, &asmgr_event::data,
          &asmgr_event::metadata};
}

bool is_pruned(const asmgr_event& event) {
  return (event.flags & ASMGR_EVENT_PRUNED) != 0;
}

void assign_text(std::string& to, asmgr_str from) {
  to.assign(view(from));
}

}  // namespace

EventBlock::EventBlock(sdk::ArrayView<const asmgr_event> events) : count_(events.size()) {
  if (count_ == 0) return;
  const auto texts = owned_texts();
  std::size_t total = 0;
  for (const asmgr_event& event : events)
    for (const auto text : texts) total += (event.*text).len;
  events_ = std::unique_ptr<asmgr_event[]>(new asmgr_event[count_]);
  bytes_ = std::unique_ptr<char[]>(new char[total]);
  first_seq_ = events[0].seq;

  char* at = bytes_.get();
  for (std::size_t i = 0; i < count_; ++i) {
    asmgr_event& to = events_[i];
    to = events[i];
    to.size = sizeof(asmgr_event);
    to.reserved0 = 0;
    to.session_id = asmgr_str{};
    for (const auto text : texts) {
      asmgr_str& copy = to.*text;
      if (copy.len != 0) std::memcpy(at, copy.ptr, copy.len);
      copy.ptr = at;
      at += copy.len;
    }
  }
}

void EventBlock::set_session(std::string_view session_id) noexcept {
  for (std::size_t i = 0; i < count_; ++i) events_[i].session_id = sdk::to_abi(session_id);
}

std::uint64_t EventBlock::text_bytes(std::size_t index) const noexcept {
  const asmgr_event& event = events_[index];
  return is_pruned(event) ? 0 : event.data.len + event.metadata.len;
}

void EventBlock::prune(std::size_t index) noexcept {
  asmgr_event& event = events_[index];
  event.flags = static_cast<std::uint16_t>(event.flags | ASMGR_EVENT_PRUNED);
  event.data.len = 0;
  event.metadata.len = 0;
}

EventBlock EventBlock::repacked() const {
  EventBlock block(
      sdk::items<asmgr_event>(asmgr_array{events_.get(), static_cast<std::uint32_t>(count_), sizeof(asmgr_event)}));
  if (count_ != 0) block.set_session(view(events_[0].session_id));
  return block;
}

void EventLog::append(EventBlock block) {
  if (block.size() == 0) return;
  size_ += block.size();
  for (std::size_t i = 0; i < block.size(); ++i) {
    if (!is_pruned(block[i])) ++text_events_;
    text_bytes_ += block.text_bytes(i);
    if ((block[i].flags & ASMGR_EVENT_CALLER_ID) != 0) caller_ids_.emplace(view(block[i].id), block[i].seq);
  }
  blocks_.push_back(std::move(block));
}

std::size_t EventLog::block_of(std::uint64_t seq) const noexcept {
  const auto past = std::upper_bound(blocks_.begin(), blocks_.end(), seq,
                                     [](std::uint64_t number, const EventBlock& b) { return number < b.first_seq(); });
  if (past == blocks_.begin()) return 0;
  const auto index = static_cast<std::size_t>(past - blocks_.begin()) - 1;
  return seq < blocks_[index].first_seq() + blocks_[index].size() ? index : blocks_.size();
}

const asmgr_event* EventLog::find(std::uint64_t seq) const noexcept {
  if (seq == 0) return nullptr;
  const std::size_t index = block_of(seq);
  if (index == blocks_.size()) return nullptr;
  return &blocks_[index][static_cast<std::size_t>(seq - blocks_[index].first_seq())];
}

std::uint64_t EventLog::find_caller_id(std::string_view id) const {
  const auto found = caller_ids_.find(id);
  return found == caller_ids_.end() ? 0 : found->second;
}

std::uint64_t EventLog::prune(std::uint64_t& first, std::uint64_t last, std::size_t most) {
  std::uint64_t pruned = 0;
  EventBlock* changed = nullptr;
  for (; first <= last && most != 0; ++first, --most) {
    const std::size_t index = block_of(first);
    if (index == blocks_.size()) break;
    EventBlock& block = blocks_[index];
    const auto place = static_cast<std::size_t>(first - block.first_seq());
    if (is_pruned(block[place])) continue;
    if (changed != nullptr && changed != &block) repack(*changed);
    changed = &block;
    text_bytes_ -= block.text_bytes(place);
    --text_events_;
    block.prune(place);
    ++pruned;
  }
  if (changed != nullptr) repack(*changed);
  return pruned;
}

void EventLog::repack(EventBlock& block) {
  EventBlock repacked = block.repacked();
  const auto has_caller_id = [](const asmgr_event& event) { return (event.flags & ASMGR_EVENT_CALLER_ID) != 0; };
  for (std::size_t i = 0; i < block.size(); ++i)
    if (has_caller_id(block[i])) caller_ids_.erase(view(block[i].id));
  block = std::move(repacked);
  for (std::size_t i = 0; i < block.size(); ++i)
    if (has_caller_id(block[i])) caller_ids_.emplace(view(block[i].id), block[i].seq);
}

const asmgr_event* EventLog::last() const noexcept {
  if (blocks_.empty()) return nullptr;
  return &blocks_.back()[blocks_.back().size() - 1];
}

PreparedUnit::PreparedUnit(const asmgr_commit_unit& unit) : events(sdk::items<asmgr_event>(unit.events)) {
  if (unit.session != nullptr) tags = store_query::read_tags(view(unit.session->doc));
  for (const asmgr_run& run : sdk::items<asmgr_run>(unit.runs))
    facts.push_back(store_query::read_run_doc(view(run.doc)));
}

void SessionRow::assign(const asmgr_session& session, std::vector<std::string> tags_of_doc) {
  tags = std::move(tags_of_doc);
  assign_text(id, session.id);
  assign_text(agent_id, session.agent_id);
  assign_text(parent_id, session.parent_id);
  assign_text(tenant, session.tenant);
  assign_text(chain_id, session.chain_id);
  assign_text(doc, session.doc);
  status = session.status;
  version = session.version;
  created_us = session.created_us;
  updated_us = session.updated_us;
  deleted_us = session.deleted_us;
}

asmgr_session SessionRow::to_abi() const noexcept {
  auto out = sdk::make<asmgr_session>();
  out.status = status;
  out.version = version;
  out.created_us = created_us;
  out.updated_us = updated_us;
  out.deleted_us = deleted_us;
  out.id = sdk::to_abi(id);
  out.agent_id = sdk::to_abi(agent_id);
  out.parent_id = sdk::to_abi(parent_id);
  out.tenant = sdk::to_abi(tenant);
  out.chain_id = sdk::to_abi(chain_id);
  out.doc = sdk::to_abi(doc);
  return out;
}

void RunRow::assign(const asmgr_run& run, std::string_view of_session, store_query::RunFacts facts_of_doc) {
  facts = std::move(facts_of_doc);
  assign_text(id, run.id);
  session_id.assign(of_session);
  assign_text(provider, run.provider);
  assign_text(doc, run.doc);
  status = run.status;
  version = run.version;
  created_us = run.created_us;
  started_us = run.started_us;
  ended_us = run.ended_us;
}

asmgr_run RunRow::to_abi() const noexcept {
  auto out = sdk::make<asmgr_run>();
  out.status = status;
  out.version = version;
  out.created_us = created_us;
  out.started_us = started_us;
  out.ended_us = ended_us;
  out.id = sdk::to_abi(id);
  out.session_id = sdk::to_abi(session_id);
  out.provider = sdk::to_abi(provider);
  out.doc = sdk::to_abi(doc);
  return out;
}

void RecordRow::assign(const asmgr_record& record, std::int64_t new_value) {
  assign_text(kind, record.kind);
  assign_text(id, record.id);
  assign_text(tenant, record.tenant);
  assign_text(session_id, record.session_id);
  assign_text(status, record.status);
  assign_text(body, record.body);
  version = record.version;
  due_us = record.due_us;
  value = new_value;
}

asmgr_record RecordRow::to_abi() const noexcept {
  auto out = sdk::make<asmgr_record>();
  out.version = version;
  out.due_us = due_us;
  out.value = value;
  out.kind = sdk::to_abi(kind);
  out.id = sdk::to_abi(id);
  out.tenant = sdk::to_abi(tenant);
  out.session_id = sdk::to_abi(session_id);
  out.status = sdk::to_abi(status);
  out.body = sdk::to_abi(body);
  return out;
}

Session* Tables::find_session(std::string_view id) const {
  const auto found = sessions.find(id);
  return found == sessions.end() ? nullptr : found->second.get();
}

const RecordRow* Tables::find_record(std::string_view tenant, std::string_view kind, std::string_view id) const {
  const auto of_kind = records.find(kind);
  if (of_kind == records.end()) return nullptr;
  const auto of_tenant = of_kind->second.find(tenant);
  if (of_tenant == of_kind->second.end()) return nullptr;
  const auto row = of_tenant->second.find(id);
  return row == of_tenant->second.end() ? nullptr : &row->second;
}

}  // namespace asmgr::memory_store
