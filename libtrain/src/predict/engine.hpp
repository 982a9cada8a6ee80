#pragma once

#include "seg/train/sliding_window.hpp"

namespace seg::train {

/// @throws Error for an engine that is unknown, or cannot compute as the window says.
void check_engine(const SlidingWindowOptions& window);

/// Puts networks that lie on the CPU to where they are computed: on the window's device, or into
/// its engine, which takes patches of the window's size alone.
/// @throws Error for a network that the engine cannot compute.
void start_networks(Networks& networks, std::int64_t input_channels,
                    const SlidingWindowOptions& window);

}  // namespace seg::train
