#pragma once

#include <filesystem>
#include <string>

#include "test_files.hpp"
#include "text.hpp"

namespace seg::test {

/// A system's root that says which control group a process is in.
class FakeRoot {
 public:
  explicit FakeRoot(const std::string& groups) { file("proc/self/cgroup", groups); }

  void file(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((path() / name).parent_path());
    write_text(path() / name, text);
  }
  const std::filesystem::path& path() const { return folder_.path(); }

 private:
  TemporaryFolder folder_;
};

}  // namespace seg::test
