#include "layers/norm.hpp"

#include "kernels/fused_norm.hpp"
#include "kernels/memory_layout.hpp"
#include "seg/plan/error.hpp"

namespace seg::net {
namespace {

/// @param channels of the group that shares mean and variance.
void refuse_single_element(const at::Tensor& x, std::int64_t channels, const char* what) {
  if (channels * c10::multiply_integers(x.sizes().slice(2)) > 1) return;
  throw Error("network", std::string(what) + " norm meets a feature map of a single element",
              "use a larger patch");
}

}  // namespace

Norm::Norm(std::int64_t channels, const NormOptions& options) : options_(options) {
  if (!options.affine) return;
  weight = register_parameter("weight", at::ones({channels}));
  bias = register_parameter("bias", at::zeros({channels}));
}

at::Tensor Norm::forward_with_leaky_relu(at::Tensor&& x, double slope) {
  at::Tensor result = forward(x);
  if (slope == 1) return result;
  return slope == 0 ? at::relu_(result) : at::leaky_relu_(result, slope);
}

at::Tensor InstanceNorm::forward(const at::Tensor& x) { return normed(x, 1, false); }

at::Tensor InstanceNorm::forward_with_leaky_relu(at::Tensor&& x, double slope) {
  return normed(x, slope, true);
}

at::Tensor InstanceNorm::normed(const at::Tensor& x, double slope, bool overwrite) {
  refuse_single_element(x, 1, "instance");
  if (weight.defined() && is_fusable(x))
    return fused_instance_norm(x, weight, bias, {options_.eps, slope, overwrite});
  // The same as LibTorch's instance norm, which in 2.13 gives a single item wrong gradients when
  // those come with their channels last.
  at::Tensor result = at::group_norm(x.contiguous(), x.size(1), weight, bias, options_.eps);
  return slope == 1 ? result : at::leaky_relu_(result, slope);
}

BatchNorm::BatchNorm(std::int64_t channels, const NormOptions& options) : Norm(channels, options) {
  if (!options.track_running_stats) return;
  running_mean = register_buffer("running_mean", at::zeros({channels}));
  running_var = register_buffer("running_var", at::ones({channels}));
  num_batches_tracked = register_buffer("num_batches_tracked", at::zeros({}, at::kLong));
}

at::Tensor BatchNorm::forward(const at::Tensor& x) {
  const bool from_batch = is_training() || !options_.track_running_stats;
  if (is_training() && num_batches_tracked.defined()) num_batches_tracked.add_(1);
  if (is_training() && sum_over_batch) return forward_shared(x);
  if (is_training()) refuse_single_element(x, x.size(0), "batch");
  return at::batch_norm(x, weight, bias, running_mean, running_var, from_batch, options_.momentum,
                        options_.eps, true);
}

at::Tensor BatchNorm::forward_with_leaky_relu(at::Tensor&& x, double slope) {
  const bool is_fixed = !is_training() && running_var.defined() && weight.defined();
  if (!is_fixed || !may_overwrite() || !x.is_cpu() || !is_fusable(x))
    return Norm::forward_with_leaky_relu(std::move(x), slope);
  const at::Tensor scale = weight * (running_var + options_.eps).rsqrt();
  return scaled_channels(std::move(x), scale, bias - running_mean * scale, slope);
}

// The library adds up channels that lie last one by one: 64^3 voxels come out wrong by 4e-4.
bool GroupNorm::is_instance_norm_of(const at::Tensor& x) const {
  return groups_ == x.size(1) && x.is_cpu() && x.scalar_type() == at::kFloat && weight.defined() &&
         is_fusable(x);
}

at::Tensor GroupNorm::forward(const at::Tensor& x) {
  refuse_single_element(x, x.size(1) / groups_, "group");
  if (is_instance_norm_of(x)) return fused_instance_norm(x, weight, bias, {options_.eps});
  return at::group_norm(x, groups_, weight, bias, options_.eps);
}

at::Tensor GroupNorm::forward_with_leaky_relu(at::Tensor&& x, double slope) {
  if (!is_instance_norm_of(x)) return Norm::forward_with_leaky_relu(std::move(x), slope);
  refuse_single_element(x, 1, "group");
  return fused_instance_norm(x, weight, bias, {options_.eps, slope, /*overwrite=*/true});
}

// Contiguous, because LibTorch 2.13 crashes in the gradients of dilated depthwise convolutions in
// bf16 when their input has its channels last.
at::Tensor ChannelNorm::forward(const at::Tensor& x) {
  const auto normed = at::layer_norm(x.movedim(1, -1), {x.size(1)}, weight, bias, options_.eps);
  return normed.movedim(-1, 1).contiguous();
}

}  // namespace seg::net
