#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "seg/plan/reporter.hpp"

namespace seg::data {

/// Turns a folder of the Medical Segmentation Decathlon (dataset.json, imagesTr, labelsTr, perhaps
/// imagesTs; .nii.gz) into a dataset in nnU-Net v2's format, as nnUNetv2_convert_MSD_dataset does:
/// 4D images become one file per channel, in their own type of numbers. Hidden files are left out.
/// `target` appears when all is done.
/// @param jobs images at the same time.
/// @throws Error when the source is no such folder or the target is there already.
void convert_decathlon(const std::filesystem::path& source, const std::filesystem::path& target,
                       int jobs, const Reporter& reporter = {});

/// What it would write, one line for each file, an image of several channels named as its source.
/// Writes nothing. @throws Error as it does for folders.
std::vector<std::string> decathlon_intentions(const std::filesystem::path& source,
                                              const std::filesystem::path& target);

/// The same for a raw task folder of nnU-Net v1 (images already have one file per channel), as
/// nnUNetv2_convert_old_nnUNet_dataset does.
void convert_version_1(const std::filesystem::path& source, const std::filesystem::path& target,
                       int jobs, const Reporter& reporter = {});
std::vector<std::string> version_1_intentions(const std::filesystem::path& source,
                                              const std::filesystem::path& target);

}  // namespace seg::data
