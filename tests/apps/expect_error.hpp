#pragma once

#include <filesystem>
#include <string>

#include "catch.hpp"
#include "run_seg.hpp"

namespace seg::test {

/// Temporary files that an interrupted write would leave.
inline int half_written_files(const std::filesystem::path& folder) {
  int count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    count += entry.path().filename().string().rfind(".writing-", 0) == 0;
  return count;
}

/// One clear line that names what is at fault, exit code 1, and nothing half-written in `folder`.
inline void expect_error(const Outcome& outcome, const std::string& named,
                         const std::filesystem::path& folder) {
  INFO("stderr: " << outcome.err);
  const auto errors = lines_with(outcome.err, "error: ");
  CHECK(outcome.exit_code == 1);
  REQUIRE(errors.size() == 1);
  CHECK(errors.front().find(named) != std::string::npos);
  CHECK(half_written_files(folder) == 0);
}

}  // namespace seg::test
