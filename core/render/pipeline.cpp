#include "core/render/pipeline.hpp"

namespace asmgr {

RenderPipeline::RenderPipeline(std::unique_ptr<Renderer> renderer, Report report)
    : renderer_(std::move(renderer)), report_(std::move(report)) {}

RenderPipeline::~RenderPipeline() {
  finish();
}

void RenderPipeline::add(std::string name, NewSink sink) {
  if (sink.has_error()) return report_failure(name, sink.error());
  sinks_.push_back({std::move(name), std::move(*sink)});
}

void RenderPipeline::report_failure(const std::string& name, const Error& error) const {
  if (!report_) return;
  report_("the sink '" + name + "' is left out from here on: " + error.message() + "; everything else goes on");
}

template <typename Act>
void RenderPipeline::ask_each(const Act& act) {
  std::erase_if(sinks_, [&](Member& member) {
    const Result<void> done = act(*member.sink);
    if (done.has_error()) report_failure(member.name, done.error());
    return done.has_error();
  });
}

void RenderPipeline::show(const EventView& event) {
  const std::string text = renderer_->render(event);
  ask_each([&](RenderSink& sink) { return sink.write(&event, text); });
}

void RenderPipeline::finish() {
  if (finished_) return;
  finished_ = true;
  const std::string text = renderer_->finish();
  if (!text.empty()) {
    ask_each([&](RenderSink& sink) { return sink.write(nullptr, text); });
  }
  ask_each([](RenderSink& sink) { return sink.flush(); });
  ask_each([](RenderSink& sink) { return sink.close(); });
}

void RenderPipeline::resize(std::size_t width) {
  renderer_->resize(width);
}

}  // namespace asmgr
