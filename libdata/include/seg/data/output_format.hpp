#pragma once

#include <filesystem>
#include <string>

#include "seg/data/image.hpp"

namespace seg::data {

/// The ending of label maps of a type: ".nii.gz" of "nii.gz" or ".nii.gz".
/// @throws Error naming the setting output_type for a format that is not known, or only read.
std::string output_ending(const std::string& type);

/// Whether a format holds numbers between whole ones; pictures do not.
bool holds_fractions(const std::filesystem::path& file);

/// @throws Error, naming the file, when its format cannot say where a scan lies: pictures know no
/// millimetres (a stack of them its spacing only), GIPL no directions.
void require_room_for_geometry(const std::filesystem::path& file, const Geometry& geometry);

}  // namespace seg::data
