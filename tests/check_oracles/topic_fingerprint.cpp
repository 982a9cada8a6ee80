#include <thread>

#include "recorded_fingerprint.hpp"
#include "recorded_preprocess.hpp"
#include "seg/data/crop.hpp"
#include "seg/data/extract_fingerprint.hpp"
#include "topic.hpp"

namespace seg::oracles {
namespace fs = std::filesystem;
namespace {

bool is_recorded_dataset(const fs::path& folder) {
  return fs::exists(folder / "dataset.json") && fs::exists(folder / "dataset_fingerprint.json") &&
         fs::is_directory(folder / "imagesTr");
}

/// A dataset folder that brings its fingerprint with it.
void check_dataset(const fs::path& folder, const Tell& tell) {
  tell(attempt(folder.filename().string(), [&](Outcome& outcome) {
    const plan::Dataset dataset = plan::read_dataset(folder);
    compare_fingerprints(
        read_json(folder / "dataset_fingerprint.json"),
        data::extract_fingerprint(data::training_cases(folder, dataset), dataset, {1}), outcome);
  }));
}

/// One case as the fingerprint sees it: its box, and its foreground within.
struct CroppedCase {
  data::Box box;
  at::Tensor image, foreground;  ///< float64
};

CroppedCase cropped(const data::Case& one) {
  const data::Image image = data::read_image(one.channels);
  const auto cropped = data::crop_to_nonzero(image.data, data::read_label_map(*one.label).data);
  const at::Tensor voxels = cropped.data[0].to(at::kDouble);
  return {cropped.box, voxels, voxels.masked_select(cropped.seg[0] > 0)};
}

void replay_fingerprint_case(const data::Case& one, const Json& expected, Outcome& outcome) {
  const CroppedCase found = cropped(one);
  const at::Tensor& voxels = found.foreground;
  const Json numbers = {{"n_foreground", voxels.numel()},
                        {"fg_mean", voxels.mean().item<double>()},
                        {"fg_std", voxels.std(false).item<double>()},
                        {"fg_min", voxels.min().item<double>()},
                        {"fg_max", voxels.max().item<double>()},
                        {"image_max", found.image.max().item<double>()}};
  for (const auto& [key, value] : numbers.items())
    judge(outcome, relative_deviation_of(value, expected.at(key)), 1e-5);
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (expected.at("bbox")[axis] != Json{found.box.lower[axis], found.box.upper[axis]})
      outcome.fault = "another box";
}

/// What sampling without end would give, which is how seg measures.
void compare_with_limit(const Json& limit, const plan::Fingerprint& found, Outcome& outcome) {
  const Json statistics =
      plan::to_json(found).at("foreground_intensity_properties_per_channel").at("0");
  for (const auto& [name, value] : limit.items())
    judge(outcome, relative_deviation_of(statistics.at(name), value), 1e-5);
}

void check_recorded_fingerprint(const fs::path& folder, const Tell& tell) {
  const Json manifest = read_json(folder / "manifest.json");
  const Json expected = read_json(folder / "dataset_fingerprint.json");
  const std::string name = plan::read_plans(folder / "nnUNetPlans.json").dataset_name;
  const fs::path dataset_folder = recorded_dataset(folder, name);
  const auto cases = named_cases(dataset_folder, manifest.at("per_case"));
  plan::Fingerprint found;
  tell(attempt("fingerprint of " + name, [&](Outcome& outcome) {
    found = data::extract_fingerprint(cases, plan::read_dataset(dataset_folder),
                                      {static_cast<int>(std::thread::hardware_concurrency())});
    compare_fingerprints(expected, found, outcome);
    if (expected.at("foreground_intensity_properties_per_channel").at("0") != manifest.at("real"))
      outcome.fault = "the manifest and the recorded file contradict each other";
  }));
  tell(attempt("limit of equal weights", [&](Outcome& outcome) {
    compare_with_limit(manifest.at("exact_equal_case_weight_limit"), found, outcome);
  }));
  for (const data::Case& one : cases)
    tell(attempt(one.name, [&](Outcome& outcome) {
      replay_fingerprint_case(one, manifest.at("per_case").at(one.name), outcome);
    }));
}

}  // namespace

Topic fingerprint_topic() {
  return {"fingerprint",
          [](const fs::path& folder) {
            return is_about(folder, "fingerprint") || is_recorded_dataset(folder);
          },
          [](const fs::path& folder, const Tell& tell) {
            is_recorded_dataset(folder) ? check_dataset(folder, tell)
                                        : check_recorded_fingerprint(folder, tell);
          }};
}

}  // namespace seg::oracles
