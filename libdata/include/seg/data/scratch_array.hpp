#pragma once

#include <ATen/ATen.h>

#include <filesystem>
#include <optional>

namespace seg::data {

/// float32 of a shape, not initialised: in memory, or, where a folder is given, in a file there
/// that has no name any more and goes with the array. The system writes its pages to the disk when
/// memory is short, so that they do not count as memory that is taken.
/// @throws Error (no_space, not_writable) when the folder has no room for all of it.
at::Tensor scratch_array(at::IntArrayRef shape, const std::optional<std::filesystem::path>& folder);

}  // namespace seg::data
