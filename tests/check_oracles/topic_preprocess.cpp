#include <cmath>

#include "array_difference.hpp"
#include "recorded_preprocess.hpp"
#include "seg/data/crop.hpp"
#include "seg/data/npy.hpp"
#include "topic.hpp"

namespace seg::oracles {
namespace fs = std::filesystem;
namespace {

/// The entries of the manifest that say where the array came from, as we have them.
Json places(const data::CaseProperties& properties) {
  Json box = Json::array();
  for (int axis = 0; axis < 3; ++axis)
    box.push_back({properties.box.lower[axis], properties.box.upper[axis]});
  return {{"shape_before_cropping", properties.shape_before_cropping},
          {"bbox_used_for_cropping", box},
          {"shape_after_cropping_and_before_resampling", properties.shape_after_cropping}};
}

void compare_places(const Json& found, const Json& record, Outcome& outcome) {
  for (const auto& [key, value] : found.items())
    if (value != record.at(key)) outcome.fault = key + " is " + value.dump();
}

/// Sums of the voxels' array coordinates, with a leading 0 for the channel as nnU-Net stores it.
Json coordinate_sums(const at::Tensor& locations) {
  Json sums{0};
  for (std::int64_t axis = 0; axis < 3; ++axis)
    sums.push_back(locations.select(1, axis).sum().item<std::int64_t>());
  return sums;
}

/// Small classes are stored completely; of large ones a random part, so only its size is compared.
void compare_locations(const data::PreprocessedCase& found, const RecordedCase& inputs,
                       const Json& record, Outcome& outcome) {
  const auto locations = data::class_locations(found.seg, inputs.labels);
  const auto classes = inputs.labels.foreground();
  std::size_t i = 0;
  for (const auto& [name, expected] : record.at("class_locations").items()) {
    if (i >= locations.size()) throw std::runtime_error("class " + name + " has no locations");
    const at::Tensor& rows = locations[i];
    if (rows.size(0) != expected.at("count").get<std::int64_t>())
      outcome.fault = "class " + name + " has " + std::to_string(rows.size(0)) + " locations";
    const bool complete =
        i < classes.size() &&
        at::isin(found.seg, at::tensor(classes[i], at::kShort)).sum().item<std::int64_t>() ==
            rows.size(0);
    if (complete && coordinate_sums(rows) != expected.at("coordinate_sums"))
      outcome.fault = "class " + name + " has other locations";
    ++i;
  }
}

Json counts_of_labels(const at::Tensor& seg) {
  Json counts = Json::object();
  for (int label = seg.min().item<int>(); label <= seg.max().item<int>(); ++label)
    if (const auto count = (seg == label).sum().item<std::int64_t>(); count > 0)
      counts[std::to_string(label)] = count;
  return counts;
}

void compare_statistics(const at::Tensor& data, const Json& record, Outcome& outcome) {
  const at::Tensor values = data.to(at::kDouble);
  const auto compare = [&](const char* key, const at::Tensor& found) {
    judge(outcome, std::abs(found.item<double>() - record.at(key).get<double>()), 1e-4);
  };
  compare("data_mean", values.mean());
  compare("data_std", values.std(false));
  compare("data_min", values.min());
  compare("data_max", values.max());
}

/// Numbers that are no arrays, which nnU-Net read or decided.
void compare_settings_of(const RecordedCase& inputs, const plan::Configuration& configuration,
                         const Json& record, Outcome& outcome) {
  const auto compare = [&](const char* key, const auto& found) {
    const auto expected = record.at(key).get<std::decay_t<decltype(found)>>();
    if (found != expected) outcome.fault = std::string(key) + " is " + Json(found).dump();
  };
  compare("spacing_as_read", inputs.image.geometry.array_spacing());
  compare("transpose_forward", inputs.plans.transpose_forward);
  if (record.contains("target_spacing")) compare("target_spacing", configuration.spacing);
  if (!record.contains("normalization_schemes")) return;
  compare("normalization_schemes", configuration.normalization_schemes);
  compare("use_mask_for_norm", configuration.use_mask_for_norm);
}

void expect_same_in_2d(const RecordedCase& inputs, const data::PreprocessedCase& found,
                       Outcome& outcome) {
  const auto flat = data::preprocess(inputs.image, inputs.label,
                                     {{}, inputs.plans, inputs.plans.configuration("2d"), {}});
  if (!flat.data.equal(found.data) || !flat.seg.equal(found.seg))
    outcome.fault = "2d gives other arrays";
}

void replay_preprocess(const fs::path& folder, const Json& record, Outcome& outcome) {
  const RecordedCase inputs = recorded_case(folder, record);
  const auto configuration = inputs.plans.configuration(inputs.configuration);
  const auto result =
      data::preprocess(inputs.image, inputs.label, {{}, inputs.plans, configuration, {}});
  judge(outcome, largest_difference(result.data, recorded_data(folder, record)), 1e-4);
  const at::Tensor seg = data::map_npy(folder / record.at("seg"));
  const double different = share_of_different_voxels(result.seg, seg);
  if (different > 0.002) outcome.fault = "labels differ";
  if (different == 0 && counts_of_labels(result.seg) != record.at("seg_label_counts"))
    outcome.fault = "label counts are " + counts_of_labels(result.seg).dump();
  if (Json(result.data.sizes().vec()) != record.at("output_shape")) outcome.fault = "another shape";
  compare_places(places(result.properties), record, outcome);
  compare_statistics(result.data, record, outcome);
  compare_settings_of(inputs, configuration, record, outcome);
  if (different == 0) compare_locations(result, inputs, record, outcome);
  if (record.value("2d_configuration_gives_identical_arrays", false))
    expect_same_in_2d(inputs, result, outcome);
}

/// The mask that stands for labels where there are none.
void replay_without_label(const fs::path& folder, const Json& record, Outcome& outcome) {
  Json one = record;
  one["dataset"] = "Hippocampus";
  const RecordedCase inputs = recorded_case(folder, one);
  const at::Tensor seg = data::crop_to_nonzero(inputs.image.data, {}).seg;
  if (counts_of_labels(seg) != record.at("seg_label_counts"))
    outcome.fault = "label counts are " + counts_of_labels(seg).dump();
}

void check_preprocess(const fs::path& folder, const Tell& tell) {
  const Json manifest = read_json(folder / "manifest.json");
  for (const Json& record : manifest.at("cases"))
    tell(attempt(record.at("name"),
                 [&](Outcome& outcome) { replay_preprocess(folder, record, outcome); }));
  if (manifest.contains("without_label"))
    tell(attempt("without_label", [&](Outcome& outcome) {
      replay_without_label(folder, manifest["without_label"], outcome);
    }));
}

}  // namespace

Topic preprocess_topic() {
  return {"preprocess", [](const fs::path& folder) { return is_about(folder, "preprocess"); },
          check_preprocess};
}

}  // namespace seg::oracles
