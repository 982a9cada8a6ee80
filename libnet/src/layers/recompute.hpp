#pragma once

#include <ATen/ATen.h>

#include <functional>

namespace seg::net {

using Step = std::function<at::Tensor(const at::Tensor&)>;

/// step(x) without keeping what its backward pass needs: the backward pass runs the step again
/// (Chen et al. 2016). Memory is that of x and the result instead of all in between. The step must
/// be free of randomness and of running statistics, and outlive the backward pass.
/// @param parameters all that the step needs gradients for beside x.
at::Tensor recomputed(const Step& step, const std::vector<at::Tensor>& parameters,
                      const at::Tensor& x);

}  // namespace seg::net
