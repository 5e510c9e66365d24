#include "core/engine/export_reader.hpp"

#include <algorithm>
#include <array>

#include "core/engine/artifact_registry.hpp"
#include "core/engine/export_writer.hpp"
#include "core/model/json.hpp"
#include "core/model/json_reader.hpp"

namespace asmgr {
namespace {

constexpr std::size_t kReadPiece = std::size_t{256} << 10;
constexpr std::size_t kLongestLine = CopiedLog::kMaxBytes + kReadPiece;

Error bad_line(std::uint64_t line, const std::string& message) {
  boost::json::object details;
  details["line"] = line;
  return Error(ErrorCode::validation_error, "line " + std::to_string(line) + " " + message, std::move(details));
}

// evt_ and 32 digits: made by an engine, so nobody else can come with it again.
bool is_made_here(std::string_view id) {
  constexpr std::string_view kPrefix = "evt_";
  return id.size() == 36 && id.starts_with(kPrefix) &&
         id.find_first_not_of("0123456789abcdef", kPrefix.size()) == std::string_view::npos;
}

class LineReader {
 public:
  // `line` without its line feed. Errors: what is wrong, said of "line N".
  [[nodiscard]] Result<void> take(std::string_view line) {
    ++line_;
    switch (part_) {
      case Part::header:
        return header(line);
      case Part::events:
        if (!is_of(line, "run") && !is_of(line, "artifact") && !is_of(line, "end")) return event(line);
        if (auto whole = check_log(); !whole) return whole;
        part_ = Part::runs;
        [[fallthrough]];
      case Part::runs:
        if (!is_of(line, "artifact")) return is_of(line, "end") ? end(line) : run(line);
        part_ = Part::artifacts;
        [[fallthrough]];
      case Part::artifacts:
        return is_of(line, "artifact") ? artifact(line) : end(line);
      case Part::done:
        break;
    }
    return bad_line(line_, "stands behind the last line of the export");
  }
  [[nodiscard]] Result<ReadExport> finish(bool in_line) {
    if (part_ == Part::done && !in_line) return std::move(read_);
    const std::string what = in_line ? "is not ended" : "is missing";
    return bad_line(line_ + 1, what + ": the file was cut, or it is no whole export");
  }

 private:
  enum class Part : std::uint8_t { header, events, runs, artifacts, done };

  // A line of ours, by its first member.
  [[nodiscard]] static bool is_of(std::string_view line, std::string_view member) {
    return line.starts_with("{\"" + std::string(member) + "\":");
  }

  [[nodiscard]] Error changed(const std::string& what) const {
    return bad_line(line_, "was changed, or lines before it are missing: " + what);
  }

  [[nodiscard]] Result<boost::json::object> sealed_object(std::string_view line) {
    const auto unsealed = seal_.open(line);
    if (!unsealed) return changed("its seal (sha256) does not match");
    auto object = parse_document(std::string(*unsealed) + "}", "line");
    if (!object) return bad_line(line_, "cannot be read: " + object.error().message());
    return object;
  }

  // A file of something else should not be told that its seal is wrong.
  [[nodiscard]] Result<void> check_format(std::string_view line) {
    const auto parsed = parse_document(line, "line");
    if (!parsed || find_string(*parsed, "format") != kExportFormat) {
      return bad_line(line_, "is not the header of an exported session; give a file that `asmgr session export` wrote");
    }
    version_ = find_int(*parsed, "version").value_or(0);
    if (version_ == kExportVersion || version_ == kExportWithArtifacts) return {};
    return bad_line(line_, "says that the file has format version " + describe_found(find(*parsed, "version")) +
                               "; this version of asmgr reads versions " + std::to_string(kExportVersion) + " and " +
                               std::to_string(kExportWithArtifacts));
  }

  [[nodiscard]] Result<void> header(std::string_view line) {
    if (auto format = check_format(line); !format) return format;
    auto object = sealed_object(line);
    if (!object) return object.error();
    const boost::json::object* document = find_object(*object, "session");
    const auto head = parse_log_position(find_string(*object, "head").value_or(""));
    if (document == nullptr || !head) return bad_line(line_, "has no session or no head");
    auto session = session_from_json(*document);
    if (!session) return bad_line(line_, "cannot be read: " + session.error().message());
    if (session->version == 0) return bad_line(line_, "has a session with version 0; versions count from 1");
    if (session->deleted_at.is_set()) return bad_line(line_, "is the header of a deleted session");
    if (find_int(*document, "last_sequence") != static_cast<std::int64_t>(head->sequence)) {
      return bad_line(line_, "names two different ends of the log: last_sequence and head");
    }
    read_.session = std::move(*session);
    read_.head = *head;
    verifier_ = std::make_unique<ChainVerifier>(read_.session.chain_id);
    part_ = Part::events;
    return {};
  }

  [[nodiscard]] Result<void> event(std::string_view line) {
    auto event = event_from_json(line);
    if (!event) return bad_line(line_, "cannot be read: " + event.error().message());
    if (event->session_id != read_.session.id) {
      return bad_line(line_, "is an event of another session than the header's, " + read_.session.id);
    }
    EventView view = view_of(*event);
    if (auto chained = verifier_->next(view); !chained) return changed(chained.error().message());
    if (event_json(view) != line) return changed("it is not written as an export writes it");
    view.caller_id = !is_made_here(view.id);
    if (auto kept = read_.log->append(view); !kept) return kept.error();
    return {};
  }

