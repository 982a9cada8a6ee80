#include "architectures/patch_check.hpp"

#include <c10/util/StringUtil.h>

#include "seg/plan/error.hpp"

namespace seg::net {
namespace {

std::string shape(at::IntArrayRef sizes) { return c10::Join("x", sizes); }

}  // namespace

void check_patch(const PatchCheck& check, const at::Tensor& x) {
  const auto axes = static_cast<std::int64_t>(check.divisors.size());
  if (x.dim() != axes + 2 || x.size(1) != check.inputs) {
    throw Error("network", "an input of " + shape(x.sizes()) + " (batch, channels, patch) came in",
                c10::str("expected are ", check.inputs, " channels and ", axes, " axes"));
  }
  const auto patch = x.sizes().slice(2);
  for (std::size_t axis = 0; axis < patch.size(); ++axis) {
    if (patch[axis] % check.divisors[axis] == 0) continue;
    throw Error("network", "a patch of " + shape(patch) + " does not fit",
                "every axis must be a multiple of " + shape(check.divisors));
  }
}

std::vector<std::int64_t> total_stride(const std::vector<std::vector<std::int64_t>>& strides) {
  std::vector<std::int64_t> result(strides.front().size(), 1);
  for (const auto& stride : strides) {
    for (std::size_t axis = 0; axis < result.size(); ++axis) result[axis] *= stride[axis];
  }
  return result;
}

}  // namespace seg::net
