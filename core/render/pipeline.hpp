// One renderer, several sinks.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/render/renderer.hpp"
#include "core/render/sink.hpp"

namespace asmgr {

// Each event is rendered once and given to every sink in the order in which they were added. A sink that fails - while
// it is made, writes, is flushed or closed - is reported once, with a sentence, and left out from then on; the others
// go on, and nothing here ever fails. Serial use.
class RenderPipeline {
 public:
  using Report = std::function<void(const std::string& sentence)>;

  RenderPipeline(std::unique_ptr<Renderer> renderer, Report report);
  // finish(), when it was not called.
  ~RenderPipeline();
  RenderPipeline(const RenderPipeline&) = delete;
  RenderPipeline& operator=(const RenderPipeline&) = delete;

  // `name` is what the report calls it, e.g. "file run.txt".
  void add(std::string name, NewSink sink);
  void show(const EventView& event);
  // The renderer's last text; then every sink is flushed and closed. Once; later calls do nothing.
  void finish();
  // The width of the terminal has changed.
  void resize(std::size_t width);
  // Sinks that have not failed.
  [[nodiscard]] std::size_t sinks() const noexcept { return sinks_.size(); }

 private:
  struct Member {
    std::string name;
    std::unique_ptr<RenderSink> sink;
  };
  // Those that fail leave.
  template <typename Act>
  void ask_each(const Act& act);
  void report_failure(const std::string& name, const Error& error) const;

  std::unique_ptr<Renderer> renderer_;
  Report report_;
  std::vector<Member> sinks_;
  bool finished_ = false;
};

}  // namespace asmgr
