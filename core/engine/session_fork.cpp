// fork_session: a session that goes on from an earlier point of another one.
#include "core/engine/named_artifacts.hpp"
#include "core/engine/owed_answer.hpp"
#include "core/engine/session_copying.hpp"
#include "core/engine/stored_log.hpp"
#include "core/engine/waiting.hpp"
#include "core/model/hash_chain.hpp"
#include "core/model/id.hpp"

namespace asmgr {
namespace {

using Engine = SessionManager::Engine;

Result<void> check_place(const ForkSessionOptions& options, const StoredLog& log) {
  if (options.at == 0) {
    return Error(ErrorCode::validation_error, "a fork needs the number of the last event it keeps, from 1 to " +
                                                  std::to_string(log.head.last_sequence));
  }
  if (options.at <= log.head.last_sequence) return {};
  return Error(ErrorCode::invalid_cursor, "session " + log.session.id + " cannot be forked at event " +
                                              std::to_string(options.at) + ": its last event is " +
                                              std::to_string(log.head.last_sequence));
}

// Checked on the way: the copy is chained anew, and must not make an edited log look like one that was not.
Result<std::shared_ptr<const CopiedLog>> copy_events(const StoredLog& log, std::uint64_t at) {
  auto copied = std::make_shared<CopiedLog>();
  ChainVerifier verifier(log.session.chain_id);
  const auto take = [&copied](const EventView& event) -> Result<bool> {
    if (auto appended = copied->append(event); !appended) return appended.error();
    return true;
  };
  while (verifier.last_sequence() < at) {
    auto page = follow_page(log.host->store(), log.session.id, verifier, at, take);
    if (!page) return page.error();
    if (page->problem) return does_not_verify(*page->problem, "session " + log.session.id + " cannot be forked");
  }
  return std::shared_ptr<const CopiedLog>(std::move(copied));
}

// The fork names the same bytes, and keeps them when its parent goes.
Result<std::vector<Artifact>> named_by(const CopiedLog& copied, const StoredLog& log, const std::string& tenant) {
  NamedArtifacts named;
  for (const EventView& event : copied.events()) named.look_at(event.data);
  if (named.empty()) return std::vector<Artifact>();
  auto artifacts = list_artifacts(log.host->store(), tenant, log.session.id);
  if (!artifacts) return artifacts.error();
  return named.of(std::move(*artifacts));
}

Result<Session> make_fork(const Engine& engine, const ForkSessionOptions& options, const Session& parent) {
  NewSession fields{options.id,     parent.agent_id, parent.id,    parent.metadata,
                    parent.context, parent.tags,     parent.tenant};
  auto fork = make_session(std::move(fields), engine.clock().now());
  if (!fork) return fork;
  fork->chain_id = parent.chain_id;
  fork->metadata.erase("last_error");
  forget_provider_sessions(*fork);
  return fork;
}

void fork_here(Engine& engine, Inline where, const ForkSessionOptions& options, const Handler<Session>& handler) {
  auto log = find_log(engine, options.session_id, options.tenant);
  if (!log) return handler(log.error());
  if (auto place = check_place(options, *log); !place) return handler(place.error());
  auto copy = std::make_shared<SessionCopy>();
  auto fork = make_fork(engine, options, log->session);
  if (!fork) return handler(fork.error());
  copy->session = std::move(*fork);
  auto events = copy_events(*log, options.at);
  if (!events) return handler(events.error());
  copy->log = std::move(*events);
  auto artifacts = named_by(*copy->log, *log, options.tenant);
  if (!artifacts) return handler(artifacts.error());
  copy->artifacts = std::move(*artifacts);
  copy->fork_data["forked_from"] = options.session_id;
  copy->fork_data["at"] = options.at;
  write_copy(engine, *log->host, where, std::move(copy), handler);
}

}  // namespace

Result<Session> SessionManager::fork_session(ForkSessionOptions options) {
  return block<Session>([&](const Handler<Session>& done) { fork_here(*engine_, Inline::yes, options, done); });
}

void SessionManager::begin_fork_session(ForkSessionOptions options, Handler<Session> handler) {
  engine_->on_reader_thread([engine = engine_.get(), options = std::move(options), handler = owed(std::move(handler))] {
    fork_here(*engine, Inline::no, options, handler);
  });
}

}  // namespace asmgr
