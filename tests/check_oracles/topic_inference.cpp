#include <cmath>

#include "seg/data/image.hpp"
#include "seg/data/npy.hpp"
#include "seg/data/preprocess.hpp"
#include "seg/train/model.hpp"
#include "seg/train/predictor.hpp"
#include "seg/train/probabilities.hpp"
#include "seg/train/sliding_window.hpp"
#include "test_files.hpp"
#include "topic.hpp"

namespace seg::oracles {
namespace fs = std::filesystem;
namespace {

fs::path model_of(const fs::path& folder, const Json& one) {
  if (one.contains("model_folder")) return folder / one.at("model_folder").get<std::string>();
  const bool flat = one.at("config") == "2d";
  return folder / "models" /
         (flat ? "nnUNetTrainer__nnUNetPlans__2d" : "nnUNetTrainer__nnUNetPlans__3d_fullres");
}

std::vector<std::string> folds_of(const Json& one) {
  std::vector<std::string> folds;
  for (const Json& fold : one.at("folds")) folds.push_back(fold.dump());
  return folds;
}

train::PredictOptions options_of(const Json& one) {
  train::PredictOptions options;
  options.folds = folds_of(one);
  options.mirroring = one.at("use_mirroring");
  options.precision = "fp32";
  options.device = "cpu";
  return options;
}

double dice(const at::Tensor& a, const at::Tensor& b) {
  const double both = (a & b).sum().item<double>(), sizes = (a.sum() + b.sum()).item<double>();
  return sizes > 0 ? 2 * both / sizes : 1;
}

bool same_grid(const data::Image& a, const data::Image& b) {
  return a.data.sizes() == b.data.sizes() && a.geometry.spacing == b.geometry.spacing &&
         a.geometry.origin == b.geometry.origin && a.geometry.direction == b.geometry.direction;
}

// nnU-Net sums in half precision, so a few voxels whose classes are nearly tied may differ.
void compare_labels(const data::Image& ours, const data::Image& theirs, Outcome& outcome) {
  if (!same_grid(ours, theirs)) {
    outcome.fault = "lies on another grid";
    return;
  }
  outcome.deviation = (ours.data != theirs.data).to(at::kDouble).mean().item<double>();
  if (outcome.deviation >= 1e-4) outcome.fault = "1 voxel in 10 000 or more differs";
  for (int label = 1; label <= theirs.data.max().item<int>(); ++label)
    if (dice(ours.data == label, theirs.data == label) < 0.999)
      outcome.fault = "Dice of label " + std::to_string(label) + " is below 0.999";
}

/// Counts of labels may differ by as many voxels as segmentations may.
void compare_label_counts(const at::Tensor& labels, const Json& expected, Outcome& outcome) {
  for (const auto& [label, count] : expected.items()) {
    const auto found = (labels == std::stoi(label)).sum().item<std::int64_t>();
    if (std::abs(found - count.get<std::int64_t>()) > 1e-4 * static_cast<double>(labels.numel()))
      outcome.fault = "label " + label + " has " + std::to_string(found) + " voxels";
  }
}

struct Recorded {
  fs::path folder;
  const Json& run;  ///< model, folds, mirroring

