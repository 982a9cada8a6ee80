#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace seg::data {

/// A permutation of 0..count-1 as numpy.random.RandomState.permutation draws it (legacy generator,
/// Mersenne Twister): what nnU-Net's splits and foreground locations are made with.
/// RandomState(seed) is std::mt19937(seed).
std::vector<std::int64_t> numpy_permutation(std::int64_t count, std::mt19937& random);

}  // namespace seg::data
