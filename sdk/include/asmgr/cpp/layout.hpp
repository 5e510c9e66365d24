// How long each struct was in the release that introduced it: what may be read without asking `size` member by member.
#pragma once

#include <asmgr/plugin.h>

#include <asmgr/cpp/error.hpp>
#include <cstddef>
#include <cstdint>
#include <string>

namespace asmgr::sdk {

// The bytes of T up to and including its last member of the release that introduced it. It never changes when T grows.
template <typename T>
inline constexpr std::size_t kFirstSize = 0;

namespace detail {
template <typename T, typename M>
constexpr std::size_t end_of(std::size_t offset, M T::*) noexcept {
  return offset + sizeof(M);
}
}  // namespace detail

template <>
inline constexpr std::size_t kFirstSize<asmgr_str> = sizeof(asmgr_str);
template <>
inline constexpr std::size_t kFirstSize<asmgr_sink> = detail::end_of(offsetof(asmgr_sink, push), &asmgr_sink::push);
template <>
inline constexpr std::size_t kFirstSize<asmgr_host> = detail::end_of(offsetof(asmgr_host, extension),
                                                                     &asmgr_host::extension);
template <>
inline constexpr std::size_t kFirstSize<asmgr_create> = detail::end_of(offsetof(asmgr_create, config_json),
                                                                       &asmgr_create::config_json);
template <>
inline constexpr std::size_t kFirstSize<asmgr_event> = detail::end_of(offsetof(asmgr_event, body_hash),
                                                                      &asmgr_event::body_hash);
template <>
inline constexpr std::size_t kFirstSize<asmgr_session> = detail::end_of(offsetof(asmgr_session, doc),
                                                                        &asmgr_session::doc);
template <>
inline constexpr std::size_t kFirstSize<asmgr_run> = detail::end_of(offsetof(asmgr_run, doc), &asmgr_run::doc);
template <>
inline constexpr std::size_t kFirstSize<asmgr_record> = detail::end_of(offsetof(asmgr_record, body),
                                                                       &asmgr_record::body);
template <>
inline constexpr std::size_t kFirstSize<asmgr_head> = detail::end_of(offsetof(asmgr_head, owner), &asmgr_head::owner);
template <>
inline constexpr std::size_t kFirstSize<asmgr_usage> = detail::end_of(offsetof(asmgr_usage, turns),
                                                                      &asmgr_usage::turns);
template <>
inline constexpr std::size_t kFirstSize<asmgr_commit_unit> = detail::end_of(offsetof(asmgr_commit_unit, records),
                                                                            &asmgr_commit_unit::records);
template <>
inline constexpr std::size_t kFirstSize<asmgr_commit_result> = detail::end_of(offsetof(asmgr_commit_result, existing),
                                                                              &asmgr_commit_result::existing);
template <>
inline constexpr std::size_t kFirstSize<asmgr_session_query> =
    detail::end_of(offsetof(asmgr_session_query, include_deleted), &asmgr_session_query::include_deleted);
template <>
inline constexpr std::size_t kFirstSize<asmgr_run_query> = detail::end_of(offsetof(asmgr_run_query, reserved0),
                                                                          &asmgr_run_query::reserved0);
template <>
inline constexpr std::size_t kFirstSize<asmgr_event_query> = detail::end_of(offsetof(asmgr_event_query, reserved0),
                                                                            &asmgr_event_query::reserved0);
template <>
inline constexpr std::size_t kFirstSize<asmgr_record_query> = detail::end_of(offsetof(asmgr_record_query, after_id),
                                                                             &asmgr_record_query::after_id);
template <>
inline constexpr std::size_t kFirstSize<asmgr_run_ctx> = detail::end_of(offsetof(asmgr_run_ctx, finish),
                                                                        &asmgr_run_ctx::finish);
template <>
inline constexpr std::size_t kFirstSize<asmgr_decision> = detail::end_of(offsetof(asmgr_decision, explain),
                                                                         &asmgr_decision::explain);
template <>
inline constexpr std::size_t kFirstSize<asmgr_byte_source> = detail::end_of(offsetof(asmgr_byte_source, read),
                                                                            &asmgr_byte_source::read);

// Throws StatusError (INVALID_INPUT) unless `object` is there and at least as long as its first release; `name` is for
// the sentence.
template <typename T>
const T& require(const T* object, const char* name) {
  static_assert(kFirstSize<T> != 0, "say in layout.hpp how long the struct was when it came");
  if (object == nullptr)
    throw StatusError(ASMGR_E_INVALID_INPUT,
                      std::string("the host passed no ") + name + "; this is a fault of the host");
  if (object->size < kFirstSize<T>)
    throw StatusError(ASMGR_E_INVALID_INPUT, std::string("the host passed a ") + name + " of " +
                                                 std::to_string(object->size) + " bytes where this plugin needs " +
                                                 std::to_string(kFirstSize<T>) + "; its `size` is not set rightly");
  return *object;
}

template <typename T>
T& require(T* object, const char* name) {
  return const_cast<T&>(require(static_cast<const T*>(object), name));
}

// Throws StatusError (INVALID_INPUT) when a non-empty array is nowhere or its elements are shorter than `bytes`.
inline void require_elements(const asmgr_array& array, std::size_t bytes) {
  if (array.data == nullptr)
    throw StatusError(ASMGR_E_INVALID_INPUT,
                      "the host passed an array of " + std::to_string(array.count) + " elements at no address");
  if (array.stride < bytes)
    throw StatusError(ASMGR_E_INVALID_INPUT, "the host passed an array whose elements are " +
                                                 std::to_string(array.stride) +
                                                 " bytes apart where this plugin needs " + std::to_string(bytes));
}

}  // namespace asmgr::sdk
