#pragma once

#include <string>
#include <vector>

namespace seg::train {

struct ProgramResult {
  int exit_code = 0;   ///< 127: there is no such program; 128 + signal when it was killed
  std::string output;  ///< what it wrote to stdout and stderr
};

/// Runs a program of the machine to its end, without a shell.
/// @param arguments its name, looked up in PATH, and what follows.
ProgramResult run_program(const std::vector<std::string>& arguments);

}  // namespace seg::train
