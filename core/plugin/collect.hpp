// Sinks of the host's: they copy what a plugin pushes, and check it on the way in.
#pragma once

#include <asmgr/abi/base.h>

#include <cstring>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "core/plugin/abi_element.hpp"
#include "core/plugin/abi_text.hpp"

namespace asmgr {

// Receives arrays of `Element` and gives each one to `take`, which returns what is wrong with it (empty = nothing). The
// first problem ends the call: the plugin is told to push no more; so does `*enough` (may be null) once `take` set it.
template <typename Element, typename Take>
class Collector {
 public:
  explicit Collector(Take take, const bool* enough = nullptr) : take_(std::move(take)), enough_(enough) {
    sink_.size = sizeof(asmgr_sink);
    sink_.ctx = this;
    sink_.push = &Collector::push;
  }
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  [[nodiscard]] const asmgr_sink* sink() const noexcept { return &sink_; }
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

 private:
  static std::int32_t push(void* ctx, const asmgr_array* items) noexcept {
    auto& self = *static_cast<Collector*>(ctx);
    if (self.over()) return 1;
    try {
      self.take_all(items);
    } catch (const std::exception& thrown) {
      self.problem_ = std::string("the host ran out of something while reading: ") + thrown.what();
    }
    return self.over() ? 1 : 0;
  }

  [[nodiscard]] bool over() const noexcept { return !problem_.empty() || (enough_ != nullptr && *enough_); }

  void take_all(const asmgr_array* items) {
    problem_ = problem_with_array(items, kSize10<Element>);
    for (std::uint32_t i = 0; !over() && i < items->count; ++i) {
      Element element{};
      problem_ = read_element(*items, i, element);
      if (problem_.empty()) problem_ = take_(element);
    }
  }

  asmgr_sink sink_{};
  Take take_;
  std::string problem_;
  const bool* enough_;
};

template <typename Element, typename Take>
[[nodiscard]] Collector<Element, Take> collect(Take take, const bool* enough = nullptr) {
  return Collector<Element, Take>(std::move(take), enough);
}

// Whoever is shown what a plugin pushes, while it does: what is thrown there must not pass through the plugin.
class GuardedVisits {
 public:
  // `visit` says whether it wants more.
  template <typename Visit>
  void once(const Visit& visit) noexcept {
    try {
      enough_ = !visit();
    } catch (...) {
      thrown_ = std::current_exception();
      enough_ = true;
    }
  }
  // For the collector, and to tell a call that was ended from one that failed.
  [[nodiscard]] const bool& enough() const noexcept { return enough_; }
  // After the call: what was thrown goes on from here.
  void rethrow() const {
    if (thrown_) std::rethrow_exception(thrown_);
  }

 private:
  bool enough_ = false;
  std::exception_ptr thrown_;
};

// Texts, checked to be UTF-8.
class TextCollector {
 public:
  TextCollector() : collector_(Keep{&texts_}) {}
  [[nodiscard]] const asmgr_sink* sink() const noexcept { return collector_.sink(); }
  [[nodiscard]] const std::string& problem() const noexcept { return collector_.problem(); }
  [[nodiscard]] std::vector<std::string>& texts() noexcept { return texts_; }

 private:
  struct Keep {
    std::vector<std::string>* texts;
    std::string operator()(const asmgr_str& text) const {
      std::string problem = problem_with_text(text, "text");
      if (problem.empty()) texts->emplace_back(view_of_text(text));
      return problem;
    }
  };
  std::vector<std::string> texts_;
  Collector<asmgr_str, Keep> collector_;
};

}  // namespace asmgr
