#include <ATen/ATen.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <string>
#include <thread>

#include "commands.hpp"
#include "seg/data/cores.hpp"
#include "seg/data/plugin.hpp"
#include "seg/net/instruction_set.hpp"
#include "seg/train/device.hpp"
#include "table.hpp"
#include "version.hpp"

namespace seg::app {
namespace fs = std::filesystem;
namespace {

std::string gigabytes(double bytes) { return number_text(bytes / 1e9, 1) + " GB"; }

std::string free_memory() {
  return gigabytes(static_cast<double>(sysconf(_SC_AVPHYS_PAGES)) *
                   static_cast<double>(sysconf(_SC_PAGESIZE)));
}

std::string free_disk() {
  return gigabytes(static_cast<double>(fs::space(fs::current_path()).available));
}

std::string found_or_missing(const fs::path& file) {
  return (fs::exists(file) ? "" : "missing: ") + file.string();
}

/// Cores that are there but not for this process make it slower when its threads count on them.
std::string cores_found() {
  const int used = data::all_cores();
  const auto seen = static_cast<int>(std::thread::hardware_concurrency());
  return std::to_string(used) +
         (used < seen ? " of " + std::to_string(seen) + ": the quota of the control group" : "");
}

void examine() {
  const at::Device device = train::choose_device("auto");
  print_table(
      std::cout,
      {{"check", "found"},
       {"device", device.is_cuda() ? device.str() + ", " + train::device_name(device) : "cpu"},
       {"precision", at::toString(train::choose_precision("auto", device))},
       {"instruction set", net::instruction_set_name(net::instruction_set())},
       {"LibTorch's", at::get_cpu_capability()},
       {"cores", cores_found()},
       {"free memory", free_memory()},
       {"free disk here", free_disk()},
       {"download", found_or_missing(data::plugin_file("download"))},
       {"DICOM", found_or_missing(data::plugin_file("dicom"))},
       {"DICOM segmentations", found_or_missing(data::plugin_file("dicom_seg"))}});
  std::cout << '\n' << version_text() << '\n';
}

}  // namespace

void add_doctor_options(CLI::App& command) {
  command.footer("Example:\n  seg doctor");
  command.callback(examine);
}

}  // namespace seg::app
