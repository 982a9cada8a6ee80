#include "kernels/gpu_norm.hpp"

#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels/cuda/norm_kernels.hpp"
#include "kernels/memory_layout.hpp"

namespace seg::net {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

NormShape shape_of(const at::Tensor& x) { return {x.size(0), x[0][0].numel(), x.size(1)}; }

at::Tensor numbers(at::IntArrayRef shape, const at::Tensor& like) {
  return at::empty(shape, like.options().dtype(at::kFloat).memory_format(c10::nullopt));
}

/// The four arrays in [4, B, C].
NormTermArrays arrays_in(const at::Tensor& terms) {
  float* first = terms.mutable_data_ptr<float>();
  const std::int64_t step = terms.stride(0);
  return {first, first + step, first + 2 * step, first + 3 * step};
}

at::Tensor scratch_for(const NormShape& shape, const at::Tensor& like) {
  return numbers({shape.samples, shape.blocks(), 2, shape.channels}, like);
}

struct Activated {
  at::Tensor y, terms;
};

template <typename T>
Activated activated(const at::Tensor& x, const NormParameters& parameters,
                    const FusedNormOptions& options) {
  const NormShape shape = shape_of(x);
  const auto stream = c10::cuda::getCurrentCUDAStream();
  const at::Tensor terms = numbers({4, shape.samples, shape.channels}, x);
  const at::Tensor scratch = scratch_for(shape, x), y = at::empty_like(x);
  norm_terms(x.const_data_ptr<T>(), shape, parameters, options.eps,
             scratch.mutable_data_ptr<float>(), arrays_in(terms), stream);
  norm_activate(x.const_data_ptr<T>(), shape, arrays_in(terms), static_cast<float>(options.slope),
                y.mutable_data_ptr<T>(), stream);
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return {y, terms};
}

/// dx, and the gradients of weight and bias.
template <typename T>
std::array<at::Tensor, 3> gradients(const at::Tensor& x, const at::Tensor& dy,
                                    const at::Tensor& terms, double slope) {
  const NormShape shape = shape_of(x);
  const at::Tensor dx = at::empty_like(x), scratch = scratch_for(shape, x);
  const at::Tensor weight = numbers({shape.channels}, x), bias = numbers({shape.channels}, x);
  const at::Tensor means = numbers({2, shape.samples, shape.channels}, x);
  const NormGradients<T> pass{x.const_data_ptr<T>(),          dy.const_data_ptr<T>(),
                              dx.mutable_data_ptr<T>(),       weight.mutable_data_ptr<float>(),
                              bias.mutable_data_ptr<float>(), means.mutable_data_ptr<float>()};
  norm_gradients(pass, shape, arrays_in(terms), static_cast<float>(slope),
                 scratch.mutable_data_ptr<float>(), c10::cuda::getCurrentCUDAStream());
  C10_CUDA_KERNEL_LAUNCH_CHECK();
  return {dx, weight, bias};
}

/// Calls `run` with a value of the tensor's type.
template <typename Run>
auto with_type(at::ScalarType type, const Run& run) {
  if (type == at::kHalf) return run(c10::Half());
  return type == at::kBFloat16 ? run(c10::BFloat16()) : run(float());
}

class GpuNorm : public torch::autograd::Function<GpuNorm> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const at::Tensor& bias, double eps, double slope) {
    const c10::cuda::CUDAGuard device(x.device());
    const NormParameters parameters{weight.const_data_ptr<float>(), bias.const_data_ptr<float>()};
    const auto [y, terms] = with_type(x.scalar_type(), [&](auto zero) {
      return activated<decltype(zero)>(x, parameters, {eps, slope});
    });
    context->save_for_backward({x, terms});
    context->saved_data["slope"] = slope;
    return y;
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& outputs) {
    const auto saved = context->get_saved_variables();
    const at::Tensor& x = saved[0];
    const c10::cuda::CUDAGuard device(x.device());
    const at::Tensor dy = outputs[0].to(x.scalar_type()).contiguous(channels_last(x));
    const double slope = context->saved_data["slope"].toDouble();
    const auto [dx, weight, bias] = with_type(x.scalar_type(), [&](auto zero) {
      return gradients<decltype(zero)>(x, dy, saved[1], slope);
    });
    return {dx, weight, bias, {}, {}};
  }
};

}  // namespace

bool has_gpu_norm() { return true; }

at::Tensor gpu_instance_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                             const FusedNormOptions& options) {
  return GpuNorm::apply(x, weight, bias, options.eps, options.slope);
}

}  // namespace seg::net
