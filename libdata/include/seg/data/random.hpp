#pragma once

#include <ATen/core/PhiloxRNGEngine.h>

#include <cstdint>

namespace seg::data {

/// What a random number decides; every purpose has its own stream.
enum class Purpose : std::uint32_t {
  case_choice = 1,
  patch_position = 2,
  phantom = 4,
  validation_case_choice = 5,
  validation_patch_position = 6,
  dropout = 7,
  forced_foreground = 8,
  validation_forced_foreground = 9,
  bootstrap = 10
};

/// Each transform of augmentation has a purpose of its own; `stream` is from 1 to 191.
constexpr Purpose transform_purpose(std::uint32_t stream) {
  return static_cast<Purpose>(64 + stream);
}

/// Where in a run a draw is made. Streams are distinct for epochs and iterations below 2^32 and
/// items below 2^24, purposes below 2^8.
struct DrawPosition {
  std::uint64_t seed = 0, epoch = 0, iteration = 0, item = 0;
};

/// Counted randomness: the stream depends only on where it is drawn (seed, epoch, iteration, item,
/// purpose), so neither the number of threads nor an interruption changes a run, and one item can
/// be replayed alone. Philox 4x32-10, as in PyTorch.
class CountedRandom {
 public:
  CountedRandom(const DrawPosition& position, Purpose purpose);

  std::uint32_t bits();                     ///< 32 random bits
  double uniform(double low, double high);  ///< [low, high); low if they are equal
  std::int64_t integer(std::int64_t low, std::int64_t high);  ///< both ends included, unbiased
  bool chance(double probability);
  std::uint64_t seed();  ///< a seed for another generator (at::Generator)

 private:
  at::Philox4_32 engine_;
};

}  // namespace seg::data
