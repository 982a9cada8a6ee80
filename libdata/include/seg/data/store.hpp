#pragma once

#include <ATen/ATen.h>

#include <filesystem>
#include <string>
#include <vector>

#include "seg/data/npy.hpp"
#include "seg/data/preprocess.hpp"

namespace seg::data {

/// One preprocessed case as stored by preprocess_dataset, mapped and read only where touched.
struct StoredCase {
  std::string name;
  at::Tensor data;            ///< float32 [C, Z, Y, X], mapped
  at::Tensor seg;             ///< int16 [1, Z, Y, X], mapped
  at::Tensor previous_stage;  ///< cascade only: int16 [1, Z, Y, X], mapped; else undefined
  std::vector<at::Tensor> class_locations;  ///< see class_locations()
  CaseProperties properties;
  std::vector<MappedFile> files;  ///< of the arrays
};

/// @throws Error when a file was cut short since the case was opened. To be asked before its arrays
/// are read: reading what is no longer there would end the program.
void require_whole(const StoredCase& stored);

/// Opens one case.
/// @param previous_stage cascade: folder of <case>.npy, the previous stage's labels on this grid.
/// @throws Error when files are missing or do not fit together.
StoredCase open_case(const std::filesystem::path& folder, const std::string& name,
                     const std::filesystem::path& previous_stage = {});

/// Names of the cases in a folder of preprocessed data, sorted.
std::vector<std::string> stored_cases(const std::filesystem::path& folder);

}  // namespace seg::data
