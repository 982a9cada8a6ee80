#pragma once

#include <ATen/ATen.h>

#include "seg/data/ranks.hpp"

namespace seg::train {

/// The sum over the ranks of what each has of a batch that they share. The value is the same on
/// all of them; its derivative reaches the own part only, so that the ranks' gradients add up to
/// the whole batch's. Alone: `own` itself.
at::Tensor sum_of_ranks(const at::Tensor& own, data::Ranks* ranks);

/// The mean over all values of all ranks, with the same derivative.
at::Tensor mean_of_ranks(const at::Tensor& own, data::Ranks* ranks);

/// Everybody's values as one list (float32), of which only the own ones have derivatives. Alone:
/// `own`, flat.
at::Tensor values_of_ranks(const at::Tensor& own, data::Ranks* ranks);

}  // namespace seg::train
