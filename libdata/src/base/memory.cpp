#include "seg/data/memory.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>

#include "base/control_groups.hpp"
#include "seg/plan/error.hpp"

namespace seg::data {
namespace fs = std::filesystem;
namespace {

constexpr std::int64_t no_limit = std::numeric_limits<std::int64_t>::max();

/// The number behind a word that a line of the file begins with.
std::optional<std::int64_t> number_behind(const std::string& word, const fs::path& file) {
  std::ifstream lines(file);
  for (std::string line, first; std::getline(lines, line);) {
    std::istringstream parts(line);
    std::int64_t number = 0;
    if (parts >> first && first == word && parts >> number) return number;
  }
  return std::nullopt;
}

std::optional<std::int64_t> bytes_in(const fs::path& file) {
  std::int64_t number = 0;
  if (std::ifstream in(file); in >> number) return number;
  return std::nullopt;  // "max"
}

std::int64_t smallest_in(const fs::path& group, const std::array<const char*, 2>& files) {
  std::int64_t smallest = no_limit;
  for (const char* file : files)
    smallest = std::min(smallest, bytes_in(group / file).value_or(no_limit));
  return smallest;
}

/// What a group may still take.
std::int64_t left_in_group(const fs::path& group) {
  const bool second = fs::exists(group / "memory.current");
  const std::int64_t limit = second ? smallest_in(group, {"memory.max", "memory.high"})
                                    : bytes_in(group / "memory.limit_in_bytes").value_or(no_limit);
  if (limit == no_limit) return no_limit;
  const std::string of = second ? "" : "total_";
  std::int64_t used =
      bytes_in(group / (second ? "memory.current" : "memory.usage_in_bytes")).value_or(0);
  for (const char* cache : {"inactive_file", "active_file"})
    used -= number_behind(of + cache, group / "memory.stat").value_or(0);
  return limit - std::max<std::int64_t>(used, 0);
}

/// Of this process, without what lies in files.
std::int64_t memory_taken() {
  std::int64_t kilobytes = 0;
  for (const char* kind : {"RssAnon:", "RssShmem:"})
    kilobytes += number_behind(kind, "/proc/self/status").value_or(0);
  return kilobytes * 1024;
}

}  // namespace

std::int64_t available_memory(const fs::path& root) {
  constexpr std::int64_t unknown = no_limit / 1024;
  std::int64_t bytes =
      1024 * number_behind("MemAvailable:", root / "proc/meminfo").value_or(unknown);
  for (const fs::path& group : control_groups("memory", root))
    bytes = std::min(bytes, left_in_group(group));
  return std::max<std::int64_t>(bytes, 0);
}

std::int64_t memory_to_use(std::int64_t most) {
  return most > 0 ? std::max<std::int64_t>(most - memory_taken(), 0) : available_memory();
}

std::string memory_text(std::int64_t bytes) {
  std::ostringstream text;
  text.setf(std::ios::fixed);
  constexpr std::int64_t kMegabyte = std::int64_t{1} << 20, kGigabyte = std::int64_t{1} << 30;
  text.precision(bytes < kGigabyte / 10 && bytes >= 10 * kMegabyte ? 0 : 1);
  if (bytes < kGigabyte / 10)
    text << static_cast<double>(bytes) / kMegabyte << " MB";
  else
    text << static_cast<double>(bytes) / kGigabyte << " GB";
  return text.str();
}

void MemoryBudget::require(std::int64_t bytes, const std::string& name) const {
  if (bytes <= whole_) return;
  const std::string needs = "needs about " + memory_text(bytes) + " of memory";
  throw Error(ErrorKind::out_of_memory,
              {name, needs + ", and " + memory_text(whole_) + " may still be taken",
               "allow more (`max_memory`), or work where there is more"});
}

std::shared_ptr<void> MemoryBudget::take(std::int64_t bytes, const std::string& name) {
  require(bytes, name);
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return free_ >= bytes; });
  free_ -= bytes;
  return {nullptr, [this, bytes](void*) { give_back(bytes); }};
}

void MemoryBudget::give_back(std::int64_t bytes) {
  const std::lock_guard lock(mutex_);
  free_ += bytes;
  changed_.notify_all();
}

}  // namespace seg::data
