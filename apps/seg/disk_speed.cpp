#include "disk_speed.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

namespace seg::app {
namespace {

constexpr std::size_t whole = 64'000'000, part = 4'000'000;
constexpr double longest = 0.4;  // seconds, after which no further part is begun

/// Gone from the folder at once, so that nothing stays when the program is killed.
int open_without_name(const std::filesystem::path& folder) {
  std::string name = (folder / ".seg-doctor-XXXXXX").string();
  const int file = mkstemp(name.data());
  if (file >= 0) unlink(name.c_str());
  return file;
}

/// 0 where a write fails.
double measured(int file) {
  const std::vector<char> bytes(part, 'x');
  const auto start = std::chrono::steady_clock::now();
  double seconds = 0;
  std::size_t written = 0;
  while (written < whole && seconds < longest) {
    if (write(file, bytes.data(), part) != static_cast<ssize_t>(part) || fsync(file) != 0) return 0;
    written += part;
    seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  return static_cast<double>(written) / 1e6 / seconds;
}

}  // namespace

std::optional<double> disk_speed(const std::filesystem::path& folder) {
  const int file = open_without_name(folder);
  if (file < 0) return std::nullopt;
  const double speed = measured(file);
  close(file);
  return speed > 0 ? std::optional(speed) : std::nullopt;
}

}  // namespace seg::app
