#include "core/engine/export_writer.hpp"

#include "core/model/json.hpp"

namespace asmgr {

// `line` is an object without its closing brace.
void ExportWriter::sealed(std::string& out, std::string line) {
  seal_.close(line);
  out.append(line).append("\n");
}

void ExportWriter::header(std::string& out, const Session& session) {
  std::string line = R"({"format":)";
  append_json_string(line, kExportFormat);
  line += R"(,"version":)" + std::to_string(version_);
  line += R"(,"session":)" + to_text(to_json(session, head_.sequence));
  line += R"(,"head":")" + to_text(head_) + "\"";
  sealed(out, std::move(line));
}

void ExportWriter::event(std::string& out, const EventView& event) {
  append_event_json(out, event);
  out += '\n';
  ++events_;
}

void ExportWriter::run(std::string& out, const Run& run) {
  sealed(out, R"({"run":)" + to_text(to_json(run)));
  ++runs_;
}

void ExportWriter::artifact(std::string& out, const Artifact& artifact) {
  sealed(out, R"({"artifact":)" + to_text(to_json(artifact)));
  ++artifacts_;
}

void ExportWriter::end(std::string& out) {
  std::string line = R"({"end":{"events":)" + std::to_string(events_);
  line += R"(,"runs":)" + std::to_string(runs_);
  if (version_ == kExportWithArtifacts) line += R"(,"artifacts":)" + std::to_string(artifacts_);
  line += R"(,"head":")" + to_text(head_) + "\"}";
  sealed(out, std::move(line));
}

}  // namespace asmgr
