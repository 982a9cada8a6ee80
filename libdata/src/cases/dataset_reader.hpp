#pragma once

#include <string>
#include <vector>

#include "seg/data/cases.hpp"
#include "seg/plan/dataset.hpp"

namespace seg::data {

/// nnU-Net's name for the reader of a dataset's images; see plan::image_reader(). Tries them on the
/// first channel of the first case where the file ending leaves a choice.
/// @throws Error as plan::image_reader().
std::string dataset_reader(const plan::Dataset& dataset, const std::vector<Case>& cases);

}  // namespace seg::data
