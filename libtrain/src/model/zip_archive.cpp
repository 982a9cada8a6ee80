#include "model/zip_archive.hpp"

#include <minizip/zip.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>

#include "seg/plan/error.hpp"
#include "seg/plan/files.hpp"
#include "seg/plan/nearest_entry.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

using Buffer = std::array<char, 1 << 16>;

/// Nothing for what is damaged.
std::optional<ZipArchive::Entry> current_entry(unzFile archive) {
  ZipArchive::Entry entry;
  unz_file_info64 about{};
  if (unzGetCurrentFileInfo64(archive, &about, nullptr, 0, nullptr, 0, nullptr, 0) == UNZ_OK)
    entry.name.resize(about.size_filename);
  if (unzGetCurrentFileInfo64(archive, &about, entry.name.data(), entry.name.size(), nullptr, 0,
                              nullptr, 0) != UNZ_OK ||
      unzGetFilePos64(archive, &entry.position) != UNZ_OK)
    return std::nullopt;
  constexpr unsigned made_by_unix = 3, encrypted = 1;
  entry.size = about.uncompressed_size;
  entry.checksum = static_cast<std::uint32_t>(about.crc);
  entry.link = about.version >> 8 == made_by_unix && S_ISLNK(about.external_fa >> 16);
  entry.encrypted = about.flag & encrypted;
  return entry;
}

/// Returns whether all bytes came and their checksum is right.
bool copy_current_entry(unzFile archive, std::uint64_t size, std::ofstream& out) {
  if (unzOpenCurrentFile(archive) != UNZ_OK) return false;
  Buffer buffer;
  std::uint64_t copied = 0;
  int count = 0;
  while (copied <= size &&
         (count = unzReadCurrentFile(archive, buffer.data(), buffer.size())) > 0) {
    out.write(buffer.data(), count);
    copied += static_cast<std::uint64_t>(count);
  }
  return unzCloseCurrentFile(archive) == UNZ_OK && count == 0 && copied == size;
}

bool write_entry(zipFile archive, const std::string& name, std::ifstream& in) {
  const zip_fileinfo about{};
  constexpr int zip64 = 1;  // more than 4 GB may come
  if (zipOpenNewFileInZip64(archive, name.c_str(), &about, nullptr, 0, nullptr, 0, nullptr,
                            Z_DEFLATED, Z_DEFAULT_COMPRESSION, zip64) != ZIP_OK)
    return false;
  Buffer buffer;
  while (in.read(buffer.data(), buffer.size()), in.gcount() > 0)
    if (zipWriteInFileInZip(archive, buffer.data(), static_cast<unsigned>(in.gcount())) != ZIP_OK)
      return false;
  return in.eof() && zipCloseFileInZip(archive) == ZIP_OK;
}

}  // namespace

ZipArchive::ZipArchive(const fs::path& file, const std::string& remedy)
    : source_(file.string()), remedy_(remedy) {
  if (!fs::is_regular_file(file))
    throw Error(ErrorKind::not_found, {source_, "there is no such file", nearest_entry(file)});
  archive_.reset(unzOpen64(file.c_str()));
  if (!archive_) throw Error(source_, "is no zip file or is damaged", remedy_);
}

std::vector<ZipArchive::Entry> ZipArchive::entries() const {
  std::vector<Entry> entries;
  int state = unzGoToFirstFile(archive_.get());
  for (; state == UNZ_OK; state = unzGoToNextFile(archive_.get())) {
    const auto entry = current_entry(archive_.get());
    if (!entry) break;
    entries.push_back(*entry);
  }
  if (state != UNZ_END_OF_LIST_OF_FILE) throw Error(source_, "is damaged", remedy_);
  return entries;
}

void ZipArchive::extract(const Entry& entry, const fs::path& file) const {
  if (entry.encrypted)
    throw Error(source_, "cannot unpack " + entry.name, "export it again without a password");
  std::ofstream out(file, std::ios::binary);
  if (unzGoToFilePos64(archive_.get(), &entry.position) != UNZ_OK ||
      !copy_current_entry(archive_.get(), entry.size, out))
    throw Error(source_, entry.name + " in it is damaged", remedy_);
  if (!out.flush()) throw cannot_write(file);
}

void write_zip(const fs::path& zip, const std::vector<ZipMember>& members) {
  const zipFile archive = zipOpen64(zip.c_str(), APPEND_STATUS_CREATE);
  const bool written = archive && std::ranges::all_of(members, [&](const ZipMember& member) {
                         std::ifstream in(member.file, std::ios::binary);
                         return write_entry(archive, member.name, in);
                       });
  if (!archive || zipClose(archive, nullptr) != ZIP_OK || !written) throw cannot_write(zip, 0);
}

void write_zip(const fs::path& zip, const fs::path& file, const std::string& name) {
  write_zip(zip, {{file, name}});
}

}  // namespace seg::train
