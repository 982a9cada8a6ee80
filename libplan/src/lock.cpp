#include "seg/plan/lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <system_error>
#include <thread>
#include <utility>

#include "seg/plan/error.hpp"
#include "seg/plan/files.hpp"

namespace seg {
namespace fs = std::filesystem;
namespace {

constexpr std::chrono::milliseconds kPause{100};

std::string reason() { return std::generic_category().message(errno); }

int open_lock_file(const fs::path& folder) {
  std::error_code code;
  fs::create_directories(folder, code);
  if (code) throw cannot_write(folder, code.value());
  // Closed in programs that this one starts: they would hold the lock on.
  const int file = open((folder / ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) throw cannot_write(folder);
  return file;
}

std::string host_name() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

std::string this_process() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  std::array<char, 32> since{};
  std::strftime(since.data(), since.size(), "%F %T", &local);
  return "process " + std::to_string(getpid()) + " on " + host_name() + ", since " + since.data();
}

/// Who holds a lock is told for people only, so a full disk may swallow it.
void write_text(int file, const std::string& text) {
  [[maybe_unused]] const auto emptied = ftruncate(file, 0);
  [[maybe_unused]] const auto written = pwrite(file, text.data(), text.size(), 0);
}

}  // namespace

FolderLock::FolderLock(const fs::path& folder) : folder_(folder), file_(open_lock_file(folder)) {
  if (try_lock()) return;
  const std::string other = holder();
  if (try_lock()) return;  // lock_holder() takes the lock for an instant
  close(file_);
  throw Error(ErrorKind::in_use,
              {folder.string(), "is in use by " + other, "wait until that process has ended"});
}

FolderLock::FolderLock(const fs::path& folder, const LockWait& wait)
    : folder_(folder), file_(open_lock_file(folder)) {
  if (try_lock()) return;
  wait.reporter.say("waiting for " + folder.string() + ", which is in use by " + holder());
  while (!try_lock()) {
    if (wait.stop && *wait.stop) {
      close(file_);
      throw Error(ErrorKind::interrupted,
                  {folder.string(), "was waited for until a signal came", "start again"});
    }
    std::this_thread::sleep_for(kPause);
  }
}

FolderLock::FolderLock(FolderLock&& other) noexcept
    : folder_(std::move(other.folder_)), file_(std::exchange(other.file_, -1)) {}

FolderLock::~FolderLock() {
  if (file_ < 0) return;
  write_text(file_, "");
  close(file_);
}

void FolderLock::require_folder() const {
  struct stat held {
  }, there{};
  const bool same = fstat(file_, &held) == 0 && stat((folder_ / ".lock").c_str(), &there) == 0 &&
                    held.st_dev == there.st_dev && held.st_ino == there.st_ino;
  if (!same)
    throw Error(ErrorKind::not_found,
                {folder_.string(), "was removed or replaced while it was in use",
                 "what was written there is lost: start again, and let it be"});
}

bool FolderLock::try_lock() {
  int result = 0;
  while ((result = flock(file_, LOCK_EX | LOCK_NB)) != 0 && errno == EINTR) continue;
  if (result == 0) write_text(file_, this_process());
  if (result == 0 || errno == EWOULDBLOCK) return result == 0;
  const std::string problem = reason();
  close(file_);
  throw Error(folder_.string(), "cannot be locked (" + problem + ")",
              "use a file system with locks: two processes would spoil each other's files");
}

/// The holder writes its text right after it took the lock.
std::string FolderLock::holder() const {
  std::array<char, 512> text{};
  for (int attempt = 0; attempt < 10; ++attempt) {
    if (pread(file_, text.data(), text.size() - 1, 0) > 0) return text.data();
    std::this_thread::sleep_for(kPause / 10);
  }
  return "another process";
}

std::string lock_holder(const fs::path& folder) {
  const int file = open((folder / ".lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  std::array<char, 512> text{};
  const auto length = pread(file, text.data(), text.size() - 1, 0);
  // A process that was killed leaves its text, but not the lock.
  const bool held = length > 0 && flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  close(file);
  return held ? text.data() : std::string();
}

}  // namespace seg
