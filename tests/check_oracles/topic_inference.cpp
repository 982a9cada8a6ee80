#include "seg/data/image.hpp"
#include "seg/data/npy.hpp"
#include "seg/data/preprocess.hpp"
#include "seg/train/model.hpp"
#include "seg/train/predictor.hpp"
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

struct Recorded {
  fs::path folder;
  const Json& run;  ///< model, folds, mirroring
};

void replay_inference(const Recorded& recorded, const fs::path& scan, const std::string& seg,
                      Outcome& outcome) {
  const test::TemporaryFolder output;
  const auto names = train::predict(model_of(recorded.folder, recorded.run), scan, output.path(),
                                    options_of(recorded.run));
  compare_labels(data::read_label_map(output / (names.at(0) + ".nii.gz")),
                 data::read_label_map(recorded.folder / seg), outcome);
}

// Scans of the training data, which lie beside the recorded outputs and not among them.
fs::path scan_of(const std::string& name) {
  const std::string file = name + "_0000.nii.gz";
  for (const auto& dataset : fs::directory_iterator(test::shared_data() / "data"))
    if (fs::exists(dataset.path() / "imagesTr" / file)) return dataset.path() / "imagesTr" / file;
  return test::shared_data() / "data" / file;
}

// nnU-Net's own sums are in half precision; recorded for this are sums in single precision.
void replay_logits(const Recorded& recorded, const Json& one, Outcome& outcome) {
  const auto model =
      train::load_model(model_of(recorded.folder, recorded.run), folds_of(recorded.run), "final");
  const data::Image scan = data::read_image({scan_of(one.at("case"))});
  const auto input = data::preprocess(scan, {}, model.plans, model.configuration);
  train::SlidingWindowOptions options;
  options.patch_size = model.configuration.patch_size;
  if (recorded.run.at("use_mirroring")) options.mirror_axes = model.mirror_axes;
  const at::Tensor logits =
      train::sliding_window_logits(*model.networks.at(0), input.data, options);
  const auto file = one.at("logits_float32_accumulation").get<std::string>();
  const at::Tensor expected = data::map_npy(recorded.folder / file);
  judge(outcome, (logits - expected).abs().max().item<double>(), 1e-4);
}

bool has_logits(const Json& one) {
  const auto file = one.find("logits_float32_accumulation");
  return file != one.end() && file->is_string();
}

void check_variant(const fs::path& folder, const Json& variant, const Tell& tell) {
  for (const Json& one : variant.at("cases")) {
    const std::string name = one.at("case");
    tell(attempt(variant.at("name").get<std::string>() + "/" + name, [&](Outcome& outcome) {
      replay_inference({folder, variant}, scan_of(name), one.at("seg"), outcome);
    }));
    if (has_logits(one))
      tell(attempt(one.at("logits_float32_accumulation"), [&](Outcome& outcome) {
        replay_logits({folder, variant}, one, outcome);
      }));
  }
}

void check_scans(const fs::path& folder, const Json& scans, const Tell& tell) {
  for (const Json& one : scans)
    tell(attempt(one.at("seg"), [&](Outcome& outcome) {
      replay_inference({folder, one}, folder / one.at("image").get<std::string>(), one.at("seg"),
                       outcome);
    }));
}

void replay_forward(const fs::path& folder, const Json& one, Outcome& outcome) {
  const at::NoGradGuard no_gradients;
  const auto model = train::load_model(model_of(folder, one), {one.at("fold").dump()}, "final");
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
