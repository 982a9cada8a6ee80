#include "kernels/fused_norm.hpp"

#include <ATen/Parallel.h>
#include <ATen/record_function.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernels/cpu/norm_loops.hpp"
#include "kernels/gpu_norm.hpp"
#include "kernels/memory_layout.hpp"
#include "seg/plan/assert.hpp"

namespace seg::net {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

constexpr std::int64_t values_in_block = 8192;  // so that a block stays in the first cache
constexpr std::int64_t blocks_per_thread = 4;   // fewer are not worth another thread

/// A batch in memory: for each sample its voxels, cut into blocks.
struct NormLayout {
  std::int64_t samples, voxels, channels, block_rows, blocks;

  explicit NormLayout(const at::Tensor& x)
      : samples(x.size(0)), voxels(x[0][0].numel()), channels(x.size(1)) {
    block_rows = std::clamp<std::int64_t>(values_in_block / channels, 1, voxels);
    blocks = (voxels + block_rows - 1) / block_rows;
  }

  std::int64_t rows_of(std::int64_t block) const {
    return std::min(block_rows, voxels - block * block_rows);
  }

  /// The voxels of a block. `index` counts the blocks of all samples.
  template <typename T>
  VoxelRows<T> rows(T* data, std::int64_t index) const {
    const std::int64_t block = index % blocks;
    const std::int64_t first = index / blocks * voxels + block * block_rows;
    return {data + first * channels, rows_of(block), channels};
  }

  template <typename Work>
  void for_each_block(const Work& work) const {
    at::parallel_for(0, samples * blocks, blocks_per_thread, [&](auto begin, auto end) {
      for (auto index = begin; index < end; ++index) work(index);
    });
  }
};

/// Two numbers per channel for every block; sums over the blocks are in fp64.
struct BlockSums {
  const NormLayout& layout;
  at::Tensor pairs = at::empty({layout.samples * layout.blocks, 2, layout.channels});

  float* first(std::int64_t index) const {
    return pairs.mutable_data_ptr<float>() + index * 2 * layout.channels;
  }
  float* second(std::int64_t index) const { return first(index) + layout.channels; }

  /// Per channel of a sample: the sum of part 0 or 1.
  std::vector<double> total(std::int64_t sample, std::int64_t part) const {
    std::vector<double> sum(static_cast<std::size_t>(layout.channels));
    for (std::int64_t block = 0; block < layout.blocks; ++block) {
      const float* values = first(sample * layout.blocks + block) + part * layout.channels;
      for (std::size_t c = 0; c < sum.size(); ++c) sum[c] += values[c];
    }
    return sum;
  }
};

/// Of each sample and channel: float32 [B, C].
struct NormMoments {
  at::Tensor mean, inverse_deviation;
};

std::vector<double> mean_of_sample(const BlockSums& moments, std::int64_t sample) {
  const NormLayout& layout = moments.layout;
  std::vector<double> mean(static_cast<std::size_t>(layout.channels));
  for (std::int64_t block = 0; block < layout.blocks; ++block) {
    const float* of_block = moments.first(sample * layout.blocks + block);
    const double share =
        static_cast<double>(layout.rows_of(block)) / static_cast<double>(layout.voxels);
    for (std::size_t c = 0; c < mean.size(); ++c) mean[c] += share * of_block[c];
  }
  return mean;
}

// Squares within the blocks and between them (Chan, Golub & LeVeque 1979).
std::vector<double> squares_of_sample(const BlockSums& moments, std::int64_t sample,
                                      const std::vector<double>& mean) {
  const NormLayout& layout = moments.layout;
  std::vector<double> squares = moments.total(sample, 1);
  for (std::int64_t block = 0; block < layout.blocks; ++block) {
    const float* of_block = moments.first(sample * layout.blocks + block);
    const auto rows = static_cast<double>(layout.rows_of(block));
    for (std::size_t c = 0; c < mean.size(); ++c)
      squares[c] += rows * (of_block[c] - mean[c]) * (of_block[c] - mean[c]);
  }
  return squares;
}

NormMoments combined(const BlockSums& moments, double eps) {
  const NormLayout& layout = moments.layout;
  NormMoments result{at::empty({layout.samples, layout.channels}),
                     at::empty({layout.samples, layout.channels})};
  float* mean = result.mean.mutable_data_ptr<float>();
  float* inverse = result.inverse_deviation.mutable_data_ptr<float>();
  for (std::int64_t sample = 0; sample < layout.samples; ++sample) {
    const auto means = mean_of_sample(moments, sample);
    const auto squares = squares_of_sample(moments, sample, means);
    for (std::size_t c = 0; c < means.size(); ++c) {
      *mean++ = static_cast<float>(means[c]);
      *inverse++ =
          static_cast<float>(1 / std::sqrt(squares[c] / static_cast<double>(layout.voxels) + eps));
    }
  }
  return result;
}

template <typename T>
NormMoments typed_moments(const at::Tensor& x, double eps) {
  const NormLayout layout(x);
  const BlockSums moments{layout};
  const T* data = x.const_data_ptr<T>();
  layout.for_each_block([&](std::int64_t index) {
    block_moments(layout.rows(data, index), moments.first(index), moments.second(index));
  });
  return combined(moments, eps);
}

/// What forward and backward need of each sample and channel, float32 [B, C].
struct NormTerms {
  at::Tensor scale, shift;
  float slope;

