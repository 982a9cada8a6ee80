#pragma once

#include <functional>
#include <string>
#include <vector>

#include "seg/plan/dataset.hpp"
#include "seg/plan/fingerprint.hpp"

namespace seg::plan {

/// nnU-Net 2.8.1's image readers, by the names that dataset.json and plans.json give.
const std::vector<std::string>& image_reader_names();

/// Whether a reader, by its name, can read the first image of a dataset.
using CanRead = std::function<bool(const std::string& reader)>;

/// The reader of a dataset's images: what dataset.json asks for (overwrite_image_reader_writer),
/// else the first in nnU-Net's order that knows the file ending and can read the first image; where
/// none can, the first that knows the ending, whose reading then says what is wrong.
/// @throws Error for a name that is no reader of nnU-Net's (nnU-Net goes by the ending then,
/// without a word), and an ending that no reader knows.
std::string image_reader(const Dataset& dataset, const CanRead& can_read);

/// The same without images: the reader that measured the fingerprint, if that says which, else by
/// file ending. A .tif is a picture when the fingerprint has the spacing of pictures (999), else a
/// stack.
std::string image_reader(const Dataset& dataset, const Fingerprint& fingerprint);

}  // namespace seg::plan
