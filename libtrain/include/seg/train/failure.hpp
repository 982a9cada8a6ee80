#pragma once

#include <exception>

#include "seg/plan/error.hpp"

namespace seg::train {

/// The kind of any exception: an Error's own; out_of_memory for what the standard library and
/// LibTorch, on the CPU or a GPU, throw for it; else unexpected.
ErrorKind kind_of(const std::exception& exception);

/// Its message in one line, without the stack trace that LibTorch appends.
std::string line_of(const std::exception& exception);

}  // namespace seg::train
