#include "zip_archive.hpp"

#include <sys/stat.h>

#include <array>
#include <fstream>

#include "seg/plan/error.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

struct CloseEntry {
  void operator()(zip_file_t* entry) const { zip_fclose(entry); }
};

bool is_link(zip_t* archive, zip_uint64_t index) {
  zip_uint8_t system = 0;
  zip_uint32_t attributes = 0;
  zip_file_get_external_attributes(archive, index, 0, &system, &attributes);
  return system == ZIP_OPSYS_UNIX && S_ISLNK(attributes >> 16);
}

}  // namespace

ZipArchive::ZipArchive(const fs::path& file) : source_(file.string()) {
  if (!fs::is_regular_file(file)) throw Error(source_, "there is no such file");
  int code = 0;
  archive_.reset(zip_open(file.c_str(), ZIP_RDONLY, &code));
  if (!archive_)
    throw Error(source_, "is no zip file or is damaged", "download or export it again");
}

std::vector<ZipArchive::Entry> ZipArchive::entries() const {
  std::vector<Entry> entries;
  const auto count = static_cast<zip_uint64_t>(zip_get_num_entries(archive_.get(), 0));
  for (zip_uint64_t index = 0; index < count; ++index) {
    zip_stat_t about{};
    if (zip_stat_index(archive_.get(), index, 0, &about) != 0)
      throw Error(source_, "is damaged", "download or export it again");
    entries.push_back({about.name, about.size, is_link(archive_.get(), index)});
  }
  return entries;
}

void ZipArchive::extract(const std::string& name, const fs::path& file) const {
  const std::unique_ptr<zip_file_t, CloseEntry> entry(zip_fopen(archive_.get(), name.c_str(), 0));
  if (!entry) throw Error(source_, "cannot unpack " + name, "export it again without a password");
  std::ofstream out(file, std::ios::binary);
  std::array<char, 1 << 16> buffer;
  zip_int64_t count = 0;
  while ((count = zip_fread(entry.get(), buffer.data(), buffer.size())) > 0)
    out.write(buffer.data(), count);
  if (count < 0) throw Error(source_, name + " in it is damaged", "download or export it again");
  if (!out.flush()) throw Error(file.string(), "cannot be written", "check the free space");
}

}  // namespace seg::train
