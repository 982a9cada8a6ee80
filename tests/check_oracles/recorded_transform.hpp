#pragma once

#include <filesystem>

#include "augment/transform.hpp"
#include "seg/data/npy.hpp"
#include "seg/plan/files.hpp"

namespace seg::oracles {

/// One recorded operator of augmentation: its parameters and, as [C, (Z,) Y, X], its input.
struct RecordedTransform {
  std::filesystem::path folder;
  Json parameters;
  at::Tensor input;

  at::Tensor load(const Json& file) const {
    return data::map_npy(folder / file.get<std::string>()).clone();
  }
};

/// Rotated and zoomed images or labels, sampled as recorded.
at::Tensor moved(const RecordedTransform& recorded, bool image);

/// Runs a transform on the input, as one item with what was drawn for it; labels come along.
at::Tensor transformed(const RecordedTransform& recorded, const char* name,
                       const data::Drawn& drawn);

/// One list of numbers for every channel.
data::Drawn for_every_channel(const RecordedTransform& recorded,
                              const std::vector<double>& numbers);

/// A number of its own for every channel.
data::Drawn of_channels(const Json& numbers);

}  // namespace seg::oracles
