#include "seg/plan/files.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>

#include "catch.hpp"
#include "test_files.hpp"

TEST_CASE("a failing writer leaves nothing behind and keeps the earlier file") {
  seg::test::TemporaryFolder folder;
  const auto file = folder / "value.txt";
  seg::write_atomically(file, [](const auto& path) { std::ofstream(path) << "first"; });
  CHECK_THROWS(seg::write_atomically(file, [](const auto& path) {
    std::ofstream(path) << "half";
    throw std::runtime_error("stopped");
  }));
  std::string content;
  std::ifstream(file) >> content;
  CHECK(content == "first");
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}
