#pragma once

#include <filesystem>
#include <string>

#include "seg/data/preprocess.hpp"
#include "seg/plan/files.hpp"

namespace seg::oracles {

/// What nnU-Net's preprocessor was given in one recorded case.
struct RecordedCase {
  data::Image image;
  at::Tensor label;
  plan::Plans plans;
  plan::Labels labels;
  std::string configuration = "3d_fullres";
};

/// The inputs of an entry of pipeline/preprocess/manifest.json. The hippocampus scans lie in
/// data/Dataset004_Hippocampus beside the folder of all recorded outputs.
RecordedCase recorded_case(const std::filesystem::path& folder, const Json& record);

/// The preprocessed image that an entry names: a file, or "same as FILE".
at::Tensor recorded_data(const std::filesystem::path& folder, const Json& record);

}  // namespace seg::oracles
