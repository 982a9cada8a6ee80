#pragma once

#include <vector>

namespace seg::data {

/// Gaussian kernel cut at 3 sigma on either side: as many entries as the odd number nearest to
/// 6 * sigma + 0.5; sums to 1.
std::vector<double> gaussian_kernel(double sigma);

}  // namespace seg::data
