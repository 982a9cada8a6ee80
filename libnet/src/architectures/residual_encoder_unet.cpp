#include "architectures/architectures.hpp"
#include "architectures/unet.hpp"
#include "layers/initialise.hpp"
#include "layers/residual_block.hpp"

namespace seg::net {
namespace {

std::vector<std::string> residual_encoder_keys() {
  std::vector<std::string> keys{
      "n_stages",           "features_per_stage",       "kernel_sizes", "strides",
      "n_blocks_per_stage", "n_conv_per_stage_decoder", "block",        "bottleneck_channels",
      "stem_channels",      "deep_supervision"};
  keys.insert(keys.end(), layer_style_keys().begin(), layer_style_keys().end() - 1);
  return keys;
}

// Per stage; zero for basic blocks.
std::vector<std::int64_t> bottlenecks(const Arguments& arguments, std::size_t stages) {
  const auto block = class_name(arguments, "block");
  if (block == "BottleneckD") return per_stage(arguments, "bottleneck_channels", stages);
  if (block.empty() || block == "BasicBlockD") return std::vector<std::int64_t>(stages, 0);
  throw Error(arguments.owner, "block \"" + block + "\" is not known here",
              "possible are BasicBlockD, BottleneckD");
}

// One convolution without stride, as wide as the first stage unless the plan says otherwise.
LayerPtr stem(const UNetSizes& sizes, std::int64_t width, const LayerStyle& style) {
  ConvolutionSizes convolution;
  convolution.inputs = sizes.inputs;
  convolution.outputs = width;
  convolution.kernel = sizes.kernels.front();
  return conv_stack(1, convolution, style);
}

}  // namespace

std::shared_ptr<Network> residual_encoder_unet(const Arguments& arguments,
                                               const NetworkOptions& options) {
  refuse_unknown(arguments, residual_encoder_keys());
  const auto style = layer_style(arguments);
  const auto sizes = unet_sizes(arguments, options, "n_blocks_per_stage");
  const auto narrow = bottlenecks(arguments, sizes.stages());
  const auto width = optional(arguments, "stem_channels", sizes.features.front());
  std::vector<LayerPtr> stages;
  for (std::size_t stage = 0; stage < sizes.stages(); ++stage) {
    const ResidualSizes first{first_convolution(sizes, stage, width), narrow[stage]};
    stages.push_back(residual_stack(sizes.encoder_blocks[stage], first, style));
  }
  auto encoder = std::make_shared<UNetEncoder>(stem(sizes, width, style), std::move(stages));
  auto network = std::make_shared<UNet>(sizes, style, std::move(encoder));
  if (options.draw_weights) initialise_as_nnunet(*network);
  return network;
}

}  // namespace seg::net
