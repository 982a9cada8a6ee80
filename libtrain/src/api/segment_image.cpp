#include "api/segment_image.hpp"

#include <algorithm>

#include "predict/label_decision.hpp"
#include "predict/uncertainty.hpp"
#include "seg/plan/joined.hpp"

namespace seg {
namespace {

data::Geometry geometry_of(const ImageGeometry& given) {
  data::Geometry geometry;
  geometry.spacing = given.spacing;
  geometry.origin = given.origin;
  geometry.direction = given.direction;
  geometry.dimensions = given.is_slice ? 2 : 3;
  return geometry;
}

/// The caller's memory as a tensor, which is only read.
data::Image scan_of(const Image& image) {
  if (!image.voxels || *std::ranges::min_element(image.shape) < 1)
    throw Error("the scan", "has no voxels", "give at least one in each of its axes C, Z, Y, X");
  return {at::from_blob(const_cast<float*>(image.voxels), image.shape, at::kFloat),
          geometry_of(image.geometry),
          {}};
}

train::StepSink step_sink(const SegmentControl& control) {
  return [&control](const std::string& step, std::size_t done, std::size_t total) {
    if (control.stop && *control.stop)
      throw Error(ErrorKind::interrupted, {"the segmentation", "was stopped"});
    control.reporter.advance(step, done, total);
  };
}

template <typename T>
Array<T> array_of(const at::Tensor& tensor) {
  if (!tensor.defined()) return {};
  const at::Tensor whole = tensor.contiguous();
  T* const values = whole.mutable_data_ptr<T>();
  return {std::shared_ptr<T[]>(values, [whole](T*) {}), whole.sizes().vec()};
}

/// Mean over the models' probabilities.
train::SegmentedScan averaged(Predictor::Inside& inside, const data::Image& scan,
                              const train::WantedScores& wanted, const train::StepSink& step) {
  const plan::Labels& labels = inside.first().labels;
  at::Tensor sum;
  for (const auto& model : inside.models) {
    at::Tensor probabilities =
        train::segment_in_memory(*model, scan, {.probabilities = true}, step).scores.probabilities;
    sum = sum.defined() ? sum.add_(probabilities) : probabilities;
  }
  sum.div_(static_cast<double>(inside.models.size()));
  train::SegmentedScan mean{train::labels_of_probabilities(sum, labels), {}};
  if (wanted.uncertainty)
    mean.scores.uncertainty = train::uncertainty_of(sum, labels.has_regions());
  if (wanted.logits) mean.scores.logits = labels.has_regions() ? at::logit(sum) : sum.log();
  if (wanted.probabilities) mean.scores.probabilities = sum;
  return mean;
}

train::WantedScores wanted_scores(const SegmentControl& control) {
  return {control.logits, control.probabilities, control.uncertainty};
}

train::Bytes largest(const train::Bytes& a, const train::Bytes& b) {
  return {std::max(a.host, b.host), std::max(a.device, b.device)};
}

}  // namespace

Segmentation segment_image(Predictor::Inside& inside, const Image& image,
                           const SegmentControl& control) {
  const data::Image scan = scan_of(image);
  const train::StepSink step = step_sink(control);
  const train::WantedScores wanted = wanted_scores(control);
  const bool alone = inside.models.size() == 1;
  const train::SegmentedScan segmented =
      alone ? train::segment_in_memory(*inside.models.front(), scan, wanted, step)
            : averaged(inside, scan, wanted, step);
  Segmentation result;
  result.labels = array_of<std::int16_t>(segmented.labels);
  result.probabilities = array_of<float>(segmented.scores.probabilities);
  result.logits = array_of<float>(segmented.scores.logits);
  result.uncertainty = array_of<float>(segmented.scores.uncertainty);
  return result;
}

MemoryNeed memory_of(Predictor::Inside& inside, const Image& image, const SegmentControl& control) {
  const data::ImageHeader size{image.shape, geometry_of(image.geometry).array_spacing()};
  const std::int64_t voxels = image.shape[1] * image.shape[2] * image.shape[3];
  const std::int64_t outputs = inside.first().labels.network_outputs();
  const bool several = inside.models.size() > 1;
  const train::ScanWishes wishes{several ? train::WantedScores{.probabilities = true}
                                         : wanted_scores(control)};
  train::Bytes most;
  for (const auto& model : inside.models)
    for (train::LoadedModel* stage = model.get(); stage; stage = stage->previous.get()) {
      const train::WindowedModel windowed{stage->model, stage->window};
      const train::Bytes scan = train::scan_need(windowed, size, wishes);
      const std::lock_guard lock(stage->networks);
      const train::Bytes networks = train::network_need(windowed, size);
      most = largest(most, {scan.host + networks.host, scan.device + networks.device});
    }
  // Sums over models, their logarithms, and the entropies.
  const std::int64_t averages = several ? 16 * outputs * voxels : 0;
  return {static_cast<std::size_t>(most.host + averages), static_cast<std::size_t>(most.device)};
}

}  // namespace seg
