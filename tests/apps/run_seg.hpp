#pragma once

#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "test_files.hpp"

namespace seg::test {

/// What a run of the built program left behind.
struct Outcome {
  int exit_code = 0;     ///< 128 + signal when it was killed
  std::string out, err;  ///< stdout and stderr
};

inline std::string file_content(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// SEG_PROGRAM with its arguments, each quoted for the shell.
inline std::string seg_command(const std::vector<std::string>& arguments) {
  std::string command = "'" SEG_PROGRAM "'";
  for (const std::string& argument : arguments) command += " '" + argument + "'";
  return command;
}

/// Runs `seg ARGUMENTS` to its end.
inline Outcome run_seg(const std::vector<std::string>& arguments) {
  const TemporaryFolder streams;
  const std::string redirected = seg_command(arguments) + " >" + (streams / "out").string() +
                                 " 2>" + (streams / "err").string() + " </dev/null";
  const int status = std::system(redirected.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          file_content(streams / "out"), file_content(streams / "err")};
}

/// Lines of a text that begin with `prefix`.
inline std::vector<std::string> lines_with(const std::string& text, const std::string& prefix) {
  std::vector<std::string> found;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);)
    if (line.rfind(prefix, 0) == 0) found.push_back(line);
  return found;
}

}  // namespace seg::test
