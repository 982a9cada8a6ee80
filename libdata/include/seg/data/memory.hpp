#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

namespace seg::data {

/// Bytes that this process may still take without swapping or being killed: what the machine has
/// available, and no more than its control groups leave (both versions; their file caches count as
/// free).
/// @param root where /proc and /sys/fs/cgroup are found.
std::int64_t available_memory(const std::filesystem::path& root = "/");

/// Bytes that may still be taken: of `most` that the process may have in all what it does not have
/// yet (files that are mapped or cached do not count), or with 0 the available memory. Never below
/// 0.
std::int64_t memory_to_use(std::int64_t most);

/// "4.2 GB", of 2^30 bytes each, or, below a tenth of one, "35 MB".
std::string memory_text(std::int64_t bytes);

/// Memory that several cases share which are worked on at the same time.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::int64_t bytes) : free_(bytes), whole_(bytes) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  std::int64_t whole() const { return whole_; }

  /// @throws Error (out_of_memory) that names the case and both numbers when it would not fit even
  /// alone.
  void require(std::int64_t bytes, const std::string& name) const;

  /// Waits until that much is free. It is given back when the last copy of the result goes.
  /// @throws Error as require().
  std::shared_ptr<void> take(std::int64_t bytes, const std::string& name);

 private:
  void give_back(std::int64_t bytes);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::int64_t free_;
  const std::int64_t whole_;
};

}  // namespace seg::data
