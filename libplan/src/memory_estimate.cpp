#include "memory_estimate.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

namespace seg::plan {
namespace {

std::int64_t voxels_of(const Voxels& extents) {
  return std::accumulate(extents.begin(), extents.end(), std::int64_t{1}, std::multiplies<>());
}

/// Extents of the feature maps of each stage.
std::vector<Voxels> stage_extents(const NetworkSize& network, Voxels extents) {
  std::vector<Voxels> stages;
  for (const auto& stride : network.strides) {
    std::ranges::transform(extents, stride, extents.begin(), std::divides<>());
    stages.push_back(extents);
  }
  return stages;
}

bool pools(const Voxels& stride) {
  return std::ranges::any_of(stride, [](auto step) { return step != 1; });
}

/// The stem's features count as the input of the first stage.
bool projects_shortcut(const NetworkSize& network, std::size_t stage) {
  const auto& features = network.features_per_stage;
  return pools(network.strides[stage]) || (stage > 0 && features[stage] != features[stage - 1]);
}

std::int64_t encoder_convolutions(const NetworkSize& network, std::size_t stage) {
  const std::int64_t blocks = network.encoder_blocks[stage];
  return network.residual_encoder ? 2 * blocks + projects_shortcut(network, stage) : blocks;
}

}  // namespace

std::int64_t conv_feature_map_size(const NetworkSize& network, const Voxels& patch_size) {
  const auto extents = stage_extents(network, patch_size);
  const auto& features = network.features_per_stage;
  std::int64_t size = network.residual_encoder ? features[0] * voxels_of(patch_size) : 0;
  for (std::size_t stage = 0; stage < extents.size(); ++stage)
    size += encoder_convolutions(network, stage) * features[stage] * voxels_of(extents[stage]);
  // Decoder stage i works at the resolution of encoder stage n - 2 - i, after one up-convolution.
  for (std::size_t stage = 0; stage + 1 < extents.size(); ++stage) {
    const std::int64_t blocks = network.decoder_blocks[extents.size() - 2 - stage];
    size += (blocks + 1) * features[stage] * voxels_of(extents[stage]);
  }
  if (extents.size() > 1) size += network.outputs * voxels_of(extents.front());
  return size;
}

}  // namespace seg::plan
