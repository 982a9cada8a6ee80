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

/// A fresh folder that is removed with its content at the end of the scope.
class TemporaryFolder {
 public:
  TemporaryFolder()
      : path_(std::filesystem::temp_directory_path() /
              ("seg_test_" + std::to_string(std::random_device{}()) +
               std::to_string(std::random_device{}()))) {
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
