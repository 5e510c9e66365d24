/* asmgr.store.query/1, optional: search and sums across the sessions of a store.
 *
 * Every function is [any], as a store's are. `tenant` empty means "no restriction".
 *
 * A filter is one JSON object, made by the host from what callers asked for and checked before: every key is known,
 * every value has its type, lists are lists. A missing key does not filter; filters are ANDed; a list of names matches
 * any of them, `tags` all of them. Times are integers, microseconds since the Unix epoch, and inclusive. Text is
 * compared byte by byte.
 *
 *   sessions   agent_id, not_agent_id    text
 *              status                    list: pending active paused completed failed cancelled
 *              provider                  list: sessions that have a run of one of them
 *              tags                      list: sessions whose doc has them all
 *              created_after, created_before
 *              include_deleted           bool, false
 *              order_by                  updated_at_desc (when missing), created_at_asc, created_at_desc
 *   runs       session_id                text
 *              not_agent_id              text: of the run's session
 *              provider, status          lists: status of pending running completed failed cancelled timeout
 *              started_after, started_before    runs that have not started match neither
 *              min_tokens                total tokens, see below
 *              order_by                  started_at_desc (when missing), started_at_asc, token_usage_desc
 *   events     session_ids, run_ids, types, providers    lists; types are names
 *              not_agent_id              text: of the event's session
 *              since, until              time of the event
 *              correlation_id            text
 *              order_by                  sequence_asc (when missing: session id, then number), timestamp_asc,
 *                                        timestamp_desc
 *   usage      session_id, agent_id      text
 *              provider, tags            lists
 *              since, until              when the run started
 *              by                        list of provider, model, agent, tag, day: what groups are made of
 *   session    session_id                text, required
 *
 * All but the last two also have `limit`, 1 to 1000 (50 when missing): how many rows search answers. Rows with the same
 * sort value come in order of id (the other way round in a descending order), events in order of session id and number.
 * Runs and events of deleted sessions are not found; usage counts them: what was spent was spent.
 *
 * Tokens of a run are read from its doc's token_usage {input_tokens, cache_read_tokens, cache_write_tokens,
 * output_tokens, reasoning_tokens, total_tokens}: what is missing, negative or no number is 0, a fraction is cut, no
 * count is above 10^12; the total is the greater of total_tokens and the sum of the others. Its cost is the doc's
 * cost_usd, rounded to micro-dollars, where that is a number of 0 to 10^9; its model is provider_metadata.model. */
#ifndef ASMGR_ABI_STORE_QUERY_H_
#define ASMGR_ABI_STORE_QUERY_H_

#include <asmgr/abi/base.h>
#include <asmgr/abi/data.h>
#include <asmgr/abi/status.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ASMGR_IFACE_STORE_QUERY "asmgr.store.query/1"

typedef struct asmgr_store_query {
  uint32_t size;
  uint32_t reserved0;
  /* One page of `what`: sessions (rows of asmgr_session), runs (of asmgr_run) or events (of asmgr_event), at most
   * `limit` of them. `cursor` is empty for the first page, else what `next_cursor` got (one text) from the page before,
   * which had the same tenant, what and filter but for `limit`: the host sees to that. Nothing is pushed to
   * `next_cursor` when this was the last page. A cursor says where a page ended (sort value and id), not how many rows
   * were before it: rows that are added meanwhile shift nothing. INVALID_CURSOR for a text that is no cursor of this
   * store; VALIDATION for a filter that cannot be read; UNSUPPORTED for another `what`. */
  ASMGR_FN(asmgr_status, search, asmgr_instance *, asmgr_str tenant, asmgr_str what, asmgr_str filter_json,
           asmgr_str cursor, const asmgr_sink *rows, const asmgr_sink *next_cursor, asmgr_error *);
  /* One JSON object as one text, by `what`:
   *   sessions, runs, events   {"count"}: how many match, whatever `limit` says
   *   session                  {"event_count", "run_count", the six sums of tokens under their names,
   *                            "providers": sorted, those of its runs, "first_event_us", "last_event_us": 0 without
   *                            events, "status_counts": {status of its runs: how many}}. SESSION_NOT_FOUND, also for a
   *                            deleted session
   *   usage                    {"groups": [...]}, one per combination of `by` that occurs, in order of its values
   *                            (provider first, then model, agent, tag, day); one in all when `by` is empty, none
   *                            when no run matches. Runs that have not started count nowhere, those of a
   *                            session with several tags in the group of each.
   *     {"provider", "model", "agent", "tag", "day" as asked for: text, "" for none, days as YYYY-MM-DD in UTC of the
   *      run's start; "run_count", the six sums of tokens, "cost_micro_usd", "priced_runs": those that have a cost,
   *      "unpriced": {"run_count" of the runs that have tokens and no cost, their six sums}} */
  ASMGR_FN(asmgr_status, summarize, asmgr_instance *, asmgr_str tenant, asmgr_str what, asmgr_str filter_json,
           const asmgr_sink *json, asmgr_error *);
} asmgr_store_query;

#ifdef __cplusplus
}
#endif
#endif /* ASMGR_ABI_STORE_QUERY_H_ */
