// The rules of asmgr_store.commit, apart from how a store keeps its rows.
//
// A store that follows them answers every unit as every other store does: it shows its present state through
// StoreState, asks check_unit() for a plan, and either writes exactly what the plan says or, when the plan refuses,
// nothing. Ask inside the transaction that will write: the plan is true only as long as nobody else can write.
//
// Link asmgr::toolkit_store_rules.
#ifndef ASMGR_TOOLKIT_STORE_RULES_HPP_
#define ASMGR_TOOLKIT_STORE_RULES_HPP_

#include <asmgr/abi/store.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace asmgr::store_rules {

struct HeadState {
  std::uint64_t last_seq = 0;
  std::uint64_t epoch = 0;
  std::string owner;  // empty = unowned
};

struct SessionState {
  bool exists = false;
  std::uint64_t version = 0;
};

struct RunState {
  bool exists = false;
  bool of_session = false;  // belongs to the session that was asked for
  std::uint64_t version = 0;
};

struct RecordState {
  bool exists = false;
  std::uint64_t version = 0;
  std::int64_t value = 0;
};

// What the rules ask of the store's rows as they are now. All views are borrowed for the call. May throw: check_unit
// lets it through.
class StoreState {
 public:
  virtual ~StoreState() = default;
  // Null when there is no such session; else valid until the next call of any function.
  virtual const HeadState* head(std::string_view session_id) = 0;
  virtual SessionState session(std::string_view session_id) = 0;
  virtual bool host_alive(std::string_view host_id) = 0;
  virtual RunState run(std::string_view session_id, std::string_view run_id) = 0;
  virtual RecordState record(std::string_view tenant, std::string_view kind, std::string_view id) = 0;
  // The number of the stored event flagged CALLER_ID with this id, 0 when there is none.
  virtual std::uint64_t caller_event(std::string_view session_id, std::string_view event_id) = 0;
};

// What to do with one row, decided with the effect of the unit's earlier rows in mind: apply in order.
enum class RowAction : std::uint8_t {
  insert,
  update,
  add,    // records: only the value changes
  erase,  // records
  none,   // records: an erase of what is not there
};

struct RecordPlan {
  RowAction action = RowAction::none;
  std::int64_t value = 0;  // the value after it
};

struct ExistingEvent {
  std::uint32_t index = 0;  // into the unit's events
  std::uint64_t seq = 0;
};

struct UnitPlan {
  asmgr_status status = ASMGR_OK;  // else why the unit is to write nothing
  std::string message;             // when refused: the sentence
  // Of the head: after the unit when OK, as found when refused.
  std::uint64_t last_seq = 0;
  std::uint64_t epoch = 0;
  std::int64_t value = 0;               // on LIMIT_EXCEEDED the counter's present value
  std::vector<ExistingEvent> existing;  // on ALREADY_EXISTS

  // What to write, when OK.
  bool creates_session = false;     // session row and head are new
  bool changes_owner = false;       // the head's owner becomes `owner`
  std::string_view owner;           // borrowed from the unit; empty = unowned
  std::uint32_t changed = 0;        // ASMGR_CHANGED_*
  std::vector<RowAction> runs;      // as many as the unit's runs
  std::vector<RecordPlan> records;  // as many as the unit's records
};

// Judges one unit. What the unit says is answered in the plan's status; only an array that breaks the boundary's layout
// rules, and what `state` throws, leaves it as an exception.
UnitPlan check_unit(const asmgr_commit_unit& unit, StoreState& state);

}  // namespace asmgr::store_rules

#endif  // ASMGR_TOOLKIT_STORE_RULES_HPP_
