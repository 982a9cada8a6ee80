#pragma once

#include <filesystem>

#include "seg/net/checkpoint_value.hpp"

namespace seg::net {

/// Reads a file of torch.save (the zip format and the stream before torch 1.6) or a plain pickle
/// such as nnU-Net v1's .model.pkl. Nothing in it is executed: a reader of our own walks the pickle
/// and builds tensors and plain values. Tensors lie on the CPU and share storages as in the file.
/// NumPy arrays become tensors, NumPy numbers plain ones, bytes and devices texts, sets and tuples
/// lists, integers beyond 64 bits doubles, objects of other classes Opaque.
/// @throws Error for a missing or broken file, and for one that asks to call a function that
/// weights do not need.
Value read_checkpoint(const std::filesystem::path& file);

/// The same without reading the weights, which takes little time and memory however large they are:
/// tensors have shape and type, but no values (they lie on the device "meta"). A file of before
/// torch 1.6 is read in full.
Value read_checkpoint_description(const std::filesystem::path& file);

/// Writes plain values so that Python's torch.load (also with weights_only) reads them; atomically.
/// Dict keys are all texts or all integers. Shared storages are written once.
/// @throws Error if the file cannot be written, std::logic_error for an Opaque value.
void write_checkpoint(const std::filesystem::path& file, const Value& value);

/// Writes plain values as Python's pickle.load reads them; atomically. An Opaque value is written
/// as a reference to the Python function or class of that name, with its module in front.
/// @throws Error if the file cannot be written, std::logic_error for a tensor.
void write_pickle(const std::filesystem::path& file, const Value& value);

}  // namespace seg::net
