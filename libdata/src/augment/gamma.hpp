#pragma once

#include "augment/channel_rows.hpp"

namespace seg::data {

struct GammaOptions {
  bool invert = false;       ///< of the negated image
  bool retain_stats = true;  ///< restore mean and (sample) standard deviation
};

/// Raises each row, scaled to 0..1, to its power.
void apply_gamma(const ChannelRows& channels, const GammaOptions& options);

}  // namespace seg::data
