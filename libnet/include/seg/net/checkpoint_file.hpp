#pragma once

#include <filesystem>

#include "seg/net/checkpoint_value.hpp"

namespace seg::net {

/// Reads a file of torch.save (zip or legacy), nothing in it is executed: the pickle is walked by a
/// reader that builds tensors and plain values only. Tensors of zip files share storages as in the
/// file.
/// @throws Error for a broken or hostile file.
Value read_checkpoint(const std::filesystem::path& file);

/// Writes plain values (no Opaque) so that Python's torch.load reads them; atomically. Dict keys
/// are texts or integers.
void write_checkpoint(const std::filesystem::path& file, const Value& value);

}  // namespace seg::net
