#pragma once

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
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

/// A command with further arguments.
inline std::vector<std::string> extended(std::vector<std::string> arguments,
                                         const std::vector<std::string>& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

/// The program with its arguments, each quoted for the shell.
inline std::string seg_command(const std::vector<std::string>& arguments,
                               const std::string& program = SEG_PROGRAM) {
  std::string command = "'" + program + "'";
  for (const std::string& argument : arguments) command += " '" + argument + "'";
  return command;
}

/// `seg ARGUMENTS`, started and not waited for.
class RunningSeg {
 public:
  /// @param before what the shell shall start it with, such as "mpirun -np 2 ".
  explicit RunningSeg(const std::vector<std::string>& arguments, const std::string& before = "",
                      const std::string& program = SEG_PROGRAM) {
    const std::string command = "exec " + before + seg_command(arguments, program) + " >" +
                                (streams_ / "out").string() + " 2>" + (streams_ / "err").string() +
                                " </dev/null";
    const char* shell[] = {"sh", "-c", command.c_str(), nullptr};
    if (posix_spawn(&process_, "/bin/sh", nullptr, nullptr, const_cast<char**>(shell), environ) !=
        0)
      throw std::runtime_error("cannot start " + command);
  }

  pid_t process() const { return process_; }
  bool has_ended() { return ended_ || (ended_ = waitpid(process_, &status_, WNOHANG) == process_); }
  void send(int signal) const { kill(process_, signal); }

  /// Waits for the end.
  Outcome outcome() {
    if (!ended_) waitpid(process_, &status_, 0);
    ended_ = true;
    return {WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_),
            file_content(streams_ / "out"), file_content(streams_ / "err")};
  }

 private:
  TemporaryFolder streams_;
  pid_t process_ = 0;
  int status_ = 0;
  bool ended_ = false;
};

/// Runs `seg ARGUMENTS` to its end.
inline Outcome run_seg(const std::vector<std::string>& arguments) {
  return RunningSeg(arguments).outcome();
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
