#pragma once

#include <filesystem>
#include <string>

#include "seg/data/cases.hpp"
#include "seg/data/image.hpp"
#include "seg/plan/reporter.hpp"

namespace seg::data {

/// How a model reads scans: by the reader of its plans, which were made for files of one ending.
struct ScanReading {
  ImageReader reader;
  std::string file_ending;  ///< of the model's dataset, with the dot
};

/// The reader that makes of a scan the array that the model's reader would make of it, had the scan
/// been converted to the model's format: turned to RAS or not, as that does. Files of the model's
/// own ending are read by its own reader.
/// @throws Error for a picture where millimetres are needed, a volume where pictures are, and a
/// stack that would have to be turned.
ImageReader reader_for(const std::filesystem::path& scan, const ScanReading& reading);

/// The reader of a label map that was made of such a scan, whatever its format.
ImageReader label_map_reader(const std::filesystem::path& file, const ImageReader& reader);

/// Reads the channels of a scan by reader_for(). Of a scan that a model of NIfTI files segments
/// from another format, the spacing is what NIfTI's header would hold of it (32-bit floats);
/// Geometry::step() is the exact one. nibabel's reader that turns scans takes a converted one's
/// spacing from its affine matrix, whose last bit depends on who converted it.
/// @throws Error as read_image() and reader_for() do.
Image read_scan(const Case& scan, const ScanReading& reading, const Reporter& reporter = {});

}  // namespace seg::data
