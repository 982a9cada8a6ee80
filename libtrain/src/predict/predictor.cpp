#include "seg/train/predictor.hpp"

#include "predict/segment_cases.hpp"
#include "seg/data/cases.hpp"
#include "seg/plan/error.hpp"
#include "seg/train/device.hpp"
#include "seg/train/model.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

void check(const PredictOptions& options) {
  if (options.num_parts < 1 || options.part_id < 0 || options.part_id >= options.num_parts)
    throw Error("--part-id " + std::to_string(options.part_id),
                "is not one of " + std::to_string(options.num_parts) + " parts",
                "count parts from 0");
  if (!(options.step_size > 0 && options.step_size <= 1))
    throw Error("--step-size " + std::to_string(options.step_size), "is not a part of the patch",
                "give a number above 0 and up to 1");
}

// <trainer>__<plans>__<configuration> beside the given model folder.
fs::path sibling_model(const fs::path& folder, const std::string& configuration) {
  const fs::path path = fs::weakly_canonical(folder);
  const std::string name = path.filename().string();
  return path.parent_path() / (name.substr(0, name.rfind("__")) + "__" + configuration);
}

fs::path previous_stage_model(const fs::path& folder, const plan::Configuration& configuration) {
  const fs::path found = sibling_model(folder, *configuration.previous_stage);
  if (fs::is_directory(found)) return found;
  throw Error(configuration.name, "needs the segmentations of " + *configuration.previous_stage,
              "predict with that model first and give its output as --previous-stage");
}

/// What all cases of a run share.
struct Prediction {
  Model model;  ///< its networks are loaded when the first case is to be segmented
  fs::path output;
  PredictOptions options;
  SlidingWindowOptions window;

  /// OUTPUT/<case><ending>.
  fs::path file(const std::string& name, const std::string& ending) const {
    return output / (name + ending);
  }
};

SlidingWindowOptions window_options(const Model& model, const PredictOptions& options) {
  SlidingWindowOptions window;
  window.patch_size = model.configuration.patch_size;
  window.step_size = options.step_size;
  if (options.mirroring) window.mirror_axes = model.mirror_axes;
  window.device = choose_device(options.device);
  window.precision = choose_precision(options.precision, window.device);
  if (window.precision == at::kFloat) forbid_tf32();
  return window;
}

PredictOptions first_stage(PredictOptions options) {
  options.save_probabilities = false;
  return options;
}

bool is_done(const Prediction& run, const std::string& name) {
  return fs::exists(run.file(name, run.model.dataset.file_ending)) &&
         (!run.options.save_probabilities || fs::exists(run.file(name, ".npz")));
}

std::vector<data::Case> cases_of_part(const Prediction& run, const fs::path& scans) {
  const auto& dataset = run.model.dataset;
  const auto all = data::cases_to_predict(scans, static_cast<int>(dataset.channel_names.size()),
                                          dataset.file_ending);
  std::vector<data::Case> part;
  for (std::size_t i = run.options.part_id; i < all.size(); i += run.options.num_parts)
    part.push_back(all[i]);
  return part;
}

std::vector<data::Case> cases_to_do(const Prediction& run, const fs::path& scans,
                                    const Reporter& reporter) {
  auto cases = cases_of_part(run, scans);
  if (run.options.overwrite) return cases;
  const auto skipped =
      std::erase_if(cases, [&](const auto& one) { return is_done(run, one.name); });
  if (skipped > 0)
    reporter.say("skipping " + std::to_string(skipped) + " cases that have a segmentation in " +
                 run.output.string() + " (--overwrite makes them again)");
  return cases;
}

at::Tensor previous_labels(const Prediction& run, const std::string& name,
                           const Reporter& reporter) {
  if (!run.model.configuration.previous_stage) return {};
  const fs::path file = *run.options.previous_stage / (name + run.model.dataset.file_ending);
  return data::read_label_map(file, reporter).data;
}

/// Reads and preprocesses a scan, with the previous stage's labels as further channels in a
/// cascade.
PreparedCase prepare(const Prediction& run, const data::Case& scan, const Reporter& reporter) {
  const data::Image image = data::read_image(scan.channels, reporter);
  const auto prepared =
      data::preprocess(image, previous_labels(run, scan.name, reporter), run.model);
  return {scan.name, network_input(prepared.data, prepared.seg, run.model.labels),
          prepared.properties};
}

std::vector<std::string> segment(Prediction& run, const std::vector<data::Case>& cases,
                                 const Reporter& reporter) {
  if (cases.empty()) return {};
  load_networks(run.model);
  for (const auto& network : run.model.networks) network->to(run.window.device);
  const Segmenter segmenter{run.model, run.model.networks, run.window,
                            run.options.save_probabilities};
  CaseFlow flow;
  for (const data::Case& scan : cases) flow.names.push_back(scan.name);
  flow.source = [&](std::size_t i, const Reporter& serial) {
    return prepare(run, cases[i], serial);
  };
  flow.sink = [&](const SegmentedCase& segmented) {
    write_segmentation({run.file(segmented.name, run.model.dataset.file_ending),
                        run.file(segmented.name, "")},
                       segmented, run.model);
  };
  return segment_cases(segmenter, flow, reporter);
}

}  // namespace

std::vector<std::string> predict(const fs::path& model, const fs::path& scans,
                                 const fs::path& output, const PredictOptions& options,
                                 const Reporter& reporter) {
  check(options);
  set_threads(options.threads);
  Prediction run{describe_model(model, {options.folds, options.checkpoint}, reporter),
                 output, options, {}};
  run.window = window_options(run.model, options);
  // A cascade's first stage is done, and its networks are gone, before those of the second come.
  if (run.model.configuration.previous_stage && !options.previous_stage) {
    run.options.previous_stage = output / *run.model.configuration.previous_stage;
    predict(previous_stage_model(model, run.model.configuration), scans,
            *run.options.previous_stage, first_stage(options), reporter);
  }
  const auto cases = cases_to_do(run, scans, reporter);
  write_json(output / "dataset.json", run.model.dataset.json);
  write_json(output / "plans.json", run.model.plans.json);
  return segment(run, cases, reporter);
}

}  // namespace seg::train
