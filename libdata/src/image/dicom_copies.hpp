#pragma once

#include <filesystem>
#include <vector>

#include "image/dicom_file.hpp"

namespace seg::data {

/// A file that is another one once more.
struct DicomCopy {
  std::filesystem::path file, of;
};

/// Takes files out that have SOP Instance UID, place and voxels of one before them, as series that
/// were sent or copied twice have. Only where UIDs and places are alike are voxels read.
/// @returns what was taken out.
/// @throws Error for two files of one UID and place, but other voxels.
std::vector<DicomCopy> take_out_copies(std::vector<OpenedDicomFile>& files);

}  // namespace seg::data
