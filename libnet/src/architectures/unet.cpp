#include "architectures/unet.hpp"

#include "kernels/memory_layout.hpp"
#include "layers/conv_block.hpp"

namespace seg::net {
namespace {

std::shared_ptr<Convolution> upsampling(const UNetSizes& sizes, std::size_t stage, bool bias) {
  ConvolutionSizes convolution;
  convolution.inputs = sizes.features[stage + 1];
  convolution.outputs = sizes.features[stage];
  convolution.kernel = convolution.stride = sizes.strides[stage + 1];
  convolution.bias = bias;
  convolution.transposed = true;
  return std::make_shared<Convolution>(convolution);
}

LayerPtr merging(const UNetSizes& sizes, std::size_t stage, const LayerStyle& style) {
  ConvolutionSizes convolution;
  convolution.inputs = 2 * sizes.features[stage];
  convolution.outputs = sizes.features[stage];
  convolution.kernel = sizes.kernels[stage];
  return conv_stack(sizes.decoder_blocks[sizes.stages() - 2 - stage], convolution, style);
}

}  // namespace

UNetEncoder::UNetEncoder(LayerPtr stem, std::vector<LayerPtr> stages) : stem_(std::move(stem)) {
  if (stem_) register_module("stem", stem_);
  stages_ = register_module("stages", std::make_shared<Sequence>(std::move(stages)));
}

std::vector<at::Tensor> UNetEncoder::forward(const at::Tensor& x) {
  at::Tensor features = stem_ ? stem_->forward(x) : x;
  std::vector<at::Tensor> skips;
  for (const auto& stage : stages_->layers()) {
    features = stage->forward(features);
    skips.push_back(features);
  }
  return skips;
}

UNetDecoder::UNetDecoder(const UNetSizes& sizes, const LayerStyle& style,
                         std::shared_ptr<UNetEncoder> encoder)
    : encoder_(std::move(encoder)) {
  const std::vector<std::int64_t> one(style.dimensions, 1);
  std::vector<LayerPtr> stages, up, heads;
  for (std::size_t stage = sizes.stages() - 1; stage-- > 0;) {
    stages.push_back(merging(sizes, stage, style));
    up.push_back(upsampling(sizes, stage, style.conv_bias));
    heads.push_back(convolution(sizes.features[stage], sizes.outputs, one));
  }
  stages_ = register_module("stages", std::make_shared<Sequence>(std::move(stages)));
  upsampling_ = register_module("transpconvs", std::make_shared<Sequence>(std::move(up)));
  heads_ = register_module("seg_layers", std::make_shared<Sequence>(std::move(heads)));
}

NamedAsUpstream::Children UNetDecoder::upstream_children() const {
  return {{"encoder", encoder_},
          {"stages", stages_},
          {"transpconvs", upsampling_},
          {"seg_layers", heads_}};
}

// Skips are dropped as soon as they are used: they are most of the memory in prediction.
std::vector<at::Tensor> UNetDecoder::forward(std::vector<at::Tensor> skips, bool all_heads) {
  std::vector<at::Tensor> heads;
  at::Tensor x = skips.back();
  skips.pop_back();
  for (std::size_t stage = 0; stage < stages_->layers().size(); ++stage) {
    x = upsampling_->layers()[stage]->forward(x);
    std::vector<at::Tensor> parts{std::move(x), std::move(skips.back())};
    skips.pop_back();
    x = stages_->layers()[stage]->forward_joined(std::move(parts));
    if (all_heads || skips.empty()) heads.push_back(heads_->layers()[stage]->forward(x));
  }
  return {heads.rbegin(), heads.rend()};
}

UNet::UNet(const UNetSizes& sizes, const LayerStyle& style, std::shared_ptr<UNetEncoder> encoder)
    : check_{sizes.inputs, total_stride(sizes.strides)}, encoder_(std::move(encoder)) {
  register_module("encoder", encoder_);
  decoder_ = register_module("decoder", std::make_shared<UNetDecoder>(sizes, style, encoder_));
}

std::vector<at::Tensor> UNet::forward(const at::Tensor& x) {
  check_patch(check_, x);
  return decoder_->forward(encoder_->forward(in_fastest_layout(x)), deep_supervision_);
}

UNetSizes unet_sizes(const Arguments& arguments, const NetworkOptions& options,
                     const std::string& blocks_key) {
  const auto stages = required<std::size_t>(arguments, "n_stages");
  const auto dimensions = layer_style(arguments).dimensions;
  if (stages < 2 || stages > 32) throw Error(arguments.owner, "n_stages must be 2 to 32");
  UNetSizes sizes;
  sizes.inputs = options.input_channels;
  sizes.outputs = options.outputs;
  sizes.features = per_stage(arguments, "features_per_stage", stages);
  sizes.kernels = per_stage_and_axis(arguments, "kernel_sizes", {stages, dimensions});
  sizes.strides = per_stage_and_axis(arguments, "strides", {stages, dimensions});
  sizes.encoder_blocks = per_stage(arguments, blocks_key, stages);
  sizes.decoder_blocks = per_stage(arguments, "n_conv_per_stage_decoder", stages - 1);
  return sizes;
}

ConvolutionSizes first_convolution(const UNetSizes& sizes, std::size_t stage, std::int64_t inputs) {
  ConvolutionSizes convolution;
  convolution.inputs = stage == 0 ? inputs : sizes.features[stage - 1];
  convolution.outputs = sizes.features[stage];
  convolution.kernel = sizes.kernels[stage];
  convolution.stride = sizes.strides[stage];
  return convolution;
}

}  // namespace seg::net