  NormTerms(const NormMoments& moments, const at::Tensor& weight, const at::Tensor& bias,
            double slope_below)
      : scale((moments.inverse_deviation * weight).contiguous()),
        shift((bias - moments.mean * scale).contiguous()),
        slope(static_cast<float>(slope_below)) {}

  /// The same for every sample.
  NormTerms(const at::Tensor& scale_of_channels, const at::Tensor& shift_of_channels,
            std::int64_t samples, double slope_below)
      : scale(scale_of_channels.expand({samples, -1}).contiguous()),
        shift(shift_of_channels.expand({samples, -1}).contiguous()),
        slope(static_cast<float>(slope_below)) {}

  ScaleShift of_sample(std::int64_t sample) const {
    const std::int64_t first = sample * scale.size(1);
    return {scale.const_data_ptr<float>() + first, shift.const_data_ptr<float>() + first, slope};
  }
};

// y may be x.
template <typename T>
at::Tensor typed_activated(const at::Tensor& x, const NormTerms& terms, const at::Tensor& y) {
  const NormLayout layout(x);
  T* result = y.mutable_data_ptr<T>();
  const T* data = x.const_data_ptr<T>();
  layout.for_each_block([&](std::int64_t index) {
    scale_and_activate(layout.rows(data, index), terms.of_sample(index / layout.blocks),
                       layout.rows(result, index).values);
  });
  return y;
}

/// Means over the voxels of the gradient and of its product with x_hat, [2, B, C].
at::Tensor gradient_means(const BlockSums& sums) {
  const NormLayout& layout = sums.layout;
  at::Tensor means = at::empty({2, layout.samples, layout.channels});
  float* mean = means.mutable_data_ptr<float>();
  for (std::int64_t part = 0; part < 2; ++part)
    for (std::int64_t sample = 0; sample < layout.samples; ++sample)
      for (const double sum : sums.total(sample, part))
        *mean++ = static_cast<float>(sum / static_cast<double>(layout.voxels));
  return means;
}

/// What a backward pass works with; layouts of x and dy are the same.
struct NormBackward {
  const at::Tensor &x, &dy;
  const NormMoments& moments;
  const NormTerms& terms;
  NormLayout layout{x};
  at::Tensor means = at::zeros({2, layout.samples, layout.channels});  ///< see gradient_means()

