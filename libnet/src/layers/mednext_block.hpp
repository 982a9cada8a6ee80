#pragma once

#include "layers/convolution.hpp"
#include "layers/norm.hpp"

namespace seg::net {

/// Whether a block keeps, halves or doubles the resolution.
enum class Sampling { same, down, up };

struct MedNextOptions {
  std::size_t dimensions = 3;
  std::int64_t kernel = 3;
  std::int64_t expansion = 2;  ///< width of the middle, in input channels
  bool residual = true;        ///< a sum around the block; a 1x1 shortcut where it resamples
  bool layer_norm = false;     ///< instead of group norm with one channel per group
  bool response_norm = false;  ///< global response normalisation (Woo et al. 2023)
  bool recompute = false;      ///< in the backward pass, instead of keeping what is in between
  Sampling sampling = Sampling::same;
};

/// MedNeXt's block (Roy et al. 2023): depthwise convolution, norm, 1x1 expansion, GELU, 1x1
/// compression.
class MedNextBlock : public Layer {
 public:
  MedNextBlock(std::int64_t inputs, std::int64_t outputs, const MedNextOptions& options);
  at::Tensor forward(const at::Tensor& x) override;

 private:
  at::Tensor compute(const at::Tensor& x) const;
  at::Tensor normalise_response(const at::Tensor& x) const;
  at::Tensor shortcut(const at::Tensor& x) const;

  MedNextOptions options_;
  at::Tensor beta_, gamma_;
  std::shared_ptr<Norm> norm_;
  LayerPtr conv1_, conv2_, conv3_, shortcut_;
};

}  // namespace seg::net
