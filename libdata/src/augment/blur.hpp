#pragma once

#include <vector>

#include "augment/channel_rows.hpp"

namespace seg::data {

/// Blurs each row in place by what was drawn for it, a sigma for each axis; borders are reflected.
void blur_rows(const ChannelRows& channels);

/// Gaussian kernel cut at 3 sigma on either side: as many entries as the odd number nearest to
/// 6 * sigma + 0.5; sums to 1.
std::vector<double> gaussian_kernel(double sigma);

}  // namespace seg::data
