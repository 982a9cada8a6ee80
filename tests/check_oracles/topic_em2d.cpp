#include <algorithm>

#include "array_difference.hpp"
#include "json_difference.hpp"
#include "recorded_fingerprint.hpp"
#include "recorded_planner.hpp"
#include "recorded_preprocess.hpp"
#include "seg/data/extract_fingerprint.hpp"
#include "seg/data/npy.hpp"
#include "topic.hpp"

namespace seg::oracles {
namespace fs = std::filesystem;
namespace {

/// Pictures that nnU-Net measured and planned.
struct RecordedPictures {
  fs::path folder;
  Json manifest;
  plan::Plans plans;  ///< as recorded
  fs::path dataset_folder;
  plan::Dataset dataset;
};

RecordedPictures recorded_pictures(const fs::path& folder) {
  RecordedPictures recorded{folder,
                            read_json(folder / "manifest.json"),
                            plan::read_plans(folder / "nnUNetPlans.json"),
                            {},
                            {}};
  recorded.dataset_folder = recorded_dataset(folder, recorded.plans.dataset_name);
  recorded.dataset = plan::read_dataset(recorded.dataset_folder);
  return recorded;
}

void replay_picture_plans(const RecordedPictures& recorded, Outcome& outcome) {
  plan::PlannerOptions options;
  options.preset = preset_of(recorded.plans.json.at("experiment_planner_used"));
  options.image_reader_writer = recorded.plans.image_reader_writer;
  const auto plans = plan::plan_experiment(
      recorded.dataset, plan::read_fingerprint(recorded.folder / "dataset_fingerprint.json"),
      options);
  const JsonDifference difference = json_difference(recorded.plans.json, plans.json);
  outcome.deviation = difference.largest;
  outcome.fault = difference.fault;
  if (Json(plans.configuration_names()) != recorded.manifest.at("configurations"))
    outcome.fault = "other configurations";
}

void replay_picture(const data::Case& one, const Json& expected, Outcome& outcome) {
  const at::Tensor label = data::read_label_map(*one.label).data;
  const std::vector<std::int64_t> shape = expected.at("shape");
  if (label.sizes().slice(2) != at::IntArrayRef(shape)) outcome.fault = "another shape";
  // Recorded are the values before they were renumbered, so only how many there are.
  if (std::get<0>(at::_unique(label)).numel() !=
      static_cast<std::int64_t>(expected.at("original_label_values").size()))
    outcome.fault = "another number of labels";
}

Json label_counts(const at::Tensor& seg) {
  Json counts = Json::object();
  for (int label = seg.min().item<int>(); label <= seg.max().item<int>(); ++label)
    if (const auto count = (seg == label).sum().item<std::int64_t>(); count > 0)
      counts[std::to_string(label)] = count;
  return counts;
}

void expect_equal(const Json& expected, const Json& found, const std::string& what,
                  Outcome& outcome) {
  if (expected != found) outcome.fault = what + " is " + found.dump();
}

at::Tensor recorded_crop(const at::Tensor& array) {
  return array[0][0].slice(0, 200, 264).slice(1, 200, 264);
}

void compare_example(const RecordedPictures& recorded, const data::PreprocessedCase& found,
                     Outcome& outcome) {
  const Json& example = recorded.manifest.at("example");
  const auto file = [&](const char* key) {
    return data::map_npy(recorded.folder / example.at(key).get<std::string>()).squeeze();
  };
  judge(
      outcome,
      largest_difference(recorded_crop(found.data), file("data_crop_0_0_rows200_264_cols200_264")),
      1e-5);
  if (!recorded_crop(found.seg).eq(file("seg_crop")).all().item<bool>())
    outcome.fault = "labels differ";
  const at::Tensor values = found.data.to(at::kDouble);
  judge(outcome, std::abs(values.mean().item<double>() - example.at("data_mean").get<double>()),
        1e-5);
  judge(outcome, std::abs(values.std(false).item<double>() - example.at("data_std").get<double>()),
        1e-5);
  expect_equal(example.at("data_shape"), found.data.sizes().vec(), "the shape", outcome);
  expect_equal(example.at("seg_label_counts"), label_counts(found.seg), "label counts", outcome);
}

void replay_example(const RecordedPictures& recorded, const std::vector<data::Case>& cases,
                    Outcome& outcome) {
  const Json& example = recorded.manifest.at("example");
  const auto one =
      std::ranges::find(cases, example.at("case").get<std::string>(), &data::Case::name);
  if (one == cases.end()) throw std::runtime_error("the case is not in the dataset");
  const data::Image image = data::read_image(one->channels);
  const auto configuration = recorded.plans.configuration("2d");
  const auto found = data::preprocess(image, data::read_label_map(*one->label).data,
                                      {{}, recorded.plans, configuration, {}});
  compare_example(recorded, found, outcome);
  const auto& properties = found.properties;
  Json box = Json::array();
  for (int axis = 0; axis < 3; ++axis)
    box.push_back({properties.box.lower[axis], properties.box.upper[axis]});
  expect_equal(example.at("bbox"), box, "the box", outcome);
  expect_equal(example.at("shape_before_cropping"), properties.shape_before_cropping, "the shape",
               outcome);
  const auto spacing = image.geometry.array_spacing();
  expect_equal(example.at("spacing").get<std::vector<double>>(), spacing, "the spacing", outcome);
  Json counts = Json::object();
  const auto locations = data::class_locations(found.seg, plan::labels_of(recorded.dataset));
  for (std::size_t i = 0; i < locations.size(); ++i)
    counts[std::to_string(i + 1)] = locations[i].size(0);
  expect_equal(example.at("class_location_counts"), counts, "the number of locations", outcome);
}

void check_em2d(const fs::path& folder, const Tell& tell) {
  const RecordedPictures recorded = recorded_pictures(folder);
  const auto cases = named_cases(recorded.dataset_folder, recorded.manifest.at("cases"));
  tell(attempt("plans", [&](Outcome& outcome) { replay_picture_plans(recorded, outcome); }));
  tell(attempt("fingerprint", [&](Outcome& outcome) {
    compare_fingerprints(read_json(folder / "dataset_fingerprint.json"),
                         data::extract_fingerprint(cases, recorded.dataset, {1}), outcome);
  }));
  for (const data::Case& one : cases)
    tell(attempt(one.name, [&](Outcome& outcome) {
      replay_picture(one, recorded.manifest.at("cases").at(one.name), outcome);
    }));
  tell(attempt("example", [&](Outcome& outcome) { replay_example(recorded, cases, outcome); }));
}

}  // namespace

Topic em2d_topic() {
  return {"em2d", [](const fs::path& folder) { return is_about(folder, "em2d"); }, check_em2d};
}

}  // namespace seg::oracles
