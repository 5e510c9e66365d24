// Sinks that pass on what they are given: to a descriptor, to a function.
#include <exception>

#include "core/render/output_file.hpp"
#include "core/render/sink.hpp"

namespace asmgr {
namespace {

class TerminalSink final : public RenderSink {
 public:
  explicit TerminalSink(int descriptor) : file_(rendering::OutputFile::borrow(descriptor)) {}
  Result<void> write(const EventView*, std::string_view text) override { return file_.write(text); }
  Result<void> flush() override { return {}; }
  Result<void> close() override { return {}; }

 private:
  rendering::OutputFile file_;
};

class CallbackSink final : public RenderSink {
 public:
  explicit CallbackSink(RenderCallback callback) : callback_(std::move(callback)) {}
  Result<void> write(const EventView* event, std::string_view text) override {
    try {
      return callback_(event, text);
    } catch (const std::exception& exception) {
      return Error(ErrorCode::internal_error, std::string("its function threw: ") + exception.what());
    } catch (...) {
      return Error(ErrorCode::internal_error, "its function threw something that is no exception");
    }
  }
  Result<void> flush() override { return {}; }
  Result<void> close() override { return {}; }

 private:
  RenderCallback callback_;
};

}  // namespace

NewSink terminal_sink(int descriptor) {
  return std::unique_ptr<RenderSink>(std::make_unique<TerminalSink>(descriptor));
}

NewSink callback_sink(RenderCallback callback) {
  if (!callback) return Error(ErrorCode::validation_error, "it has no function to call");
  return std::unique_ptr<RenderSink>(std::make_unique<CallbackSink>(std::move(callback)));
}

}  // namespace asmgr
