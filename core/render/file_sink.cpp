#include "core/render/output_file.hpp"
#include "core/render/plain_lines.hpp"
#include "core/render/sink.hpp"

namespace asmgr {
namespace {

class FileSink final : public RenderSink {
 public:
  explicit FileSink(rendering::OutputFile file) : file_(std::move(file)) {}
  Result<void> write(const EventView*, std::string_view text) override { return file_.write(lines_.add(text)); }
  Result<void> flush() override { return file_.write(lines_.rest()); }
  Result<void> close() override { return file_.close(); }

 private:
  rendering::OutputFile file_;
  rendering::PlainLines lines_;
};

}  // namespace

NewSink file_sink(const std::string& path) {
  auto file = rendering::OutputFile::open(path);
  if (file.has_error()) return file.error();
  return std::unique_ptr<RenderSink>(std::make_unique<FileSink>(std::move(*file)));
}

NewSink file_sink(int descriptor) {
  return std::unique_ptr<RenderSink>(std::make_unique<FileSink>(rendering::OutputFile::borrow(descriptor)));
}

}  // namespace asmgr