  // Once all events are there.
  [[nodiscard]] Result<void> check_log() const {
    const LogPosition end{verifier_->last_sequence(), verifier_->last_hash()};
    if (end != read_.head) {
      return bad_line(line_, "ends the events at " + to_text(end) + " where the header says " + to_text(read_.head) +
                                 ": lines before it are missing or do not belong here");
    }
    std::vector<std::pair<std::string_view, std::uint64_t>> ids;
    ids.reserve(read_.log->events().size());
    for (const EventView& event : read_.log->events()) ids.emplace_back(event.id, event.sequence_number);
    std::sort(ids.begin(), ids.end());
    const auto same_id = [](const auto& a, const auto& b) { return a.first == b.first; };
    const auto twice = std::adjacent_find(ids.begin(), ids.end(), same_id);
    if (twice == ids.end()) return {};
    return bad_line(std::next(twice)->second + 1, "has the id of event " + std::to_string(twice->second) + ", " +
                                                      std::string(twice->first) + "; ids are unique within a session");
  }

  [[nodiscard]] Result<void> run(std::string_view line) {
    auto object = sealed_object(line);
    if (!object) return object.error();
    const boost::json::value* document = find(*object, "run");
    if (document == nullptr) return bad_line(line_, "is neither an event nor a run nor the last line of an export");
    auto run = run_from_json(*document);
    if (!run) return bad_line(line_, "cannot be read: " + run.error().message());
    if (run->version == 0) return bad_line(line_, "has a run with version 0; versions count from 1");
    if (run->session_id != read_.session.id) {
      return bad_line(line_, "is a run of another session than the header's, " + read_.session.id);
    }
    if (run->id <= last_run_) return bad_line(line_, "has a run that does not come after " + last_run_);
    run_bytes_ += line.size();
    if (run_bytes_ > CopiedLog::kMaxBytes) return too_long();
    last_run_ = run->id;
    ++runs_;
    if (is_terminal(run->status)) {
      read_.runs.push_back(std::move(*run));
    } else {
      ++read_.unfinished_runs;
    }
    return {};
  }

  [[nodiscard]] Result<void> artifact(std::string_view line) {
    auto object = sealed_object(line);
    if (!object) return object.error();
    auto artifact = artifact_from_json(object->at("artifact"));
    if (!artifact) return bad_line(line_, "cannot be read: " + artifact.error().message());
    if (version_ != kExportWithArtifacts || artifact->session_id != read_.session.id) {
      return bad_line(line_, "is an artifact of another session than the header's, " + read_.session.id +
                                 ", or of a file whose version has none");
    }
    if (!artifact->key.starts_with(kArtifactKeyBegin) || artifact->key.find('@') != std::string::npos ||
        (!read_.artifacts.empty() && artifact->key <= read_.artifacts.back().key)) {
      return bad_line(line_, "has an artifact whose key is none of asmgr's, or is out of order: " + artifact->key);
    }
    run_bytes_ += line.size();
    if (run_bytes_ > CopiedLog::kMaxBytes) return too_long();
    read_.artifacts.push_back(std::move(*artifact));
    return {};
  }

  [[nodiscard]] static Error too_long() {
    return {ErrorCode::invalid_operation, "the runs and artifacts of the file are longer than " +
                                              std::to_string(CopiedLog::kMaxBytes >> 20) +
                                              " MiB, the most that is written as one whole"};
  }

  [[nodiscard]] Result<void> end(std::string_view line) {
    auto object = sealed_object(line);
    if (!object) return object.error();
    const boost::json::object* end = find_object(*object, "end");
    if (end == nullptr) return bad_line(line_, "is not the last line of an export");
    const bool complete = find_int(*end, "events") == static_cast<std::int64_t>(read_.log->events().size()) &&
                          find_int(*end, "runs") == runs_ && ends_artifacts(*end) &&
                          find_string(*end, "head") == to_text(read_.head);
    if (!complete) return bad_line(line_, "says that there are other events or runs than came before it");
    part_ = Part::done;
    return {};
  }

  [[nodiscard]] bool ends_artifacts(const boost::json::object& end) const {
    const auto count = find_int(end, "artifacts");
    return version_ == kExportVersion ? !count : count == static_cast<std::int64_t>(read_.artifacts.size());
  }

  ReadExport read_;
  ExportSeal seal_;
  std::int64_t version_ = 0;
  std::unique_ptr<ChainVerifier> verifier_;  // made by the header
  Part part_ = Part::header;
  std::uint64_t line_ = 0;
  std::int64_t runs_ = 0;
  std::size_t run_bytes_ = 0;
  std::string last_run_;
};

}  // namespace

Result<ReadExport> read_export(const TextReader& read) {
  LineReader lines;
  std::string rest;  // of a line whose end has not come
  std::vector<char> piece(kReadPiece);
  while (true) {
    const auto got = read(piece);
    if (!got) return got.error();
    if (*got == 0) break;
    std::string_view text(piece.data(), *got);
    for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
      rest.append(text.substr(0, end));
      if (auto taken = lines.take(rest); !taken) return taken.error();
      rest.clear();
      text.remove_prefix(end + 1);
    }
    rest.append(text);
    if (rest.size() > kLongestLine) {
      return Error(ErrorCode::invalid_operation, "a line of the file is longer than " +
                                                     std::to_string(kLongestLine >> 20) +
                                                     " MiB, more than is written as one whole");
    }
  }
  return lines.finish(!rest.empty());
}

}  // namespace asmgr
