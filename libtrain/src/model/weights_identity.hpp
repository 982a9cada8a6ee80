#pragma once

#include <filesystem>
#include <string>

namespace seg::train {

/// Tells checkpoints with other content apart, without reading the weights: it is made of the
/// checksums that the file's archive holds of its parts, so that a copy has the same. A file
/// without them goes by its size and the time of its last change.
std::string weights_identity(const std::filesystem::path& checkpoint);

}  // namespace seg::train
