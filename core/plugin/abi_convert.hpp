// Values of the model <-> structs of the boundary.
//
// to_abi borrows: the struct points into what it was given. The from_abi functions check everything and copy; they
// return what is wrong with the struct ("its status is 77"), empty = nothing.
#pragma once

#include <asmgr/abi/data.h>
#include <asmgr/abi/store.h>

#include <string>
#include <string_view>

#include "core/model/event.hpp"
#include "core/model/record.hpp"
#include "core/model/run.hpp"
#include "core/model/session.hpp"

namespace asmgr {

void to_abi(const EventView& event, asmgr_event& out) noexcept;
// `doc` is session_doc(session) and is borrowed like the rest.
void to_abi(const Session& session, std::string_view doc, asmgr_session& out) noexcept;
void to_abi(const Run& run, std::string_view doc, asmgr_run& out) noexcept;
void to_abi(const Record& record, asmgr_record& out) noexcept;

// A stored event: the view borrows from `event`.
[[nodiscard]] std::string from_abi(const asmgr_event& event, EventView& out);
// An event as a provider emits it: what is the host's to say stays unset, no time is 0, an id flags caller_id.
[[nodiscard]] std::string from_emitted(const asmgr_event& event, EventView& out);
[[nodiscard]] std::string from_abi(const asmgr_session& session, Session& out);
[[nodiscard]] std::string from_abi(const asmgr_run& run, Run& out);
[[nodiscard]] std::string from_abi(const asmgr_record& record, Record& out);

}  // namespace asmgr
