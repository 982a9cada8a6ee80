#include "image/dicom_file.hpp"

#include <mutex>

#include "seg/data/plugin.hpp"
#include "seg/plan/error.hpp"

namespace seg::data {
namespace {

/// GDCM keeps variables for the whole process.
std::mutex dicom_reads;

void call_plugin(const std::filesystem::path& file, DicomFile& content, float* voxels) {
  static auto* const read =
      reinterpret_cast<ReadDicom*>(plugin_function("dicom", "seg_read_dicom"));
  const std::lock_guard lock(dicom_reads);
  if (const char* problem = read(file.c_str(), &content, voxels))
    throw Error(file.string(), std::string("cannot be read (") + problem + ")",
                "copy or export the file again");
}

}  // namespace

DicomFile read_dicom_content(const std::filesystem::path& file) {
  DicomFile content;
  call_plugin(file, content, nullptr);
  return content;
}

void read_dicom_voxels(const std::filesystem::path& file, DicomFile& content, float* voxels) {
  call_plugin(file, content, voxels);
}

}  // namespace seg::data
