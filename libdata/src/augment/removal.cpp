#include "augment/previous_stage.hpp"
#include "seg/data/components.hpp"

namespace seg::data {
namespace {

// For each label that loses a component: its channel, which component (0..1), and the largest share
// of all voxels that it may cover.
Drawn draw_removals(CountedRandom& random, const ItemFormat& format,
                    const AugmentationTable& table) {
  if (!random.chance(table.number("removal_probability"))) return {};
  const double probability = table.number("removal_label_probability");
  Drawn drawn;
  for (const auto channel : draw_labels(random, format.previous_labels, probability))
    drawn.push_back({static_cast<double>(channel), random.uniform(0, 1),
                     table.number("removal_largest_share")});
  return drawn;
}

// Clears number floor(which * how many) of the small components, in order of their first voxel.
void remove_component(const at::Tensor& one_hot, const std::vector<double>& drawn) {
  const at::Tensor channel = one_hot[static_cast<std::int64_t>(drawn.at(0))];
  const at::Tensor components = connected_components(channel > 0).to(at::kCPU);
  const at::Tensor sizes = components.flatten().bincount();
  const at::Tensor small =
      sizes.to(at::kDouble) < drawn.at(2) * static_cast<double>(components.numel());
  const at::Tensor candidates = (small & sizes.gt(0)).narrow(0, 1, sizes.size(0) - 1).nonzero();
  if (candidates.size(0) == 0) return;
  const auto chosen =
      static_cast<std::int64_t>(drawn.at(1) * static_cast<double>(candidates.size(0)));
  const auto component = candidates[chosen].item<std::int64_t>() + 1;
  at::Tensor(channel).masked_fill_(components.eq(component).to(channel.device()), 0);
}

void remove_components(const Items& items, const std::vector<Drawn>& draws) {
  change_previous(items, draws, remove_component);
}

}  // namespace

/// Removes a small connected component (full neighbourhood) of labels of the previous stage
/// (batchgeneratorsv2's RemoveRandomConnectedComponentFromOneHotEncodingTransform).
Transform removal() {
  return {"removal",
          {probability("removal_probability"),
           probability("removal_label_probability", "per label of such an item"),
           {"removal_largest_share", 0, 1, "of all voxels; larger components stay"}},
          draw_removals,
          remove_components};
}

}  // namespace seg::data
