#pragma once

#include "train/training.hpp"

namespace seg::train {

/// @throws Error (out_of_memory) with both numbers when the steps of a training take more than
/// task.options.memory leaves. Computes a step of one small patch, which changes nothing, where
/// memory is short.
void require_memory_for_steps(Training& training);

}  // namespace seg::train
