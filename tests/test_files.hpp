#pragma once

#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>

namespace seg::test {

/// Small files committed with the tests.
inline std::filesystem::path committed_files() { return SEG_TEST_FILES; }

/// Real data and recorded outputs that are not part of the repository: $SEG_TEST_DATA, else
/// ../shared. May not exist.
inline std::filesystem::path shared_data() {
  const char* folder = std::getenv("SEG_TEST_DATA");
  return folder ? std::filesystem::path(folder) : std::filesystem::path(SEG_SHARED_DATA);
}

/// A name of twenty consonants: what a test looks for in a message, a number or a word, is never
/// found in the name of a folder by chance.
inline std::string name_by_chance() {
  std::random_device chance;
  std::string name;
  for (int i = 0; i < 20; ++i) name += "bcdfghjklmnpqrst"[chance() % 16];
  return name;
}

/// A fresh folder that is removed with its content at the end of the scope.
class TemporaryFolder {
 public:
  TemporaryFolder()
      : path_(std::filesystem::temp_directory_path() / ("seg_test_" + name_by_chance())) {
    std::filesystem::create_directories(path_);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace seg::test
