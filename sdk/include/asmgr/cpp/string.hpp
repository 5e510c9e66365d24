// Strings and arrays of the boundary as C++ views: nothing is copied, the lifetime stays the caller's.
#pragma once

#include <asmgr/abi/base.h>

#include <asmgr/cpp/layout.hpp>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <type_traits>

namespace asmgr::sdk {

// Borrows: valid as long as what `text` points to.
constexpr asmgr_str to_abi(std::string_view text) noexcept {
  return asmgr_str{text.data(), text.size()};
}

// Borrows likewise. Length 0 is the empty string whatever the pointer is.
constexpr std::string_view view(asmgr_str text) noexcept {
  return text.len == 0 ? std::string_view() : std::string_view(text.ptr, text.len);
}

// The elements of an asmgr_array, `stride` bytes apart: an element may be longer than the T this was compiled with.
// A random-access range of references; copies are cheap. T is const for input, mutable for output arrays.
template <typename T>
class ArrayView {
 public:
  using value_type = std::remove_const_t<T>;
  using Byte = std::conditional_t<std::is_const_v<T>, const char, char>;

  class Iterator {
   public:
    using iterator_category = std::random_access_iterator_tag;
    using value_type = std::remove_const_t<T>;
    using difference_type = std::ptrdiff_t;
    using pointer = T*;
    using reference = T&;

    constexpr Iterator() noexcept = default;
    constexpr Iterator(Byte* at, std::ptrdiff_t stride) noexcept : at_(at), stride_(stride) {}

    reference operator*() const noexcept { return *static_cast<T*>(static_cast<Void*>(at_)); }
    pointer operator->() const noexcept { return &**this; }
    reference operator[](difference_type n) const noexcept { return *(*this + n); }
    Iterator& operator++() noexcept { return *this += 1; }
    Iterator operator++(int) noexcept {
      const Iterator before = *this;
      *this += 1;
      return before;
    }
    Iterator& operator--() noexcept { return *this += -1; }
    Iterator operator--(int) noexcept {
      const Iterator before = *this;
      *this += -1;
      return before;
    }
    Iterator& operator+=(difference_type n) noexcept {
      at_ += n * stride_;
      return *this;
    }
    Iterator& operator-=(difference_type n) noexcept { return *this += -n; }
    friend Iterator operator+(Iterator it, difference_type n) noexcept { return it += n; }
    friend Iterator operator+(difference_type n, Iterator it) noexcept { return it += n; }
    friend Iterator operator-(Iterator it, difference_type n) noexcept { return it -= n; }
    friend difference_type operator-(Iterator a, Iterator b) noexcept {
      return a.stride_ == 0 ? 0 : (a.at_ - b.at_) / a.stride_;
    }
    friend bool operator==(Iterator a, Iterator b) noexcept { return a.at_ == b.at_; }
    friend bool operator!=(Iterator a, Iterator b) noexcept { return a.at_ != b.at_; }
    friend bool operator<(Iterator a, Iterator b) noexcept { return a.at_ < b.at_; }
    friend bool operator>(Iterator a, Iterator b) noexcept { return b < a; }
    friend bool operator<=(Iterator a, Iterator b) noexcept { return !(b < a); }
    friend bool operator>=(Iterator a, Iterator b) noexcept { return !(a < b); }

   private:
    using Void = std::conditional_t<std::is_const_v<T>, const void, void>;
    Byte* at_ = nullptr;
    std::ptrdiff_t stride_ = 0;
  };

  constexpr ArrayView() noexcept = default;

  // Throws StatusError (INVALID_INPUT) when the elements are shorter than T's first release, or there are some
  // nowhere.
  explicit ArrayView(const asmgr_array& array) : count_(array.count), stride_(array.stride) {
    if (count_ == 0) return;
    require_elements(array, kFirstSize<value_type>);
    data_ = static_cast<Byte*>(array.data);
  }

  // A plain C++ array of `count` elements.
  constexpr ArrayView(T* first, std::uint32_t count) noexcept : count_(count), stride_(sizeof(T)) {
    if (count != 0) data_ = static_cast<Byte*>(static_cast<Void*>(first));
  }

  [[nodiscard]] constexpr std::size_t size() const noexcept { return count_; }
  [[nodiscard]] constexpr bool empty() const noexcept { return count_ == 0; }
  [[nodiscard]] T& operator[](std::size_t index) const noexcept {
    return *static_cast<T*>(static_cast<Void*>(data_ + index * stride_));
  }
  [[nodiscard]] T& front() const noexcept { return (*this)[0]; }
  [[nodiscard]] T& back() const noexcept { return (*this)[size() - 1]; }
  [[nodiscard]] Iterator begin() const noexcept { return Iterator(data_, stride_); }
  [[nodiscard]] Iterator end() const noexcept { return begin() + static_cast<std::ptrdiff_t>(count_); }

 private:
  using Void = std::conditional_t<std::is_const_v<T>, const void, void>;
  Byte* data_ = nullptr;
  std::uint32_t count_ = 0;
  std::uint32_t stride_ = 0;
};

// For members such as asmgr_commit_unit.events: `for (const asmgr_event& e : items<asmgr_event>(unit.events))`.
template <typename T>
ArrayView<const T> items(const asmgr_array& array) {
  return ArrayView<const T>(array);
}

// `count` elements as the boundary wants them; borrows. For input arrays only: the callee does not write.
template <typename T>
asmgr_array to_abi_array(const T* first, std::size_t count) noexcept {
  return asmgr_array{const_cast<T*>(first), static_cast<std::uint32_t>(count), static_cast<std::uint32_t>(sizeof(T))};
}

}  // namespace asmgr::sdk
