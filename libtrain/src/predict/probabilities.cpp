#include "seg/train/probabilities.hpp"

#include <unistd.h>
#include <zip.h>

#include <array>
#include <atomic>
#include <fstream>
#include <memory>

#include "seg/data/npy.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/files.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

constexpr const char* entry_name = "probabilities.npy";

struct Discard {
  void operator()(zip_t* archive) const { zip_discard(archive); }
  void operator()(zip_file_t* entry) const { zip_fclose(entry); }
};
using Archive = std::unique_ptr<zip_t, Discard>;
using Entry = std::unique_ptr<zip_file_t, Discard>;

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

Archive open_archive(const fs::path& file, int flags) {
  int code = 0;
  Archive archive(zip_open(file.c_str(), flags, &code));
  if (!archive)
    throw Error(file.string(), "is no .npz file or cannot be opened",
                "predict again with --save-probabilities");
  return archive;
}

void put_into_archive(const fs::path& array, const fs::path& file) {
  Archive archive = open_archive(file, ZIP_CREATE | ZIP_TRUNCATE);
  zip_source_t* source = zip_source_file(archive.get(), array.c_str(), 0, -1);
  const auto index = zip_file_add(archive.get(), entry_name, source, ZIP_FL_ENC_UTF_8);
  if (index < 0) zip_source_free(source);
  if (index < 0 || zip_close(archive.get()) != 0)
    throw Error(file.string(), zip_strerror(archive.get()), "check permissions and free space");
  archive.release();
}

void extract_array(const fs::path& file, const fs::path& array) {
  const Archive archive = open_archive(file, ZIP_RDONLY);
  const Entry entry(zip_fopen(archive.get(), entry_name, 0));
  if (!entry)
    throw Error(file.string(), "holds no array \"probabilities\"",
                "predict again with --save-probabilities");
  std::ofstream out(array, std::ios::binary);
  std::array<char, 1 << 16> buffer;
  zip_int64_t count = 0;
  while ((count = zip_fread(entry.get(), buffer.data(), buffer.size())) > 0)
    out.write(buffer.data(), count);
  if (count < 0) throw Error(file.string(), "is damaged", "predict again");
  if (!out.flush()) throw Error(array.string(), "cannot write", "check free space");
}

}  // namespace

void write_probabilities(const fs::path& file, const at::Tensor& probabilities) {
  write_atomically(file, [&](const fs::path& temporary) {
    const ScratchFile array(temporary.string() + ".npy");
    data::write_npy(array.path, probabilities);
    put_into_archive(array.path, temporary);
  });
}

at::Tensor read_probabilities(const fs::path& file) {
  static std::atomic<int> readings = 0;
  const std::string name = "seg_" + std::to_string(getpid()) + "_" + std::to_string(++readings);
  const ScratchFile array(fs::temp_directory_path() / (name + ".npy"));
  extract_array(file, array.path);
  return data::map_npy(array.path).to(at::kFloat).clone();
}

}  // namespace seg::train
