#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>

#include "commands.hpp"
#include "dataset_names.hpp"
#include "disk_speed.hpp"
#include "json_result.hpp"
#include "machine_findings.hpp"
#include "seg/data/cores.hpp"
#include "seg/data/memory.hpp"
#include "seg/data/plugin.hpp"
#include "seg/net/instruction_set.hpp"
#include "seg/train/device.hpp"
#include "table.hpp"
#include "version.hpp"

namespace seg::app {
namespace fs = std::filesystem;
namespace {

std::string variable(const char* name) {
  const char* const set = std::getenv(name);
  return set ? set : "";
}

/// As the kernel tells, which has to allow AMX.
bool processor_has(const std::string& feature) {
  std::ifstream words("/proc/cpuinfo");
  for (std::string word; words >> word;)
    if (word == feature) return true;
  return false;
}

Machine machine_here(at::Device device) {
  const net::InstructionSet widest = net::available_instruction_sets().back();
  Machine machine;
  machine.cores = data::all_cores();
  machine.default_threads = at::get_num_threads();
  machine.omp_threads = variable("OMP_NUM_THREADS");
  machine.computes_on_cpu = device.is_cpu();
  machine.has_avx512 = widest >= net::InstructionSet::avx512;
  machine.has_amx = processor_has("amx_bf16");
  machine.has_bf16 = train::choose_precision("auto", at::kCPU) == at::kBFloat16;
  if (net::instruction_set() != widest)
    machine.narrowed_to = net::instruction_set_name(net::instruction_set());
  machine.has_driver = fs::exists("/dev/nvidia0") || fs::exists("/proc/driver/nvidia");
  machine.built_for_cuda = at::Context::hasCUDART();
  machine.disk_speed = disk_speed(fs::current_path());
  for (const char* name : kPlaceVariables)
    if (const std::string place = variable(name); !place.empty() && !fs::is_directory(place))
      machine.missing_places.push_back(std::string(name) + "=" + place);
  return machine;
}

std::string disk_here(const Machine& machine) {
  const auto free = static_cast<double>(fs::space(fs::current_path()).available);
  return number_text(free / 1e9, 1) + " GB free" +
         (machine.disk_speed ? ", written at " + number_text(*machine.disk_speed, 0) + " MB/s"
                             : "");
}

/// Cores that are there but not for this process make it slower when its threads count on them.
std::string cores_found() {
  const int used = data::all_cores();
  const auto seen = static_cast<int>(std::thread::hardware_concurrency());
  return std::to_string(used) +
         (used < seen ? " of " + std::to_string(seen) + ": the quota of the control group" : "");
}

std::string yes_or_no(bool answer) { return answer ? "yes" : "no"; }

void print_advice(const std::vector<std::string>& lines) {
  std::cout << "\nwhat to do\n";
  for (const std::string& line : lines) std::cout << "- " << line << '\n';
  if (lines.empty()) std::cout << "- nothing to do\n";
}

/// A part, and why it cannot be used, if it cannot.
std::string problem_of(const Part& part) {
  if (part.kind == Part::left_out) return "left out of this build";
  return part.kind == Part::plugin ? data::plugin_problem(part.name) : "";
}

std::string part_text(const Part& part) {
  if (const std::string problem = problem_of(part); !problem.empty()) return "no: " + problem;
  return part.kind == Part::plugin ? "yes: " + data::plugin_file(part.name).string() : "yes";
}

/// A variable of nnU-Net's, and where it makes seg look and write.
std::string place_text(const char* name) {
  const std::string place = variable(name);
  if (place.empty()) return "not set";
  return place + (fs::is_directory(place) ? "" : " (no such folder)");
}

Table findings(at::Device device, const Machine& machine) {
  Table table{{"check", "found"},
              {"--device auto",
               device.is_cuda() ? device.str() + ", " + train::device_name(device) : "cpu"},
              {"--precision auto", train::precision_name(train::choose_precision("auto", device))},
              {"--threads 0", std::to_string(machine.cores)},
              {"OMP_NUM_THREADS", machine.omp_threads.empty() ? "not set" : machine.omp_threads},
              {"cores", cores_found()},
              {"instruction set", net::instruction_set_name(net::instruction_set())},
              {"LibTorch's", at::get_cpu_capability()},
              {"AVX-512", yes_or_no(machine.has_avx512)},
              {"bf16 instructions", yes_or_no(machine.has_bf16)},
              {"AMX", yes_or_no(machine.has_amx)},
              {"GPU driver", yes_or_no(machine.has_driver)},
              {"LibTorch for CUDA", yes_or_no(machine.built_for_cuda)},
              {"free memory", data::memory_text(data::available_memory())},
              {"disk here", disk_here(machine)}};
  for (const char* name : kPlaceVariables) table.push_back({name, place_text(name)});
  for (const Part& part : parts()) table.push_back({part.label, part_text(part)});
  return table;
}

Json places_json() {
  Json places = Json::object();
  for (const char* name : kPlaceVariables) {
    const std::string place = variable(name);
    places[name] =
        place.empty() ? Json() : Json{{"folder", place}, {"is_there", fs::is_directory(place)}};
  }
  return places;
}

Json to_json(at::Device device, const Machine& machine) {
  Json usable = Json::object();
  for (const Part& part : parts()) usable[part.name] = problem_of(part).empty();
  const Json speed = machine.disk_speed ? Json(*machine.disk_speed) : Json();
  return {{"device", device.str()},
          {"device_name", train::device_name(device)},
          {"precision", train::precision_name(train::choose_precision("auto", device))},
          {"cores", machine.cores},
          {"cores_seen", std::thread::hardware_concurrency()},
          {"omp_num_threads", machine.omp_threads},
          {"instruction_set", net::instruction_set_name(net::instruction_set())},
          {"instruction_set_of_libtorch", at::get_cpu_capability()},
          {"avx512", machine.has_avx512},
          {"bf16", machine.has_bf16},
          {"amx", machine.has_amx},
          {"gpu_driver", machine.has_driver},
          {"libtorch_for_cuda", machine.built_for_cuda},
          {"free_memory_bytes", data::available_memory()},
          {"free_disk_bytes", fs::space(fs::current_path()).available},
          {"disk_mb_per_second", speed},
          {"variables", places_json()},
          {"parts", usable},
          {"what_to_do", what_to_do(machine)},
          {"versions", versions()}};
}

void examine(const CLI::App& command) {
  const at::Device device = train::choose_device("auto");
  const Machine machine = machine_here(device);
  if (wants_json(command)) return print_json(to_json(device, machine));
  print_table(std::cout, findings(device, machine));
  print_advice(what_to_do(machine));
  std::cout << '\n' << version_text() << '\n';
}

}  // namespace

void add_doctor_options(CLI::App& command) {
  command.footer("Example:\n  seg doctor");
  add_json(command);
  command.callback([&command] { examine(command); });
}

}  // namespace seg::app
