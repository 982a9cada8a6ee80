#pragma once

#include <filesystem>

#include "description.hpp"

namespace seg::app {

/// What a checkpoint was trained on, its entries, and name, shape and type of each of its weights.
Description describe_checkpoint(const std::filesystem::path& file);

}  // namespace seg::app
