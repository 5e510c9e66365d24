#include "tests/e2e/support/terminal.hpp"

#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "core/render/text_width.hpp"

namespace asmgr::e2e {
namespace {

constexpr unsigned short kRows = 24;

winsize size_of(unsigned short columns) {
  winsize size{};
  size.ws_row = kRows;
  size.ws_col = columns;
  return size;
}

}  // namespace

void Screen::put(const std::string& character) {
  const std::size_t width = text_width(character);
  if (column_ + width > columns_) {
    ++row_;
    column_ = 0;
  }
  if (row_ >= cells_.size()) cells_.resize(row_ + 1);
  auto& line = cells_[row_];
  if (line.size() < column_ + width) line.resize(column_ + width, " ");
  line[column_] = character;
  for (std::size_t i = 1; i < width; ++i) line[column_ + i].clear();
  column_ += width;
}

void Screen::obey(char command, std::size_t count) {
  switch (command) {
    case 'A':
      row_ -= std::min(row_, std::max<std::size_t>(count, 1));
      break;
    case 'C':
      column_ += std::max<std::size_t>(count, 1);
      break;
    case 'J':
      cells_.resize(std::min(cells_.size(), row_ + 1));
      if (row_ < cells_.size()) cells_[row_].resize(std::min(cells_[row_].size(), column_));
      break;
    case 'K':
      if (row_ < cells_.size()) cells_[row_].clear();
      break;
    default:
      break;
  }
}

void Screen::write(const std::string& bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    const char c = bytes[i];
    if (c == '\n') {
      ++row_;
      ++i;
    } else if (c == '\r') {
      column_ = 0;
      ++i;
    } else if (c == '\x1b' && i + 1 < bytes.size() && bytes[i + 1] == '[') {
      const std::size_t end = std::min(bytes.find_first_not_of("0123456789;", i + 2), bytes.size() - 1);
      obey(bytes[end], static_cast<std::size_t>(std::atoi(bytes.c_str() + i + 2)));
      i = end + 1;
    } else {
      const std::size_t length = first_grapheme(std::string_view(bytes).substr(i)).bytes;
      put(bytes.substr(i, length));
      i += length;
    }
  }
}

std::vector<std::string> Screen::lines() const {
  std::vector<std::string> lines;
  for (const auto& cells : cells_) {
    std::string line;
    for (const auto& cell : cells) line += cell;
    line.erase(line.find_last_not_of(' ') + 1);
    lines.push_back(std::move(line));
  }
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

std::string Screen::text() const {
  std::string text;
  for (const auto& line : lines()) text += line + "\n";
  return text;
}

Terminal::Terminal(const ChildSetup& setup, unsigned short columns) {
  std::vector<std::string> arguments = setup.command;
  std::vector<std::string> variables;
  for (const auto& [name, value] : setup.environment) variables.push_back(name + "=" + value);
  const auto pointers_to = [](std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (auto& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
  };
  const auto argument_pointers = pointers_to(arguments);
  const auto variable_pointers = pointers_to(variables);
  const winsize size = size_of(columns);
  pid_ = ::forkpty(&terminal_, nullptr, nullptr, &size);
  if (pid_ < 0) throw std::runtime_error("no pty");
  if (pid_ == 0) {
    if (::chdir(setup.folder.c_str()) != 0) ::_exit(126);
    ::execve(argument_pointers[0], argument_pointers.data(), variable_pointers.data());
    ::_exit(127);
  }
}

Terminal::~Terminal() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(terminal_);
}

void Terminal::type(const std::string& text) const {
  if (::write(terminal_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    throw std::runtime_error("the terminal takes nothing");
  }
}

void Terminal::resize(unsigned short columns) const {
  const winsize size = size_of(columns);
  ::ioctl(terminal_, TIOCSWINSZ, &size);
}

bool Terminal::read_some() {
  pollfd waiting{terminal_, POLLIN, 0};
  if (::poll(&waiting, 1, static_cast<int>(std::chrono::milliseconds(kPatience).count())) <= 0) return false;
  char buffer[65536];
  const ssize_t got = ::read(terminal_, buffer, sizeof buffer);
  if (got <= 0) return false;  // EIO: nobody has the other side open any more
  written_.append(buffer, static_cast<std::size_t>(got));
  return true;
}

bool Terminal::read_until(const std::function<bool(const std::string&)>& condition) {
  while (!condition(written_)) {
    if (!read_some()) return condition(written_);
  }
  return true;
}

bool Terminal::read_until_written(const std::string& text) {
  return read_until([&](const std::string& written) { return written.find(text) != std::string::npos; });
}

Ended Terminal::wait() {
  while (read_some()) {
  }
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  Ended ended;
  if (WIFEXITED(status)) ended.code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) ended.signal = WTERMSIG(status);
  ended.out = written_;
  return ended;
}

}  // namespace asmgr::e2e
