#include "architectures/architectures.hpp"
#include "architectures/unet.hpp"
#include "layers/conv_block.hpp"
#include "layers/initialise.hpp"

namespace seg::net {
namespace {

std::vector<std::string> plain_conv_keys() {
  std::vector<std::string> keys{
      "n_stages",         "features_per_stage",      "kernel_sizes", "strides", "n_conv_per_stage",
      "deep_supervision", "n_conv_per_stage_decoder"};
  keys.insert(keys.end(), layer_style_keys().begin(), layer_style_keys().end());
  return keys;
}

LayerPtr encoder_stage(const UNetSizes& sizes, std::size_t stage, const LayerStyle& style) {
  const auto first = first_convolution(sizes, stage, sizes.inputs);
  const auto convolutions = conv_stack(sizes.encoder_blocks[stage], first, style);
  return std::make_shared<Sequence>(std::vector<LayerPtr>{convolutions});
}

}  // namespace

std::shared_ptr<Network> plain_conv_unet(const Arguments& arguments,
                                         const NetworkOptions& options) {
  refuse_unknown(arguments, plain_conv_keys());
  const auto style = layer_style(arguments);
  const auto sizes = unet_sizes(arguments, options, "n_conv_per_stage");
  std::vector<LayerPtr> stages;
  for (std::size_t stage = 0; stage < sizes.stages(); ++stage) {
    stages.push_back(encoder_stage(sizes, stage, style));
  }
  auto encoder = std::make_shared<UNetEncoder>(nullptr, std::move(stages));
  auto network = std::make_shared<UNet>(sizes, style, std::move(encoder));
  if (options.draw_weights) initialise_as_nnunet(*network);
  return network;
}

}  // namespace seg::net
