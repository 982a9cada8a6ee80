#include "seg/plan/lock.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "seg/plan/error.hpp"
#include "test_files.hpp"
#include "text.hpp"

using namespace seg;
using namespace seg::test;

namespace {

std::string refusal(const std::filesystem::path& folder) {
  try {
    const FolderLock lock(folder);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

/// A process that takes the lock and then does nothing until it is killed.
pid_t start_holder(const std::filesystem::path& folder) {
  const pid_t child = fork();
  if (child == 0) {
    const FolderLock lock(folder);
    for (;;) pause();
  }
  while (bytes_of(folder / ".lock").empty())
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  return child;
}

}  // namespace

TEST_CASE("a locked folder is refused with a line that names the process, until the lock ends") {
  const TemporaryFolder folder;
  const auto place = folder / "made/on/the/way";
  {
    FolderLock lock(place);
    const FolderLock moved = std::move(lock);
    const std::string line = refusal(place);
    CHECK(contains(line, place.string() + ": is in use by process " + std::to_string(getpid())));
    CHECK(contains(line, ", since 20"));
    CHECK(refusal(folder / "made").empty());
  }
  CHECK(refusal(place).empty());
  CHECK(bytes_of(place / ".lock").empty());
}

TEST_CASE("a process that is killed leaves no lock") {
  const TemporaryFolder folder;
  const pid_t child = start_holder(folder.path());
  CHECK(contains(refusal(folder.path()), "process " + std::to_string(child) + " on "));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  CHECK_FALSE(bytes_of(folder / ".lock").empty());
  CHECK(refusal(folder.path()).empty());
}

TEST_CASE("who waits for a lock says so once and gets it when it is free") {
  const TemporaryFolder folder;
  std::optional<FolderLock> first(folder.path());
  std::vector<std::string> lines;
  Reporter reporter;
  std::promise<void> said;
  reporter.info = [&](const std::string& line) {
    lines.push_back(line);
    said.set_value();
  };
  std::jthread second([&] { const FolderLock lock(folder.path(), {reporter}); });
  said.get_future().wait();
  first.reset();
  second.join();
  REQUIRE(lines.size() == 1);
  CHECK(contains(lines[0], "which is in use by process " + std::to_string(getpid())));
  CHECK(refusal(folder.path()).empty());
}

TEST_CASE("waiting for a lock ends when it is stopped") {
  const TemporaryFolder folder;
  const FolderLock first(folder.path());
  const Reporter silent;
  const std::atomic<bool> stop = true;
  CHECK_THROWS_AS(FolderLock(folder.path(), {silent, &stop}), Error);
}

TEST_CASE("a folder that cannot be written cannot be locked") {
  const TemporaryFolder folder;
  write_text(folder / "file", "no folder");
  CHECK(contains(refusal(folder / "file"), "cannot be written"));
}
