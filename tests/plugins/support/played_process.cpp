// Stands in for AgentProcess: plays the recording that the command names inside the run, without any process, so that a
// run can be cut off at every single byte. What the run writes is what the player reads; once nothing is left of it,
// the player reads the end of its input.
#include <asmgr/toolkit/agent_process.hpp>
#include <asmgr/toolkit/jsonl.hpp>
#include <deque>
#include <exception>
#include <utility>

#include "tests/support/fake_agent/program.hpp"

namespace asmgr::agent {

class AgentProcess::Pump final : public fake_agent::Streams {
 public:
  Pump(AgentProcess& owner, AgentHandler& handler)
      : owner_(owner), handler_(handler), reader_(owner.options_.max_line_bytes) {}

  AgentEnd run() {
    const std::vector<std::string>& argv = owner_.options_.command.argv;
    handler_.on_start();
    int exit_code = 0;
    try {
      exit_code = fake_agent::play_program({argv.begin() + 1, argv.end()}, *this);
    } catch (const std::exception& wrong) {
      exit_code = fake_agent::kDriverWasWrong;
      end_.stderr_tail += wrong.what();
    }
    reader_.finish([this](std::string_view line) { deliver(line); });
    end_.wait_status = exit_code < 0 ? -exit_code : exit_code << 8;  // as waitpid has it
    return std::move(end_);
  }

  std::optional<std::string> read_line() override {
    owner_.run_tasks();
    if (written_.empty()) return std::nullopt;
    std::string line = std::move(written_.front());
    written_.pop_front();
    return line;
  }
  void write(std::string_view bytes) override {
    reader_.feed(bytes, [this](std::string_view line) { deliver(line); });
  }
  void complain(const std::string& bytes) override { end_.stderr_tail += bytes; }

  void take(std::string_view line) { written_.emplace_back(line); }
  void finish_up() { end_.finished_up = true; }
  void stop(std::string message) {
    end_.cause = AgentEndCause::kStopped;
    end_.message = std::move(message);
  }

 private:
  void deliver(std::string_view line) {
    owner_.run_tasks();
    if (end_.cause != AgentEndCause::kExited) return;
    ++end_.lines;
    handler_.on_line(line);
    if (!owner_.cancelled_ || std::exchange(asked_to_stop_, true)) return;
    // A program that is ended at once says no more.
    if (!handler_.on_cancel()) end_.cause = AgentEndCause::kCancelled;
  }

  AgentProcess& owner_;
  AgentHandler& handler_;
  jsonl::LineReader reader_;
  std::deque<std::string> written_;
  AgentEnd end_;
  bool asked_to_stop_ = false;
};

AgentProcess::AgentProcess(AgentOptions options) : options_(std::move(options)) {}
AgentProcess::~AgentProcess() = default;

void AgentProcess::cancel() noexcept {
  cancelled_ = true;
}

void AgentProcess::post(std::function<void()> task) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!over_) tasks_.push_back(std::move(task));
}

void AgentProcess::run_tasks() {
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    tasks.swap(tasks_);
  }
  for (const auto& task : tasks) task();
}

AgentEnd AgentProcess::run(AgentHandler& handler, const std::function<bool()>&) {
  Pump pump(*this, handler);
  pump_ = &pump;
  AgentEnd end = pump.run();
  pump_ = nullptr;
  const std::lock_guard<std::mutex> lock(mutex_);
  over_ = true;
  tasks_.clear();
  return end;
}

void AgentProcess::write_line(std::string_view line) {
  if (pump_ != nullptr) pump_->take(line);
}
void AgentProcess::close_stdin() {}
void AgentProcess::finish_up() {
  if (pump_ != nullptr) pump_->finish_up();
}
void AgentProcess::stop(std::string message) {
  if (pump_ != nullptr) pump_->stop(std::move(message));
}
void AgentProcess::expect_silence(bool) noexcept {}

}  // namespace asmgr::agent
