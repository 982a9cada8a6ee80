#pragma once

#include <optional>
#include <string>
#include <vector>

namespace seg::app {

/// What seg doctor looks at to give advice.
struct Machine {
  int cores = 1;            ///< that this process may use
  int default_threads = 1;  ///< of commands without --threads
  std::string omp_threads;  ///< OMP_NUM_THREADS; empty where it is not set
  bool computes_on_cpu = true;
  bool has_avx512 = false, has_amx = false, has_bf16 = false;  ///< the processor's
  std::string narrowed_to;      ///< by SEG_INSTRUCTION_SET; empty where nothing is left unused
  bool has_driver = false;      ///< of Nvidia's GPUs
  bool built_for_cuda = false;  ///< LibTorch is
  std::vector<std::string> missing_places = {};  ///< "nnUNet_raw=/data" that lead nowhere
  std::optional<double> disk_speed = {};  ///< MB/s written in the present folder, if it could be
};

/// A line for each thing that makes seg slower than it could be here, and what to do about it.
std::vector<std::string> what_to_do(const Machine& machine);

}  // namespace seg::app
