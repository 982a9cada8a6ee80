#pragma once

#include <ATen/ATen.h>

#include <functional>
#include <vector>

#include "augment/transform.hpp"

namespace seg::data {

using Rows = std::vector<std::int64_t>;

/// The given rows (ascending, first axis) of a tensor, as a view where that is possible.
at::Tensor take_rows(const at::Tensor& all, const Rows& rows);

/// Writes the rows that take_rows() gave back, after they were changed or replaced.
void put_rows(const at::Tensor& all, const Rows& rows, const at::Tensor& values);

/// Channels of several items as the rows of one tensor, and what was drawn for each.
struct ChannelRows {
  at::Tensor rows;             ///< float32 [N, (Z,) Y, X], contiguous, to be changed in place
  const Drawn& drawn;          ///< of each row
  at::Tensor factors() const;  ///< the first number of each row, [N, 1], where the rows lie
};

/// Calls `change` once with all channels of the items for which something was drawn.
void change_channels(const Items& items, const std::vector<Drawn>& draws,
                     const std::function<void(const ChannelRows&)>& change);

/// For transforms that multiply: one factor for each channel, as often below 1 as above where the
/// range has both (batchgeneratorsv2's BGContrast). Nothing without the item's `chance`.
struct FactorDraw {
  double chance = 0;
  Range range;
};
Drawn draw_factors(CountedRandom& random, const FactorDraw& draw, int channels);

}  // namespace seg::data
