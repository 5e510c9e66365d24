// How results leave a call: pushed into the caller's sink, copied there before push returns.
#pragma once

#include <asmgr/abi/base.h>

#include <asmgr/cpp/layout.hpp>
#include <asmgr/cpp/string.hpp>
#include <cstddef>
#include <string_view>

namespace asmgr::sdk {

// Pushes elements of T. On the calling thread, during the call that brought it. Once push has answered false the caller
// has enough: return, and the call has succeeded; what is pushed nevertheless is dropped here.
template <typename T>
class ItemSink {
 public:
  // `sink` may be null where the boundary says so: everything is accepted and dropped.
  explicit ItemSink(const asmgr_sink* sink) : sink_(sink == nullptr ? nullptr : &require(sink, "sink")) {}

  // A whole plain array at once: cheaper than one by one.
  bool push(const T* first, std::size_t count) {
    if (stopped_) return false;
    if (sink_ == nullptr || count == 0) return true;
    const asmgr_array array = to_abi_array(first, count);
    stopped_ = sink_->push(sink_->ctx, &array) != 0;
    return !stopped_;
  }
  bool push(const T& item) { return push(&item, 1); }
  // The caller gave no sink: what would be pushed need not be made.
  [[nodiscard]] bool absent() const noexcept { return sink_ == nullptr; }
  [[nodiscard]] bool stopped() const noexcept { return stopped_; }

 private:
  const asmgr_sink* sink_;
  bool stopped_ = false;
};

// Pushes texts (JSON, bytes, ids).
class TextSink : private ItemSink<asmgr_str> {
 public:
  using ItemSink<asmgr_str>::ItemSink;
  using ItemSink<asmgr_str>::absent;
  using ItemSink<asmgr_str>::stopped;
  bool push(std::string_view text) { return ItemSink<asmgr_str>::push(to_abi(text)); }
};

// Makes a T with its `size` set and all else zero.
template <typename T>
T make() noexcept {
  T value{};
  value.size = static_cast<std::uint32_t>(sizeof(T));
  return value;
}

}  // namespace asmgr::sdk
