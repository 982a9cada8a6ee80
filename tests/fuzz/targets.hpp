#pragma once

#include <filesystem>

namespace seg::fuzz {

// Each reads one file as seg does. What is wrong with a file must come as seg::Error; anything else
// (another exception, a crash, a sanitizer's finding, endless work, too much memory) is a finding.

void read_image(const std::filesystem::path& file);
void read_dicom(const std::filesystem::path& file);         ///< alone in its folder
void read_array(const std::filesystem::path& file);         ///< .npy
void read_array_in_zip(const std::filesystem::path& file);  ///< .npz
void read_checkpoint(const std::filesystem::path& file);    ///< zip, the stream before, or a pickle
void read_json_files(const std::filesystem::path& file);    ///< as each file that seg knows
void install(const std::filesystem::path& file);            ///< a zip with a model

}  // namespace seg::fuzz
