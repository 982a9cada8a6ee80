#include "predict/scan_scores.hpp"

#include <limits>
#include <utility>

#include "predict/uncertainty.hpp"
#include "seg/data/scratch_array.hpp"

namespace seg::train {
namespace {

at::Tensor probabilities_of(const at::Tensor& logits, bool regions) {
  if (regions) return logits.sigmoid();
  return logits.permute({1, 2, 0}).softmax(-1).permute({2, 0, 1});  // as LabelStream stores them
}

}  // namespace

ScoresOnScan::ScoresOnScan(const data::CaseProperties& properties,
                           const plan::Experiment& experiment, const WantedScores& wanted,
                           std::optional<std::filesystem::path> scratch)
    : properties_(properties),
      experiment_(experiment),
      wanted_(wanted),
      scratch_(std::move(scratch)) {}

void ScoresOnScan::put(std::int64_t z, const at::Tensor& logits) {
  const bool regions = experiment_.labels.has_regions();
  allocate(logits.size(0));
  if (wanted_.logits) slice_of(scores_.logits, z).copy_(logits);
  if (!wanted_.probabilities && !wanted_.uncertainty) return;
  const at::Tensor probabilities = probabilities_of(logits, regions);
  if (wanted_.probabilities) slice_of(scores_.probabilities, z).copy_(probabilities);
  if (wanted_.uncertainty)
    slice_of(scores_.uncertainty, z)[0].copy_(uncertainty_of(probabilities, regions));
}

/// In the scan's axis order, [outputs, Z, Y, X].
at::Tensor ScoresOnScan::empty(std::int64_t outputs, double first, double others) const {
  std::vector<std::int64_t> shape{outputs};
  for (const int axis : experiment_.plans.transpose_backward)
    shape.push_back(properties_.shape_before_cropping[static_cast<std::size_t>(axis)]);
  at::Tensor whole = data::scratch_array(shape, scratch_);
  if (properties_.shape_after_cropping == properties_.shape_before_cropping) return whole;
  whole.fill_(others);
  whole[0].fill_(first);
  return whole;
}

void ScoresOnScan::allocate(std::int64_t outputs) {
  const bool regions = experiment_.labels.has_regions();
  const double impossible = -std::numeric_limits<double>::infinity();
  if (wanted_.logits && !scores_.logits.defined())
    scores_.logits = empty(outputs, regions ? impossible : 0, impossible);
  if (wanted_.probabilities && !scores_.probabilities.defined())
    scores_.probabilities = empty(outputs, regions ? 0 : 1, 0);
  if (wanted_.uncertainty && !scores_.uncertainty.defined())
    scores_.uncertainty = empty(1, 0, 0)[0];
}

/// [outputs, Y, X] of the cropped scan, in the plan's axis order; of [outputs, Z, Y, X] or
/// [Z, Y, X].
at::Tensor ScoresOnScan::slice_of(const at::Tensor& whole, std::int64_t z) const {
  const auto& forward = experiment_.plans.transpose_forward;
  at::Tensor view = whole.dim() == 3 ? whole.unsqueeze(0) : whole;
  view = view.permute({0, forward[0] + 1, forward[1] + 1, forward[2] + 1});
  for (std::int64_t axis = 1; axis < 3; ++axis) {
    const std::int64_t lower = properties_.box.lower[axis];
    view = view.narrow(axis + 1, lower, properties_.box.upper[axis] - lower);
  }
  return view.select(1, properties_.box.lower[0] + z);
}

}  // namespace seg::train
