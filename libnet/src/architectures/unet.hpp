#pragma once

#include "architectures/patch_check.hpp"
#include "layers/convolution.hpp"
#include "layers/layer_style.hpp"
#include "seg/net/network.hpp"

namespace seg::net {

/// What upstream's two U-Nets have in common, one entry per stage from the highest resolution down.
struct UNetSizes {
  std::int64_t inputs = 1, outputs = 2;  ///< channels
  std::vector<std::int64_t> features;
  std::vector<std::vector<std::int64_t>> kernels, strides;
  std::vector<std::int64_t> encoder_blocks;
  std::vector<std::int64_t> decoder_blocks;  ///< one less, from the lowest resolution up

  std::size_t stages() const { return features.size(); }
};

/// Runs the stages one after the other and keeps what each gave.
class UNetEncoder : public torch::nn::Module {
 public:
  /// @param stem runs before the first stage; may be null.
  UNetEncoder(LayerPtr stem, std::vector<LayerPtr> stages);
  std::vector<at::Tensor> forward(const at::Tensor& x);

 private:
  LayerPtr stem_;
  std::shared_ptr<Sequence> stages_;
};

/// Transposed convolution, concatenation with the skip, convolutions, and a head per stage.
class UNetDecoder : public torch::nn::Module, public NamedAsUpstream {
 public:
  UNetDecoder(const UNetSizes& sizes, const LayerStyle& style,
              std::shared_ptr<UNetEncoder> encoder);

  /// @param skips by resolution, the highest first. @returns heads, the highest resolution first.
  std::vector<at::Tensor> forward(std::vector<at::Tensor> skips, bool all_heads);
  Children upstream_children() const override;

 private:
  std::shared_ptr<UNetEncoder> encoder_;  ///< not a child here; upstream lists it as one
  std::shared_ptr<Sequence> stages_, upsampling_, heads_;
};

/// nnU-Net's U-Net around any encoder.
class UNet : public Network {
 public:
  UNet(const UNetSizes& sizes, const LayerStyle& style, std::shared_ptr<UNetEncoder> encoder);

  /// @throws Error for another number of channels or axes, and for sizes that the strides do not
  /// divide.
  std::vector<at::Tensor> forward(const at::Tensor& x) override;
  void set_deep_supervision(bool enabled) override { deep_supervision_ = enabled; }
  std::vector<std::string> heads() const override { return {"decoder.seg_layers"}; }

 private:
  PatchCheck check_;
  bool deep_supervision_ = true;
  std::shared_ptr<UNetEncoder> encoder_;
  std::shared_ptr<UNetDecoder> decoder_;
};

/// Sizes from a plan; `blocks_key` names the number of convolutions or blocks per encoder stage.
UNetSizes unet_sizes(const Arguments& arguments, const NetworkOptions& options,
                     const std::string& blocks_key);

/// The convolution that a stage starts with.
ConvolutionSizes first_convolution(const UNetSizes& sizes, std::size_t stage, std::int64_t inputs);

}  // namespace seg::net
