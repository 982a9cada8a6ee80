#include "predict_case.hpp"

#include "case_probabilities.hpp"
#include "seg/data/image.hpp"
#include "seg/plan/error.hpp"
#include "seg/train/export.hpp"

namespace seg::train {
namespace {

at::Tensor previous_labels(const PredictionRun& run, const data::Case& scan,
                           const Reporter& reporter) {
  if (!run.model.configuration.previous_stage) return {};
  const std::string name = scan.name + run.model.dataset.file_ending;
  return data::read_label_map(*run.options.previous_stage / name, reporter).data;
}

}  // namespace

CaseInWork prepare_case(const PredictionRun& run, const data::Case& scan,
                        const Reporter& reporter) {
  const data::Image image = data::read_image(scan.channels, reporter);
  const at::Tensor previous = previous_labels(run, scan, reporter);
  const auto prepared = data::preprocess(image, previous, run.model.plans, run.model.configuration);
  return {scan.name, network_input(prepared.data, prepared.seg, run.model.labels),
          prepared.properties};
}

CaseInWork segment_case(const PredictionRun& run, CaseInWork prepared) {
  at::Tensor sum;
  for (const auto& network : run.model.networks) {
    const at::Tensor logits = sliding_window_logits(*network, prepared.array, run.window);
    sum = sum.defined() ? sum.add_(logits) : logits;
  }
  prepared.array = sum.div_(static_cast<double>(run.model.networks.size()));
  return prepared;
}

std::string write_case(const PredictionRun& run, const CaseInWork& segmented) {
  const auto& [model, output, options, window] = run;
  const auto& [name, logits, properties] = segmented;
  if (options.save_probabilities)
    write_case_probabilities(
        run.file(name, ""),
        logits_to_probabilities(logits, properties, model.plans, model.configuration, model.labels),
        properties);
  data::write_label_map(
      run.file(name, model.dataset.file_ending),
      logits_to_labels(logits, properties, model.plans, model.configuration, model.labels),
      properties.geometry);
  return name;
}

}  // namespace seg::train
