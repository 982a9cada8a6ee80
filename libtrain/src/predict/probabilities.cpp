#include "seg/train/probabilities.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "model/zip_archive.hpp"
#include "seg/data/npy.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/files.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

constexpr const char* entry_name = "probabilities.npy";
constexpr const char* remedy = "predict again with `save_probabilities`";

/// A file that is removed at the end of the scope.
struct ScratchFile {
  fs::path path;
  explicit ScratchFile(fs::path file) : path(std::move(file)) {}
  ~ScratchFile() {
    std::error_code ignored;
    fs::remove(path, ignored);
  }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
};

void extract_array(const fs::path& file, const fs::path& array) {
  const ZipArchive archive(file, remedy);
  const auto entries = archive.entries();
  const auto entry = std::ranges::find(entries, entry_name, &ZipArchive::Entry::name);
  if (entry == entries.end())
    throw Error(file.string(), "holds no array \"probabilities\"", remedy);
  constexpr std::uint64_t most_per_packed_byte = 1032;  // of a deflate stream, RFC 1951
  if (entry->size / most_per_packed_byte > fs::file_size(file))
    throw Error(file.string(), "claims an array that is larger than its length allows", remedy);
  archive.extract(*entry, array);
}

}  // namespace

void write_probabilities(const fs::path& file, const at::Tensor& probabilities) {
  write_atomically(file, [&](const fs::path& temporary) {
    const ScratchFile array(temporary.string() + ".npy");
    data::write_npy(array.path, probabilities);
    write_zip(temporary, array.path, entry_name);
  });
}

at::Tensor read_probabilities(const fs::path& file) {
  static std::atomic<int> readings = 0;
  const std::string name = "seg_" + std::to_string(getpid()) + "_" + std::to_string(++readings);
  const ScratchFile array(fs::temp_directory_path() / (name + ".npy"));
  extract_array(file, array.path);
  try {
    return data::map_npy(array.path).to(at::kFloat).clone();
  } catch (const Error& error) {
    throw Error(error.kind(), {file.string(), "its array " + error.parts().problem, remedy});
  }
}

}  // namespace seg::train
