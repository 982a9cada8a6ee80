#include "image/complete_file.hpp"

#include <itk_zlib.h>
#include <nifti1_io.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "seg/plan/error.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;

bool is_compressed(const fs::path& file) {
  unsigned char magic[2] = {};
  std::ifstream(file, std::ios::binary).read(reinterpret_cast<char*>(magic), 2);
  return magic[0] == 0x1f && magic[1] == 0x8b;
}

/// Size of the content modulo 2^32 as the last four bytes of a gzip file give it.
std::uint32_t size_in_trailer(const fs::path& file) {
  unsigned char bytes[4] = {};
  std::ifstream stream(file, std::ios::binary);
  stream.seekg(-4, std::ios::end).read(reinterpret_cast<char*>(bytes), 4);
  return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | std::uint32_t{bytes[3]} << 24;
}

std::uintmax_t size_by_decompressing(const fs::path& file) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> stream(gzopen(file.c_str(), "rb"), &gzclose);
  std::vector<char> buffer(1 << 20);
  std::uintmax_t size = 0;
  for (int got = 1; stream && got > 0; size += std::max(got, 0))
    got = gzread(stream.get(), buffer.data(), static_cast<unsigned>(buffer.size()));
  return size;
}

bool holds(const fs::path& file, std::uintmax_t bytes) {
  if (!is_compressed(file)) return fs::file_size(file) >= bytes;
  // A file of several gzip members, or with something after the voxels, needs the slow answer.
  return size_in_trailer(file) == static_cast<std::uint32_t>(bytes) ||
         size_by_decompressing(file) >= bytes;
}

bool is_complete_nifti(const fs::path& file) {
  const std::unique_ptr<nifti_image, decltype(&nifti_image_free)> header(
      nifti_image_read(file.c_str(), 0), &nifti_image_free);
  return header && holds(file, static_cast<std::uintmax_t>(header->nvox) * header->nbyper +
                                   static_cast<std::uintmax_t>(header->iname_offset));
}

/// Voxels follow the header's last line, "ElementDataFile = LOCAL".
bool is_complete_meta_image(const fs::path& file, std::uintmax_t voxel_bytes) {
  std::ifstream stream(file, std::ios::binary);
  for (std::string line; std::getline(stream, line) && !line.starts_with("ElementDataFile");)
    if (line.starts_with("CompressedDataSize"))
      voxel_bytes = std::strtoull(line.c_str() + line.find('=') + 1, nullptr, 10);
  return stream && fs::file_size(file) >= static_cast<std::uintmax_t>(stream.tellg()) + voxel_bytes;
}

}  // namespace

void require_complete(const fs::path& file, std::uintmax_t voxel_bytes) {
  const std::string name = file.filename().string();
  const bool complete = name.ends_with(".nii") || name.ends_with(".nii.gz")
                            ? is_complete_nifti(file)
                            : !name.ends_with(".mha") || is_complete_meta_image(file, voxel_bytes);
  if (!complete)
    throw Error(file.string(), "is truncated: voxels are missing at its end",
                "copy or export the file again");
}

}  // namespace seg::data
