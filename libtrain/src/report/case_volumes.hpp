#pragma once

#include "report/case_files.hpp"

namespace seg::train {

/// No volume of a page has more voxels along an axis.
constexpr std::int64_t most_voxels_along = 128;

/// Of a case: {"step": [x, y, z], "scan", "prediction", "reference"}, each a .nii.gz in base64 or
/// null where there is none. Cut to what is labelled and a margin; of larger volumes every second,
/// third, ... voxel ("step"). The scan's grey levels are those of the pictures. Null for a 2D
/// picture.
Json volumes_json(const CaseImages& images);

}  // namespace seg::train
