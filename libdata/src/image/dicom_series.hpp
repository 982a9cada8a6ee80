#pragma once

#include <filesystem>

#include "image/slice_stack.hpp"
#include "image/volume_file.hpp"
#include "seg/plan/reporter.hpp"

namespace seg::data {

/// Reads the one series of a folder of DICOM files, or a file of several frames that say where they
/// lie (enhanced CT, MR and PET): float32 [1, Z, Y, X], stored * slope + intercept of each slice,
/// of MONOCHROME1, too, whose values stay as stored; ordered as stacked() does. Localizers, files
/// without pixels or a place in the patient (reports, lists, screenshots) and what is no DICOM are
/// left out with a warning.
/// @throws Error for several series (what each is), colours, values through a lookup table, slices
/// of several sizes, files that are damaged or truncated, and as stacked() does; no message shows
/// anything about the patient.
Volume read_dicom(const std::filesystem::path& folder_or_file, const Reporter& reporter);

/// Where the slices lie that read_dicom() takes, by their headers alone. @throws Error as it does.
SliceStack dicom_slices(const std::filesystem::path& folder_or_file);

}  // namespace seg::data
