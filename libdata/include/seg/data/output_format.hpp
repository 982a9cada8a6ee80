#pragma once

#include <filesystem>
#include <string>

#include "seg/data/image.hpp"

namespace seg::data {

/// The ending of segmentations of a type: ".nii.gz" of "nii.gz" or ".nii.gz", ".dcm" of "dicom-seg"
/// or "dcm".
/// @throws Error naming the setting output_type for a format that is not known, or only read.
std::string output_ending(const std::string& type);

/// @param ending file_ending of a model's dataset.json.
/// @throws Error for one in which no label map is written.
void require_output_ending(const std::string& ending);

/// What of a file name says that a segmentation can be written there: image_ending() or ".dcm".
std::string segmentation_ending(const std::filesystem::path& file);

/// Whether a file name is that of a DICOM Segmentation, see write_dicom_segmentation().
bool is_dicom_name(const std::filesystem::path& file);

/// @throws Error for a file name in which no label map can be written, whatever the scan: of a
/// format that is only read, with its ending twice (a.nii.nii.gz, which ITK refuses), or nothing
/// before it.
void require_writable_name(const std::filesystem::path& file);

/// @throws Error for a file name in which no picture (RGB) can be written.
void require_picture_name(const std::filesystem::path& file);

/// Whether a format holds numbers between whole ones; pictures and DICOM Segmentations do not.
bool holds_fractions(const std::filesystem::path& file);

/// @throws Error, naming the file, when its format cannot say where a scan lies: pictures know no
/// millimetres (a stack of them its spacing only), GIPL no directions.
void require_room_for_geometry(const std::filesystem::path& file, const Geometry& geometry);

}  // namespace seg::data
