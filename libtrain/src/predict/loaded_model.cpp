#include "predict/loaded_model.hpp"

#include <limits>

#include "predict/engine.hpp"
#include "seg/plan/error.hpp"
#include "seg/train/device.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

// <trainer>__<plans>__<configuration> beside the given model folder.
fs::path sibling_model(const fs::path& folder, const std::string& configuration) {
  const fs::path path = fs::weakly_canonical(folder);
  const std::string name = path.filename().string();
  return path.parent_path() / (name.substr(0, name.rfind("__")) + "__" + configuration);
}

/// The labels of the stage before, int16 [1, Z, Y, X]; undefined outside a cascade.
at::Tensor previous_labels(LoadedModel& loaded, const data::Image& scan, const StepSink& step) {
  if (!loaded.previous) return {};
  const at::Tensor labels = segment_in_memory(*loaded.previous, scan, {}, step).labels.unsqueeze(0);
  return data::image_in_memory(labels, scan.geometry, loaded.reading.reader).data;
}

PreparedCase prepared(LoadedModel& loaded, const data::Image& scan, const StepSink& step) {
  const at::Tensor previous = previous_labels(loaded, scan, step);
  step("preparing", 0, 1);
  const data::Image turned = data::image_in_memory(scan.data, scan.geometry, loaded.reading.reader);
  PreparedCase result =
      prepare_scan({"the scan", {"the scan"}, {}}, turned, previous, loaded.model);
  step("preparing", 1, 1);
  return result;
}

SegmentedCase through_networks(LoadedModel& loaded, PreparedCase prepared,
                               const WantedScores& wanted, const StepSink& step) {
  Segmenter segmenter{.experiment = loaded.model,
                      .networks = loaded.model.networks,
                      .window = loaded.window,
                      .scores = wanted};
  segmenter.window.progress = [&](std::size_t done, std::size_t total) {
    step("networks", done, total);
  };
  const std::lock_guard lock(loaded.networks);
  step("networks", 0, 1);  // waiting may have taken long
  const ExactFloats exact(segmenter.window.device, segmenter.window.precision);
  return segment_case(segmenter, std::move(prepared));
}

}  // namespace

SlidingWindowOptions window_options(const Model& model, const PredictOptions& options) {
  SlidingWindowOptions window;
  window.patch_size = model.configuration.patch_size;
  window.step_size = options.step_size;
  if (options.mirroring) window.mirror_axes = model.mirror_axes;
  window.device = choose_device(options.device);
  window.precision = choose_precision(options.precision, window.device);
  window.engine = options.engine;
  check_engine(window);
  return window;
}

data::ScanReading scan_reading(const Model& model, const PredictOptions& options) {
  return {data::with_orientation(data::image_reader(model.plans), options.orientation),
          model.dataset.file_ending};
}

fs::path previous_stage_model(const fs::path& folder, const plan::Configuration& configuration) {
  const fs::path found = sibling_model(folder, *configuration.previous_stage);
  if (fs::is_directory(found)) return found;
  throw Error(configuration.name, "needs the segmentations of " + *configuration.previous_stage,
              "predict with that model first and give its output as the previous stage");
}

PreparedCase prepare_scan(const data::Case& scan, const data::Image& image,
                          const at::Tensor& previous, const Model& model) {
  data::check_scan(scan, image);
  const auto prepared = data::preprocess(image, previous, model);
  return {scan.name, network_input(prepared.data, prepared.seg, model.labels), prepared.properties};
}

std::unique_ptr<LoadedModel> load_to_stay(const fs::path& folder, const PredictOptions& options,
                                          const Reporter& reporter) {
  auto loaded = std::make_unique<LoadedModel>();
  loaded->model = load_model(folder, {options.folds, options.checkpoint}, reporter);
  loaded->window = window_options(loaded->model, options);
  loaded->reading = scan_reading(loaded->model, options);
  start_networks(loaded->model.networks, network_options(loaded->model).input_channels,
                 loaded->window);
  const plan::Configuration& configuration = loaded->model.configuration;
  if (configuration.previous_stage)
    loaded->previous = load_to_stay(previous_stage_model(folder, configuration), options, reporter);
  return loaded;
}

SegmentedScan segment_in_memory(LoadedModel& loaded, const data::Image& scan,
                                const WantedScores& wanted, const StepSink& step) {
  SegmentedCase segmented = through_networks(loaded, prepared(loaded, scan, step), wanted, step);
  const data::Geometry& geometry = segmented.properties.geometry;
  const auto in_stored_order = [&](at::Tensor& array) {
    if (array.defined()) array = data::array_in_stored_order(array, geometry);
  };
  in_stored_order(segmented.labels);
  in_stored_order(segmented.scores.logits);
  in_stored_order(segmented.scores.probabilities);
  in_stored_order(segmented.scores.uncertainty);
  return {segmented.labels, segmented.scores};
}

}  // namespace seg::train
