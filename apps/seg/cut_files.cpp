#include "cut_files.hpp"

#ifdef __linux__

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace seg::app {
namespace {

// A signal handler may call little: no memory is asked for, and files are read with read(2).

constexpr std::size_t longest_line = 8192;

/// A line of /proc/self/maps: "7f00-7f80 rw-p 00000000 08:01 1234   /folder/array.npy".
std::string_view path_in(std::string_view line) {
  const auto start = line.find('/');
  return start == std::string_view::npos ? std::string_view() : line.substr(start);
}

std::uintptr_t hexadecimal(std::string_view& text) {
  std::uintptr_t number = 0;
  for (; !text.empty(); text.remove_prefix(1)) {
    const char digit = text.front();
    const bool is_number = digit >= '0' && digit <= '9';
    if (!is_number && (digit < 'a' || digit > 'f')) break;
    number = number * 16 + static_cast<std::uintptr_t>(is_number ? digit - '0' : digit - 'a' + 10);
  }
  return number;
}

bool holds(std::string_view line, std::uintptr_t address) {
  const std::uintptr_t begin = hexadecimal(line);
  if (line.empty()) return false;
  line.remove_prefix(1);
  return address >= begin && address < hexadecimal(line);
}

/// Calls take(line) for each line until it gives true.
template <class Take>
void for_each_mapping(const Take& take) {
  static std::array<char, longest_line> buffer;
  const int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  std::size_t filled = 0;
  for (ssize_t got; (got = read(maps, buffer.data() + filled, buffer.size() - filled)) > 0;) {
    filled += static_cast<std::size_t>(got);
    std::string_view rest(buffer.data(), filled);
    for (std::size_t end; (end = rest.find('\n')) != std::string_view::npos;
         rest.remove_prefix(end + 1))
      if (take(rest.substr(0, end))) return;
    std::copy(rest.begin(), rest.end(), buffer.begin());
    filled = rest.size();
  }
}

void say(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// As one piece, as other processes may write at the same moment.
void say_cut(std::string_view path) {
  static std::array<char, longest_line + 128> line;
  char* end = line.data();
  for (const std::string_view part :
       {std::string_view("error: "), path,
        std::string_view(": was cut short while it was in use; make the file again\n")})
    end = std::copy(part.begin(), part.end(), end);
  say({line.data(), static_cast<std::size_t>(end - line.data())});
}

std::atomic_flag reported = ATOMIC_FLAG_INIT;

extern "C" void end_for_cut_file(int signal, siginfo_t* info, void* /*context*/) {
  if (reported.test_and_set())
    while (true) pause();  // another thread came to the same file
  if (info->si_code == BUS_ADRERR)
    for_each_mapping([&](std::string_view line) {
      const bool found =
          holds(line, reinterpret_cast<std::uintptr_t>(info->si_addr)) && !path_in(line).empty();
      if (!found) return false;
      say_cut(path_in(line));
      _exit(1);
    });
  struct sigaction by_default {};
  by_default.sa_handler = SIG_DFL;
  sigaction(signal, &by_default, nullptr);
  raise(signal);
}

}  // namespace

void report_cut_files() {
  struct sigaction action {};
  action.sa_sigaction = end_for_cut_file;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGBUS, &action, nullptr);
}

}  // namespace seg::app

#else

namespace seg::app {
void report_cut_files() {}
}  // namespace seg::app

#endif
