#include "machine_findings.hpp"

#include <cmath>
#include <cstdlib>

namespace seg::app {
namespace {

constexpr double slow_disk = 50;  // MB/s
constexpr const char* expect_it = "; nothing to do on this machine, but expect it";

using Lines = std::vector<std::string>;

void look_at_threads(const Machine& machine, Lines& lines) {
  const std::string cores = std::to_string(machine.cores);
  const std::string more = ", more than the " + cores +
                           " cores that the cpuset and the control group's quota give; set "
                           "OMP_NUM_THREADS=" +
                           cores + " (--threads of train and predict takes " + cores +
                           " by itself)";
  if (std::atoi(machine.omp_threads.c_str()) > machine.cores)
    lines.push_back("OMP_NUM_THREADS=" + machine.omp_threads + " asks for " + machine.omp_threads +
                    " threads" + more);
  else if (machine.default_threads > machine.cores)
    lines.push_back("commands without --threads take " + std::to_string(machine.default_threads) +
                    " threads" + more);
}

void look_at_processor(const Machine& machine, Lines& lines) {
  if (!machine.narrowed_to.empty())
    lines.push_back("SEG_INSTRUCTION_SET=" + machine.narrowed_to +
                    " leaves wider instructions of the processor unused; unset it");
  if (!machine.computes_on_cpu) return;
  if (!machine.has_avx512)
    lines.push_back(std::string("the processor has no AVX-512: networks take longer on the cpu "
                                "than where it is") +
                    expect_it);
  if (!machine.has_bf16)
    lines.push_back(std::string("the processor has no bf16 instructions: --precision auto computes "
                                "in fp32, and bf16 is emulated") +
                    expect_it);
  if (!machine.has_amx)
    lines.push_back(std::string("the processor has no AMX: networks take longer in bf16 than where "
                                "it is") +
                    expect_it);
}

void look_at_gpu(const Machine& machine, Lines& lines) {
  if (!machine.has_driver || !machine.computes_on_cpu) return;
  if (machine.built_for_cuda)
    lines.push_back(
        "there is a GPU driver, but --device cuda:0 is not usable; see whether nvidia-smi shows a "
        "GPU, CUDA_VISIBLE_DEVICES leaves it out, or LibTorch's CUDA is newer than the driver");
  else
    lines.push_back(
        "there is a GPU driver, but this seg's LibTorch has no CUDA, so that --device auto is cpu; "
        "build seg with CMAKE_PREFIX_PATH at a LibTorch for CUDA to use --device cuda:0");
}

void look_at_disk(const Machine& machine, Lines& lines) {
  if (!machine.disk_speed)
    lines.push_back(
        "in the present folder nothing can be written, so that its disk was not tried; run seg "
        "doctor in the folder that the work is to lie in");
  else if (*machine.disk_speed < slow_disk)
    lines.push_back(
        "the disk of the present folder writes " +
        std::to_string(std::lround(*machine.disk_speed)) +
        " MB/s, which preprocessing and training wait for; put the work folder (--work) "
        "on a disk of this machine");
}

void look_at_places(const Machine& machine, Lines& lines) {
  for (const std::string& place : machine.missing_places)
    lines.push_back(place +
                    " names no folder, and commands that are to follow it will refuse; "
                    "make the folder, or set the variable to the right one, or to none");
}

}  // namespace

std::vector<std::string> what_to_do(const Machine& machine) {
  Lines lines;
  look_at_threads(machine, lines);
  look_at_processor(machine, lines);
  look_at_gpu(machine, lines);
  look_at_disk(machine, lines);
  look_at_places(machine, lines);
  return lines;
}

}  // namespace seg::app
