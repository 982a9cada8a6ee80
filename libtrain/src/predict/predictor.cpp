#include "seg/train/predictor.hpp"

#include <thread>

#include "base/bounded_queue.hpp"
#include "base/outcome.hpp"
#include "predict/predict_case.hpp"
#include "seg/plan/error.hpp"
#include "seg/train/device.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;
using CaseQueue = BoundedQueue<CaseInWork>;

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

PredictionRun make_run(const fs::path& folder, const fs::path& output,
                       const PredictOptions& options) {
  check(options);
  set_threads(options.threads);
  PredictionRun run{load_model(folder, options.folds, options.checkpoint), output, options, {}};
  run.reader = data::with_orientation(data::image_reader(run.model.plans), options.orientation);
  run.window.patch_size = run.model.configuration.patch_size;
  run.window.step_size = options.step_size;
  if (options.mirroring) run.window.mirror_axes = run.model.mirror_axes;
  run.window.device = choose_device(options.device);
  run.window.precision = choose_precision(options.precision, run.window.device);
  if (run.window.precision == at::kFloat) forbid_tf32();
  for (const auto& network : run.model.networks) network->to(run.window.device);
  return run;
}

PredictOptions first_stage(PredictOptions options) {
  options.save_probabilities = false;
  return options;
}

bool is_done(const PredictionRun& run, const std::string& name) {
  return fs::exists(run.file(name, run.model.dataset.file_ending)) &&
         (!run.options.save_probabilities || fs::exists(run.file(name, ".npz")));
}

std::vector<data::Case> cases_of_part(const PredictionRun& run, const fs::path& scans) {
  const auto& dataset = run.model.dataset;
  const auto all = data::cases_to_predict(scans, static_cast<int>(dataset.channel_names.size()),
                                          dataset.file_ending);
  std::vector<data::Case> part;
  for (std::size_t i = run.options.part_id; i < all.size(); i += run.options.num_parts)
    part.push_back(all[i]);
  return part;
}

std::vector<data::Case> cases_to_do(const PredictionRun& run, const fs::path& scans,
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

// The three steps work at the same time, each on a case of its own. A case that fails drops out.
struct Pipeline {
  const PredictionRun& run;
  Outcome& outcome;
  CaseQueue prepared{1}, segmented{1};

  void prepare(const std::vector<data::Case>& cases) {
    for (const auto& scan : cases) {
      auto done =
          outcome.attempt(scan.name, [&] { return prepare_case(run, scan, outcome.reporter()); });
      if (done && !prepared.push(std::move(*done))) break;
    }
    prepared.close();
  }

  void segment() {
    while (auto item = prepared.pop()) {
      const std::string name = item->name;
      auto done = outcome.attempt(name, [&] { return segment_case(run, std::move(*item)); });
      if (done && !segmented.push(std::move(*done))) break;
    }
    segmented.close();
  }

  void write() {
    while (const auto item = segmented.pop()) {
      if (outcome.attempt(item->name, [&] { return write_case(run, *item); }))
        outcome.finish(item->name);
      else
        stop();  // what cannot be written now, cannot be written later either
    }
  }

  void stop() {
    prepared.close();
    segmented.close();
  }
};

}  // namespace

std::vector<std::string> predict(const fs::path& model, const fs::path& scans,
                                 const fs::path& output, const PredictOptions& options,
                                 const Reporter& reporter) {
  PredictionRun run = make_run(model, output, options);
  if (run.model.configuration.previous_stage && !options.previous_stage) {
    run.options.previous_stage = output / *run.model.configuration.previous_stage;
    predict(previous_stage_model(model, run.model.configuration), scans,
            *run.options.previous_stage, first_stage(options), reporter);
  }
  const auto cases = cases_to_do(run, scans, reporter);
  write_json(output / "dataset.json", run.model.dataset.json);
  write_json(output / "plans.json", run.model.plans.json);
  Outcome outcome(cases.size(), reporter);
  Pipeline pipeline{run, outcome};
  const auto beside_network = [&] {
    if (cases.size() > 1) use_one_thread();
  };
  std::jthread preparing([&] {
    beside_network();
    pipeline.prepare(cases);
  });
  std::jthread writing([&] {
    beside_network();
    pipeline.write();
  });
  pipeline.segment();
  preparing.join();
  writing.join();
  return outcome.finished_or_throw();
}

}  // namespace seg::train
