#include "predict/uncertainty.hpp"

#include <algorithm>
#include <cmath>

namespace seg::train {

at::Tensor uncertainty_of(const at::Tensor& probabilities, bool regions) {
  if (!regions)
    return at::special_entr(probabilities)
        .sum(0)
        .div_(std::log(static_cast<double>(std::max<std::int64_t>(2, probabilities.size(0)))));
  return (at::special_entr(probabilities) + at::special_entr(1 - probabilities))
      .mean(0)
      .div_(std::log(2.0));
}

}  // namespace seg::train
