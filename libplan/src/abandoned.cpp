#include "abandoned.hpp"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <random>
#include <set>

namespace seg {
namespace {
namespace fs = std::filesystem;

constexpr char kMark[] = ".writing-";
constexpr char kForm[] = ".writing-%8x-%8x-%8x-%n";  ///< machine, process, random

/// FNV-1a, the same in every build.
std::uint32_t hash_of(const std::string& text) {
  std::uint32_t hash = 2166136261U;
  for (const char letter : text) hash = (hash ^ static_cast<unsigned char>(letter)) * 16777619U;
  return hash;
}

/// Where a number names a process: a boot of a machine, and there a space of process numbers, of
/// which a container has its own.
std::uint32_t this_machine() {
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  std::string boot;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> boot;
  std::error_code none;
  const std::string processes = fs::read_symlink("/proc/self/ns/pid", none).string();
  return hash_of(host.data() + std::string("/") + boot + "/" + processes);
}

bool lives(std::uint32_t process) {
  return kill(static_cast<pid_t>(process), 0) == 0 || errno != ESRCH;
}

bool is_abandoned(const std::string& name) {
  std::uint32_t machine = 0, process = 0, random = 0;
  int length = 0;
  if (std::sscanf(name.c_str(), kForm, &machine, &process, &random, &length) != 3) return false;
  constexpr int kLength = 9 + 3 * 9;
  return length == kLength && machine == this_machine() && process > 0 && !lives(process);
}

void remove_abandoned(const fs::path& folder) {
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(folder.empty() ? "." : folder, code))
    if (is_abandoned(entry.path().filename().string())) fs::remove_all(entry.path(), code);
}

}  // namespace

std::string temporary_prefix() {
  std::random_device random;
  std::array<char, 64> prefix{};
  std::snprintf(prefix.data(), prefix.size(), "%s%08x-%08x-%08x-", kMark, this_machine(),
                static_cast<std::uint32_t>(getpid()), static_cast<std::uint32_t>(random()));
  return prefix.data();
}

bool is_temporary(const std::string& name) { return name.starts_with(kMark); }

void remove_abandoned_once(const fs::path& folder) {
  static std::mutex mutex;
  static std::set<fs::path> seen;
  std::error_code code;
  const fs::path place = fs::absolute(folder, code).lexically_normal();
  {
    const std::lock_guard lock(mutex);
    if (code || !seen.insert(place).second) return;
  }
  remove_abandoned(folder);
}

}  // namespace seg
