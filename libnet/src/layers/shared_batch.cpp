#include "seg/net/shared_batch.hpp"

#include <torch/csrc/autograd/custom_function.h>

#include "layers/norm.hpp"

namespace seg::net {
namespace {

at::Tensor summed(const at::Tensor& own, const SumOverBatch& sum) {
  const at::Tensor values =
      own.detach().to(at::device(at::kCPU).dtype(at::kFloat), false, /*copy=*/true).contiguous();
  sum(values);
  return values.to(own.options());
}

/// The sum over all processes of what each has. What all of them lose by it is the sum of what each
/// loses.
struct Sum : torch::autograd::Function<Sum> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& own,
                            const SumOverBatch* sum) {
    context->saved_data["sum"] = reinterpret_cast<std::int64_t>(sum);
    return summed(own, *sum);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto* sum = reinterpret_cast<const SumOverBatch*>(context->saved_data["sum"].toInt());
    return {summed(gradients[0], *sum), {}};
  }
};

std::vector<std::int64_t> all_but_channels(const at::Tensor& x) {
  std::vector<std::int64_t> axes{0};
  for (std::int64_t axis = 2; axis < x.dim(); ++axis) axes.push_back(axis);
  return axes;
}

}  // namespace

void share_batch_norms(torch::nn::Module& network, const SumOverBatch& sum) {
  for (const auto& module : network.modules())
    if (auto* norm = dynamic_cast<BatchNorm*>(module.get())) norm->sum_over_batch = sum;
}

at::Tensor BatchNorm::forward_shared(const at::Tensor& x) {
  const at::Tensor values = x.to(at::kFloat);
  const auto axes = all_but_channels(x);
  const double count =
      summed(at::full({1}, static_cast<double>(x.numel() / x.size(1)), at::kFloat), sum_over_batch)
          .item<double>();
  const at::Tensor mean = Sum::apply(values.sum(axes, true), &sum_over_batch) / count;
  const at::Tensor centred = values - mean;
  const at::Tensor variance = Sum::apply(centred.square().sum(axes, true), &sum_over_batch) / count;
  at::Tensor result = centred * (variance + options_.eps).rsqrt();
  if (weight.defined()) result = result * weight.view_as(mean) + bias.view_as(mean);
  if (running_mean.defined()) {
    const at::NoGradGuard no_gradient;
    running_mean.lerp_(mean.flatten(), options_.momentum);
    running_var.lerp_(variance.flatten() * (count / (count - 1)), options_.momentum);
  }
  return result.to(x.scalar_type());
}

}  // namespace seg::net
