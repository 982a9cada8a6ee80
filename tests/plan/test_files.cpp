#include "seg/plan/files.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <iterator>
#include <stdexcept>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "seg/plan/error.hpp"
#include "test_files.hpp"
#include "text.hpp"

using namespace seg::test;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& file, const std::string& text) {
  seg::write_atomically(file, [&](const auto& path) { write_text(path, text); });
}

auto entries_of(const fs::path& folder) {
  return std::distance(fs::directory_iterator(folder), {});
}

/// Another process, which begins to write a file and then waits to be killed.
class HalfWay {
 public:
  explicit HalfWay(const fs::path& file) {
    int started[2];
    REQUIRE(pipe(started) == 0);
    process_ = fork();
    if (process_ == 0) {
      write_text(seg::temporary_beside(file), "half");
      fs::create_directory(seg::temporary_beside(file.string() + "_folder"));
      _exit(::write(started[1], "x", 1) == 1 ? pause() : 1);
    }
    char byte = 0;
    CHECK(read(started[0], &byte, 1) == 1);
    close(started[0]);
    close(started[1]);
  }
  ~HalfWay() { end(); }
  HalfWay(const HalfWay&) = delete;
  HalfWay& operator=(const HalfWay&) = delete;

  void end() {
    if (process_ <= 0) return;
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    process_ = 0;
  }

 private:
  pid_t process_ = 0;
};

}  // namespace

TEST_CASE("a failing writer leaves nothing behind and keeps the earlier file") {
  const TemporaryFolder folder;
  const auto file = folder / "value.txt";
  write(file, "first");
  CHECK_THROWS(seg::write_atomically(file, [](const auto& path) {
    write_text(path, "half");
    throw std::runtime_error("stopped");
  }));
  CHECK(bytes_of(file) == "first");
  CHECK(entries_of(folder.path()) == 1);
}

TEST_CASE("of two writers of one file the last wins, and none fails") {
  const TemporaryFolder folder;
  const auto file = folder / "value.txt";
  seg::write_atomically(file, [&](const auto& path) {
    write_text(path, "outer");
    write(file, "inner");
    CHECK(bytes_of(file) == "inner");
  });
  CHECK(bytes_of(file) == "outer");
  CHECK(entries_of(folder.path()) == 1);
}

TEST_CASE("many writers of one file never leave a mixture") {
  const TemporaryFolder folder;
  const auto file = folder / "value.txt";
  std::atomic<int> failures = 0;
  {
    std::vector<std::jthread> writers;
    for (char letter = 'a'; letter < 'i'; ++letter)
      writers.emplace_back([&, text = std::string(100000, letter)] {
        for (int i = 0; i < 20; ++i) try {
            write(file, text);
          } catch (const std::exception&) {
            ++failures;
          }
      });
  }
  const std::string found = bytes_of(file);
  CHECK(failures == 0);
  CHECK(found == std::string(100000, found.at(0)));
  CHECK(entries_of(folder.path()) == 1);
}

TEST_CASE("names as long as the file system takes can be written, with their ending") {
  const TemporaryFolder folder;
  for (const std::size_t length : {230, 255}) {
    const auto file = folder / (std::string(length - 7, 'x') + ".nii.gz");
    seg::write_atomically(file, [](const auto& path) {
      CHECK(path.string().ends_with("x.nii.gz"));
      write_text(path, "long");
    });
    CHECK(bytes_of(file) == "long");
  }
}

TEST_CASE("a temporary name is cut between whole characters") {
  std::string letters;
  for (int i = 0; i < 60; ++i) letters += "\u00e4";
  const auto name = seg::temporary_beside("/folder/" + letters + "z.txt").filename().string();
  const auto start = name.find("\u00e4");
  REQUIRE(start != std::string::npos);
  CHECK(name[start - 1] == '-');
}

TEST_CASE("of two writers of one folder the second is told that it is there") {
  const TemporaryFolder folder;
  const auto place = folder / "model";
  const auto fill = [](const fs::path& path) { write_text(path / "plans.json", "whole"); };
  CHECK_THROWS_WITH(seg::write_folder_atomically(place,
                                                 [&](const auto& path) {
                                                   fill(path);
                                                   seg::write_folder_atomically(place, fill);
                                                 }),
                    ContainsSubstring("is there already"));
  CHECK(bytes_of(place / "plans.json") == "whole");
  CHECK(entries_of(folder.path()) == 1);
}

TEST_CASE("what a killed writer left is removed by its ending, other files stay") {
  const TemporaryFolder folder;
  for (const char* name : {"checkpoint.pth", "log.json"}) {
    write_text(seg::temporary_beside(folder / name), "half");
    write_text(folder / name, "whole");
  }
  seg::remove_half_written(folder.path(), ".pth");
  CHECK(entries_of(folder.path()) == 3);
  seg::remove_half_written(folder.path(), "");
  CHECK(entries_of(folder.path()) == 2);
  CHECK_NOTHROW(seg::remove_half_written(folder / "nowhere", ""));
}

TEST_CASE("what killed processes left goes with the next write to its folder, others' stays") {
  const TemporaryFolder folder;
  HalfWay killed(folder / "killed.txt");
  const HalfWay living(folder / "living.txt");
  killed.end();
  // Of another machine, and as earlier versions named them: nobody knows who writes there.
  const std::string other = ".writing-" + std::string(GENERATE("00000000-7fffffff-00000000-x.txt",
                                                               "0123456789abcdef-x.txt"));
  write_text(folder / other, "half");
  write(folder / "whole.txt", "whole");
  CHECK(entries_of(folder.path()) == 4);  // whole.txt, the other's, and two of the one that lives
  CHECK(fs::exists(folder / other));
}

TEST_CASE("a folder that is written as a whole rids its place of what was left there") {
  const TemporaryFolder folder;
  HalfWay(folder / "model").end();
  CHECK(entries_of(folder.path()) == 2);
  seg::write_folder_atomically(folder / "model", [](const auto&) {});
  CHECK(entries_of(folder.path()) == 1);
}

TEST_CASE("a pipe or a device is refused, not replaced by a file") {
  const TemporaryFolder folder;
  const auto pipe = folder / "pipe";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  fs::create_symlink(pipe, folder / "link");
  for (const auto& name : {pipe, folder / "link"})
    CHECK_THROWS_WITH(write(name, "text"), ContainsSubstring("is a device or a pipe"));
  CHECK(fs::is_fifo(pipe));
  CHECK(entries_of(folder.path()) == 2);
}

TEST_CASE("what a writer says of its temporary file names the one that is meant") {
  const TemporaryFolder folder;
  const auto file = folder / "value.txt";
  const auto fail = [](const auto& path) { throw seg::cannot_write(path, EACCES); };
  CHECK_THROWS_WITH(seg::write_atomically(file, fail),
                    ContainsSubstring(file.string() + ": cannot be written"));
}
