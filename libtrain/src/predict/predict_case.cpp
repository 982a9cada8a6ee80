#include "predict/predict_case.hpp"

#include <utility>

#include "predict/case_probabilities.hpp"
#include "predict/segment.hpp"
#include "seg/data/image.hpp"
#include "seg/plan/error.hpp"
#include "seg/train/export.hpp"

namespace seg::train {
namespace {

at::Tensor previous_labels(const PredictionRun& run, const data::Case& scan,
                           const Reporter& reporter) {
  if (!run.model.configuration.previous_stage) return {};
  const std::string name = scan.name + run.model.dataset.file_ending;
  return data::read_label_map(*run.options.previous_stage / name, run.reader, reporter).data;
}

}  // namespace

CaseInWork prepare_case(const PredictionRun& run, const data::Case& scan,
                        const Reporter& reporter) {
  const data::Image image = data::read_image(scan.channels, run.reader, reporter);
  const at::Tensor previous = previous_labels(run, scan, reporter);
  const auto prepared = data::preprocess(image, previous, run.model.plans, run.model.configuration);
  return {scan.name,
          network_input(prepared.data, prepared.seg, run.model.labels),
          {},
          prepared.properties};
}

CaseInWork segment_case(const PredictionRun& run, CaseInWork prepared) {
  const Model& model = run.model;
  const auto& properties = prepared.properties;
  if (run.options.save_probabilities) {
    prepared.array = sliding_window_logits(model.networks, prepared.array, run.window);
    prepared.labels = logits_to_labels(
        prepared.array, {properties, model.plans, model.configuration, model.labels});
  } else {
    const SegmentOptions options{
        run.window, {cropped_scan(properties, model.configuration)}, model.labels};
    const auto labels = segment_scan(model.networks, std::exchange(prepared.array, {}), options);
    prepared.labels = uncropped(labels.front(), properties, model.plans);
  }
  return prepared;
}

std::string write_case(const PredictionRun& run, const CaseInWork& segmented) {
  const auto& [model, output, options, window, reader] = run;
  const auto& [name, logits, labels, properties] = segmented;
  if (options.save_probabilities)
    write_case_probabilities(run.file(name, ""),
                             logits_to_probabilities(logits, {properties, model.plans,
                                                              model.configuration, model.labels}),
                             properties);
  data::write_label_map(run.file(name, model.dataset.file_ending), labels, properties.geometry);
  return name;
}

}  // namespace seg::train
