#include "kernels/cpu/depthwise.hpp"

#include <ATen/Parallel.h>
#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <vector>

namespace seg::net {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

std::vector<std::int64_t> half_of(const at::Tensor& weight) {
  std::vector<std::int64_t> half;
  for (const auto length : weight.sizes().slice(2)) half.push_back(length / 2);
  return half;
}

at::Tensor convolved(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  return at::conv3d(x, weight, bias, {1, 1, 1}, half_of(weight), {1, 1, 1}, weight.size(0));
}

at::Tensor with_margin(const at::Tensor& x, const at::Tensor& weight) {
  const auto half = half_of(weight);
  return at::constant_pad_nd(x, {half[2], half[2], half[1], half[1], half[0], half[0]});
}

template <typename T>
T dot(const T* a, const T* b, std::int64_t length) {
  T sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t i = 0; i < length; ++i) sum += a[i] * b[i];
  return sum;
}

// One channel of one item: [Z, Y, X], the input with its margin, sums [kz, ky, kx].
template <typename T>
struct Channel {
  at::TensorAccessor<T, 3> gradient, input;
};

// Products of all rows with the rows that lie (dz, dy) further, shifted by each dx.
template <typename T>
void add_products(const Channel<T>& channel, at::TensorAccessor<T, 3> sums) {
  const auto rows = channel.gradient.size(1), length = channel.gradient.size(2);
  const auto place_count = sums.size(0) * sums.size(1);
  for (std::int64_t z = 0; z < channel.gradient.size(0); ++z) {
    for (std::int64_t row = 0; row < rows * place_count; ++row) {
      const auto y = row / place_count, dz = row % place_count / sums.size(1),
                 dy = row % sums.size(1);
      const T* other = channel.input[z + dz][y + dy].data();
      for (std::int64_t dx = 0; dx < sums.size(2); ++dx) {
        sums[dz][dy][dx] += dot(channel.gradient[z][y].data(), other + dx, length);
      }
    }
  }
}

template <typename T>
at::Tensor weight_gradient(const at::Tensor& x, const at::Tensor& weight,
                           const at::Tensor& gradient) {
  constexpr auto type = c10::CppTypeToScalarType<T>::value;
  const auto input = with_margin(x.to(type), weight).contiguous();
  const auto precise = gradient.to(type).contiguous();
  const auto result = at::zeros(weight.sizes(), input.options());
  auto sums = result.template accessor<T, 5>();
  const auto inputs = input.template accessor<T, 5>(),
             gradients = precise.template accessor<T, 5>();
  at::parallel_for(0, x.size(1), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t channel = begin; channel < end; ++channel) {
      for (std::int64_t item = 0; item < x.size(0); ++item) {
        add_products<T>({gradients[item][channel], inputs[item][channel]}, sums[channel][0]);
      }
    }
  });
  return result;
}

class DepthwiseConvolution : public torch::autograd::Function<DepthwiseConvolution> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const at::Tensor& bias) {
    context->save_for_backward({x, weight});
    return convolved(x, weight, bias);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto& x = saved[0];
    const auto& weight = saved[1];
    const auto gradient = gradients[0].to(x.scalar_type());
    return {convolved(gradient, weight.flip({2, 3, 4}), {}),
            (x.scalar_type() == at::kDouble ? weight_gradient<double>
                                            : weight_gradient<float>)(x, weight, gradient)
                .to(weight.scalar_type()),
            gradient.sum({0, 2, 3, 4})};
  }
};

}  // namespace

at::Tensor depthwise_convolution(const at::Tensor& x, const at::Tensor& weight,
                                 const at::Tensor& bias) {
  const bool lower = at::autocast::is_autocast_enabled(at::kCPU);
  const auto type = lower ? at::autocast::get_autocast_dtype(at::kCPU) : x.scalar_type();
  return DepthwiseConvolution::apply(x.to(type), weight.to(type), bias.to(type));
}

}  // namespace seg::net
