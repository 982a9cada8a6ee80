#pragma once

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <filesystem>
#include <map>
#include <vector>

#include "image/dicom_segmentation_file.hpp"

namespace seg::dicom_seg {

/// @throws std::runtime_error, naming `what`, with what DCMTK says.
void require(const OFCondition& condition, const char* what);

/// All values of an element; "" where it is not there.
OFString text_of(DcmItem& item, const DcmTagKey& tag);

/// What segmentations name of a source file.
struct SourceFile {
  OFString study, series, sop_class, sop_instance;
};

struct Source {
  DcmFileFormat first;  ///< whose patient and study the segmentation has
  std::map<std::filesystem::path, SourceFile> files;
};

/// Reads the headers of the slices' files. The first one is left without codes that DCMTK could not
/// write.
void read_source(Source& source, const std::vector<data::SourceSlice>& slices);

}  // namespace seg::dicom_seg