  fs::path file(const Json& name) const { return folder / name.get<std::string>(); }
};

bool names_file(const Json& one, const char* key) {
  return one.contains(key) && one.at(key).is_string();
}

/// Dice with the annotated labels, which follows the segmentation's few voxels that may differ.
void compare_dice(const at::Tensor& labels, const fs::path& scan, const Json& expected,
                  Outcome& outcome) {
  const fs::path folder = scan.parent_path().parent_path() / "labelsTr";
  const std::string name = scan.filename().string();
  const fs::path truth = folder / (name.substr(0, name.rfind("_0000")) + ".nii.gz");
  const at::Tensor annotated = data::read_label_map(truth).data;
  for (const auto& [label, value] : expected.items()) {
    const int number = std::stoi(label);
    if (std::abs(dice(labels == number, annotated == number) - value.get<double>()) > 1e-3)
      outcome.fault = "another Dice of label " + label;
  }
}

// nnU-Net sums in half precision, which moves logits by 1e-3 on average.
void compare_on_average(const at::Tensor& ours, const at::Tensor& theirs, Outcome& outcome) {
  if (ours.sizes() != theirs.sizes()) throw std::runtime_error("an array of another shape");
  const double difference = (ours - theirs.to(at::kFloat)).abs().mean().item<double>();
  if (!(difference <= 1e-3))
    outcome.fault = "differs by " + std::to_string(difference) + " on average";
}

void compare_geometry(const fs::path& scan, const Json& one, Outcome& outcome) {
  const data::Image image = data::read_image({scan});
  const auto expect = [&](const char* key, const Json& found) {
    if (!one.contains(key)) return;
    for (std::size_t i = 0; i < found.size(); ++i)
      if (std::abs(one.at(key).at(i).get<double>() - found[i].get<double>()) > 1e-6)
        outcome.fault = std::string(key) + " is " + found.dump();
  };
  expect("spacing_as_read_xyz", image.geometry.spacing);
  expect("origin", image.geometry.origin);
  expect("direction", image.geometry.direction);
  expect("image_shape_zyx", image.data.sizes().slice(1).vec());
  expect("shape", image.data.sizes().slice(1).vec());
}

void compare_input_shape(const Recorded& recorded, const fs::path& scan, const Json& one,
                         Outcome& outcome) {
  if (!one.contains("network_input_shape")) return;
  const auto model =
      train::load_model(model_of(recorded.folder, recorded.run), {folds_of(recorded.run), "final"});
  const auto input = data::preprocess(data::read_image({scan}), {}, model);
  if (Json(input.data.sizes().vec()) != one.at("network_input_shape"))
    outcome.fault = "the network sees another shape";
}

void replay_inference(const Recorded& recorded, const fs::path& scan, const Json& one,
                      Outcome& outcome) {
  const test::TemporaryFolder output;
  auto options = options_of(recorded.run);
  options.save_probabilities = names_file(one, "probabilities");
  const auto names =
      train::predict(model_of(recorded.folder, recorded.run), scan, output.path(), options)
          .finished;
  const data::Image labels = data::read_label_map(output / (names.at(0) + ".nii.gz"));
  compare_labels(labels, data::read_label_map(recorded.file(one.at("seg"))), outcome);
  compare_label_counts(labels.data, one.at("label_counts"), outcome);
  if (one.contains("dice")) compare_dice(labels.data, scan, one.at("dice"), outcome);
  if (options.save_probabilities)
    compare_on_average(train::read_probabilities(output / (names.at(0) + ".npz")),
                       data::map_npy(recorded.file(one.at("probabilities"))), outcome);
  compare_geometry(scan, one, outcome);
  compare_input_shape(recorded, scan, one, outcome);
}

// Scans of the training data, which lie beside the recorded outputs and not among them.
fs::path scan_of(const std::string& name) {
  const std::string file = name + "_0000.nii.gz";
  for (const auto& dataset : fs::directory_iterator(test::shared_data() / "data"))
    if (fs::exists(dataset.path() / "imagesTr" / file)) return dataset.path() / "imagesTr" / file;
  return test::shared_data() / "data" / file;
}

/// Logits of the preprocessed scan, averaged over folds.
at::Tensor logits_of(const Recorded& recorded, const fs::path& scan) {
  const auto model =
      train::load_model(model_of(recorded.folder, recorded.run), {folds_of(recorded.run), "final"});
  const auto input = data::preprocess(data::read_image({scan}), {}, model);
  train::SlidingWindowOptions options;
  options.patch_size = model.configuration.patch_size;
  if (recorded.run.at("use_mirroring")) options.mirror_axes = model.mirror_axes;
  return train::sliding_window_logits(model.networks, input.data, options);
}

// Half precision is nnU-Net's own; sums in single precision were recorded for this comparison.
void replay_logits(const Recorded& recorded, const Json& one, Outcome& outcome) {
  const at::Tensor logits = logits_of(recorded, scan_of(one.at("case")));
  compare_on_average(logits, data::map_npy(recorded.file(one.at("logits"))), outcome);
  if (!names_file(one, "logits_float32_accumulation")) return;
  const at::Tensor precise = data::map_npy(recorded.file(one.at("logits_float32_accumulation")));
  judge(outcome, (logits - precise).abs().max().item<double>(), 1e-4);
}

/// The recorded means over cases must be those of the cases.
void replay_mean_dice(const Json& variant, Outcome& outcome) {
  for (const auto& [label, expected] : variant.at("mean_dice").items()) {
    double sum = 0;
    for (const Json& one : variant.at("cases")) sum += one.at("dice").at(label).get<double>();
    const double mean = sum / static_cast<double>(variant.at("cases").size());
    judge(outcome, std::abs(mean - expected.get<double>()), 1e-9);
  }
}

void check_variant(const fs::path& folder, const Json& variant, const Tell& tell) {
  const Recorded recorded{folder, variant};
  for (const Json& one : variant.at("cases")) {
    const std::string name =
        variant.at("name").get<std::string>() + "/" + one.at("case").get<std::string>();
    tell(attempt(name, [&](Outcome& outcome) {
      replay_inference(recorded, scan_of(one.at("case")), one, outcome);
    }));
    if (names_file(one, "logits"))
      tell(attempt(one.at("logits"),
                   [&](Outcome& outcome) { replay_logits(recorded, one, outcome); }));
  }
  tell(attempt(variant.at("name").get<std::string>() + " mean Dice",
               [&](Outcome& outcome) { replay_mean_dice(variant, outcome); }));
}

void check_scans(const fs::path& folder, const Json& scans, const Tell& tell) {
  for (const Json& one : scans) {
    const Recorded recorded{folder, one};
    tell(attempt(one.at("seg"), [&](Outcome& outcome) {
      replay_inference(recorded, recorded.file(one.at("image")), one, outcome);
    }));
  }
}

void replay_forward(const fs::path& folder, const Json& one, Outcome& outcome) {
  const at::NoGradGuard no_gradients;
  const auto model = train::load_model(model_of(folder, one), {{one.at("fold").dump()}, "final"});
  const auto file = [&](const char* key) { return folder / one.at(key).get<std::string>(); };
  const at::Tensor logits = model.networks[0]->forward(data::map_npy(file("input")))[0];
  const at::Tensor expected = data::map_npy(file("output"));
  judge(outcome, (logits - expected).abs().max().item<double>(), 1e-4);
}

void check_forward(const fs::path& folder, const Json& manifest, const Tell& tell) {
  for (const std::string config : {"2d", "3d"}) {
    if (!manifest.contains("forward_" + config)) continue;
    Json one = manifest.at("forward_" + config);
    one["config"] = config;
    tell(attempt("forward_" + config,
                 [&](Outcome& outcome) { replay_forward(folder, one, outcome); }));
  }
}

void check_inference(const fs::path& folder, const Tell& tell) {
  const Json manifest = read_json(folder / "manifest.json");
  check_forward(folder, manifest, tell);
  for (const Json& variant : manifest.at("variants")) check_variant(folder, variant, tell);
  check_scans(folder, manifest.at("other_sizes"), tell);
  check_scans(folder, manifest.at("geometry"), tell);
}

}  // namespace

Topic inference_topic() {
  return {"inference", [](const fs::path& folder) { return is_about(folder, "inference"); },
          check_inference};
}

}  // namespace seg::oracles
