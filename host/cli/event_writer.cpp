#include "host/cli/event_writer.hpp"

#include "core/model/json.hpp"
#include "host/cli/event_text.hpp"

namespace asmgr::cli {

void EventWriter::add(const EventView& event) {
  if (rendering_ != nullptr) rendering_->show(event);
  if (rendering_ != nullptr && rendering_->is_on_screen()) {
    ++written_;
    last_ = event.sequence_number;
    return;
  }
  line_.clear();
  if (console_.is_text()) {
    line_ = event_line(event);
  } else {
    if (console_.format() == OutputFormat::json) line_ = written_ == 0 ? "{\"items\":[" : ",";
    append_event_json(line_, event);
  }
  if (console_.format() != OutputFormat::json) line_ += '\n';
  ++written_;
  last_ = event.sequence_number;
  console_.write(line_);
}

void EventWriter::end_json(const std::string& next_cursor, const Error* error) {
  std::string end = written_ == 0 ? "{\"items\":[]" : "]";
  end += ",\"next_cursor\":";
  if (next_cursor.empty()) {
    end += "null";
  } else {
    append_json_string(end, next_cursor);
  }
  if (error != nullptr) end.append(",\"error\":").append(to_text(error->to_json()));
  console_.write(end + "}\n");
}

void EventWriter::finish(const std::string& next_cursor) {
  if (rendering_ != nullptr) rendering_->finish();
  if (console_.format() == OutputFormat::json) return end_json(next_cursor, nullptr);
  if (console_.is_text() && !next_cursor.empty()) console_.note("more: --after " + next_cursor);
}

Result<ExitCode> EventWriter::fail(const Error& error) {
  if (rendering_ != nullptr) rendering_->finish();
  if (console_.format() != OutputFormat::json || written_ == 0) return error;
  end_json(std::to_string(last_), &error);
  return exit_code_of(error);
}

}  // namespace asmgr::cli
