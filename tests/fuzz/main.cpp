// One program for all targets: $SEG_FUZZ_TARGET is the ending of the files to read, such as
// .nii.gz. scripts/fuzz.sh builds and runs it.

#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <string>

#include "seg/plan/error.hpp"
#include "targets.hpp"

namespace seg::fuzz {
namespace {

namespace fs = std::filesystem;
using Target = void (*)(const fs::path&);

const std::map<std::string, Target>& other_targets() {
  static const std::map<std::string, Target> targets{
      {".dcm", read_dicom},      {".npy", read_array},       {".npz", read_array_in_zip},
      {".pth", read_checkpoint}, {".json", read_json_files}, {".zip", install}};
  return targets;
}

std::string ending() {
  const char* name = std::getenv("SEG_FUZZ_TARGET");
  if (!name) std::cerr << "set SEG_FUZZ_TARGET to an ending, such as .nii\n";
  if (!name) std::exit(2);
  return name;
}

Target target_of(const std::string& ending) {
  const auto found = other_targets().find(ending);
  return found == other_targets().end() ? read_image : found->second;
}

/// A folder that ends with the process, in memory where there is such a file system.
const fs::path& folder() {
  struct Folder {
    fs::path path = (fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path()) /
                    ("seg_fuzz_" + std::to_string(getpid()));
    Folder() { fs::create_directories(path); }
    ~Folder() {
      std::error_code ignored;
      fs::remove_all(path, ignored);
    }
  };
  static const Folder folder;
  return folder.path;
}

std::uint32_t number_at(const std::string& bytes, std::size_t place) {
  std::uint32_t number = 0;
  std::memcpy(&number, &bytes[place], sizeof number);
  return __builtin_bswap32(number);
}

/// Chunks with a wrong checksum are left at once, so it is made right.
void mend_png(std::string& bytes) {
  for (std::size_t place = 8; place + 12 <= bytes.size();) {
    const std::size_t length = number_at(bytes, place);
    if (length > bytes.size() - place - 12) return;
    const auto* content = reinterpret_cast<const Bytef*>(&bytes[place + 4]);
    const auto sum = __builtin_bswap32(
        static_cast<std::uint32_t>(crc32(0, content, static_cast<uInt>(length + 4))));
    std::memcpy(&bytes[place + 8 + length], &sum, sizeof sum);
    place += length + 12;
  }
}

}  // namespace
}  // namespace seg::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace seg;
  static const std::string ending = fuzz::ending();
  static const auto target = fuzz::target_of(ending);
  std::string bytes(reinterpret_cast<const char*>(data), size);
  if (ending == ".png") fuzz::mend_png(bytes);
  const fuzz::fs::path file = fuzz::folder() / ("case" + ending);
  std::ofstream(file, std::ios::binary) << bytes;
  try {
    target(file);
  } catch (const Error&) {
  }
  return 0;
}
