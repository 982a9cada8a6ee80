#pragma once

#include <atomic>
#include <filesystem>
#include <string>

#include "seg/plan/reporter.hpp"

namespace seg {

/// What a process that waits for a lock says, and what ends its waiting.
struct LockWait {
  const Reporter& reporter;
  const std::atomic<bool>* stop = nullptr;  ///< may be null
};

/// One process at a time: holds FOLDER/.lock for its life, by the system's flock(), so that it ends
/// with the process even when that is killed. The file tells the others who holds it; it stays,
/// empty. Processes that never lock are not kept out.
///
/// Two locks of one folder keep each other out within one process, too.
class FolderLock {
 public:
  /// Makes the folder if it is not there.
  /// @throws Error at once when the folder is in use: which process on which machine, since when.
  explicit FolderLock(const std::filesystem::path& folder);

  /// Waits while the folder is in use, and says so in one line.
  /// @throws Error when it is stopped meanwhile.
  FolderLock(const std::filesystem::path& folder, const LockWait& wait);

  /// @throws Error when the folder was removed or replaced since, so that what is written there
  /// would be lost, or another's.
  void require_folder() const;

  ~FolderLock();
  FolderLock(FolderLock&& other) noexcept;
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  bool try_lock();
  std::string holder() const;

  std::filesystem::path folder_;
  int file_ = -1;
};

/// Who holds a folder's lock, as FolderLock's error tells it; empty when nobody does or the folder
/// is not there. Makes nothing.
std::string lock_holder(const std::filesystem::path& folder);

}  // namespace seg
