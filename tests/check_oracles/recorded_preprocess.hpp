#pragma once

#include <filesystem>
#include <string>

#include "seg/data/preprocess.hpp"
#include "seg/data/preprocess_dataset.hpp"
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

/// The folder of a dataset that recorded outputs in `folder` are about: in that folder itself, in
/// data/ beside one of the folders around it, or in data/ of the shared test data.
/// @throws Error when it is nowhere.
std::filesystem::path recorded_dataset(const std::filesystem::path& folder,
                                       const std::string& name);

/// The inputs of an entry of pipeline/preprocess/manifest.json.
RecordedCase recorded_case(const std::filesystem::path& folder, const Json& record);

/// The preprocessed image that an entry names: a file, or "same as FILE".
at::Tensor recorded_data(const std::filesystem::path& folder, const Json& record);

}  // namespace seg::oracles