  BackwardTerms of_block(std::int64_t index) const {
    const std::int64_t sample = index / layout.blocks, first = sample * layout.channels;
    const float* mean = means.const_data_ptr<float>() + first;
    return {terms.of_sample(sample),
            moments.mean.const_data_ptr<float>() + first,
            moments.inverse_deviation.const_data_ptr<float>() + first,
            terms.scale.const_data_ptr<float>() + first,
            mean,
            mean + layout.samples * layout.channels};
  }
};

template <typename T>
at::Tensor gradient_sums(const NormBackward& pass) {
  const BlockSums sums{pass.layout};
  const T *x = pass.x.const_data_ptr<T>(), *dy = pass.dy.const_data_ptr<T>();
  pass.layout.for_each_block([&](std::int64_t index) {
    block_gradient_sums(pass.layout.rows(x, index), pass.layout.rows(dy, index).values,
                        pass.of_block(index), {sums.first(index), sums.second(index)});
  });
  return gradient_means(sums);
}

template <typename T>
at::Tensor gradient_of_input(const NormBackward& pass) {
  at::Tensor dx = at::empty_like(pass.x);
  T* result = dx.mutable_data_ptr<T>();
  const T *x = pass.x.const_data_ptr<T>(), *dy = pass.dy.const_data_ptr<T>();
  pass.layout.for_each_block([&](std::int64_t index) {
    input_gradient(pass.layout.rows(x, index), pass.layout.rows(dy, index).values,
                   pass.of_block(index), pass.layout.rows(result, index).values);
  });
  return dx;
}

template <typename T>
tensor_list gradients(NormBackward pass) {
  pass.means = gradient_sums<T>(pass);
  const at::Tensor totals = pass.means.sum(1) * static_cast<double>(pass.layout.voxels);
  return {gradient_of_input<T>(pass), totals[1], totals[0], {}, {}};
}

bool is_single(const at::Tensor& x) { return x.scalar_type() == at::kFloat; }

NormMoments moments_of(const at::Tensor& x, double eps) {
  return is_single(x) ? typed_moments<float>(x, eps) : typed_moments<c10::BFloat16>(x, eps);
}

at::Tensor activated(const at::Tensor& x, const NormTerms& terms, const at::Tensor& y) {
  return is_single(x) ? typed_activated<float>(x, terms, y)
                      : typed_activated<c10::BFloat16>(x, terms, y);
}

class FusedNorm : public torch::autograd::Function<FusedNorm> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const at::Tensor& bias, double eps, double slope) {
    const auto moments = moments_of(x, eps);
    context->save_for_backward({x, weight, bias, moments.mean, moments.inverse_deviation});
    context->saved_data["slope"] = slope;
    return activated(x, {moments, weight, bias, slope}, at::empty_like(x));
  }

  static tensor_list backward(AutogradContext* context, const tensor_list& outputs) {
    const auto saved = context->get_saved_variables();
    const at::Tensor& x = saved[0];
    const NormMoments moments{saved[3], saved[4]};
    const NormTerms terms(moments, saved[1], saved[2], context->saved_data["slope"].toDouble());
    const at::Tensor dy = outputs[0].to(x.scalar_type()).contiguous(channels_last(x));
    const NormBackward pass{x, dy, moments, terms};
    return is_single(x) ? gradients<float>(pass) : gradients<c10::BFloat16>(pass);
  }
};

at::Tensor fused(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                 const FusedNormOptions& options) {
  if (x.is_cuda()) return gpu_instance_norm(x, weight, bias, options);
  if (options.overwrite && !at::GradMode::is_enabled())
    return activated(x, {moments_of(x, options.eps), weight, bias, options.slope}, x);
  return FusedNorm::apply(x, weight, bias, options.eps, options.slope);
}

}  // namespace

bool is_fusable(const at::Tensor& x) {
  const bool known_type = x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16 ||
                          (x.scalar_type() == at::kHalf && !x.is_cpu());
  return prefers_channels_last(x.device()) && known_type && x.numel() > 0 &&
         (x.dim() == 4 || x.dim() == 5) && x.is_contiguous(channels_last(x));
}

at::Tensor fused_instance_norm(const at::Tensor& x, const at::Tensor& weight,
                               const at::Tensor& bias, const FusedNormOptions& options) {
  // Profilers and observers see it, with its result, as they see the library's.
  const std::vector<c10::IValue> inputs{x, weight, bias, options.eps, options.slope};
  at::RecordFunction record(at::RecordScope::FUNCTION);
  if (record.isActive()) record.before("seg::fused_instance_norm", &inputs);
  const at::Tensor y = fused(x, weight, bias, options);
  if (record.needsOutputs()) record.setOutputs(std::vector<c10::IValue>{y});
  return y;
}

at::Tensor scaled_channels(at::Tensor&& x, const at::Tensor& scale, const at::Tensor& shift,
                           double slope) {
  return activated(x, NormTerms(scale, shift, x.size(0), slope), x);
}

}  // namespace seg::net
