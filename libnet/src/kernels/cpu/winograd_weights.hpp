#pragma once

#include <ATen/ATen.h>

#include "kernels/cpu/small_products.hpp"

namespace seg::net {

/// Which convolution the kernels [outputs, inputs, (1 or 3,) 3, 3] are for.
enum class KernelUse {
  convolution,
  gradient  ///< of its input: mirrored, inputs and outputs exchanged
};

/// Kernels in the order that multiply() reads, [products, outputs / n, inputs, n] with
/// n = columns_together(outputs) (inputs and outputs those of the use), from one matrix to the next
/// `step` floats.
struct TransformedKernels {
  at::Tensor values;
  std::int64_t inputs, outputs, step;

  Matrices<const float> matrices() const { return {values.const_data_ptr<float>(), step}; }
};

/// G g of Winograd's filtering, for tiles as in winograd_tiles.hpp. Takes 4, 5.3 or 8 times the
/// kernels' memory for a depth of 1, 2 or 4.
TransformedKernels transform_kernels(const at::Tensor& weight, std::int64_t tile_depth,
                                     KernelUse use);

/// G' u: from the gradient of transformed kernels, for tiles 1 or 2 deep, to that of the kernels.
/// @param products [36 or 144, inputs, outputs]. @return [outputs, inputs, 27 or 9].
at::Tensor transform_kernels_back(const at::Tensor& products);

}  // namespace seg::net
