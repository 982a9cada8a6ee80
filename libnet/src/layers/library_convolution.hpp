#pragma once

#include "layers/convolution.hpp"

namespace seg::net {

/// A convolution that is not transposed by LibTorch or the oneDNN in it, whichever is faster; the
/// result's channels are last where those of x are. @param sizes without an empty list.
at::Tensor library_convolution(const at::Tensor& x, const at::Tensor& weight,
                               const at::Tensor& bias, const ConvolutionSizes& sizes);

}  // namespace seg::net
