#include "recorded_evaluation.hpp"

#include <algorithm>

#include "array_difference.hpp"
#include "json_difference.hpp"
#include "seg/data/image.hpp"
#include "seg/data/npy.hpp"
#include "seg/train/ensemble.hpp"
#include "seg/train/postprocess.hpp"
#include "seg/train/probabilities.hpp"
#include "test_files.hpp"

namespace seg::oracles {
namespace fs = std::filesystem;
namespace {

void compare_json(const Json& expected, const Json& found, Outcome& outcome) {
  const JsonDifference difference = json_difference(expected, found);
  outcome.deviation = std::max(outcome.deviation, difference.largest);
  if (outcome.fault.empty()) outcome.fault = difference.fault;
}

plan::Labels labels_named(const Json& names) {
  Json order = Json::array();
  for (std::size_t i = 1; i < names.size(); ++i) order.push_back(i);
  return plan::labels_of(plan::dataset_from_json({{"channel_names", {{"0", "MRI"}}},
                                                  {"labels", names},
                                                  {"regions_class_order", order},
                                                  {"numTraining", 1},
                                                  {"file_ending", ".nii.gz"}},
                                                 "", "recorded labels"));
}

bool same_labels(const at::Tensor& one, const at::Tensor& other) {
  return share_of_different_voxels(one, other) == 0;
}

void compare_files(const fs::path& predictions, const fs::path& expected,
                   const std::vector<train::KeepLargest>& steps, Outcome& outcome) {
  for (const auto& entry : fs::directory_iterator(expected)) {
    const fs::path name = entry.path().filename();
    if (!name.string().ends_with(".nii.gz")) continue;
    const at::Tensor labels = data::read_label_map(predictions / name).data;
    if (!same_labels(train::postprocess(labels, steps), data::read_label_map(entry.path()).data))
      outcome.fault = name.string() + " differs";
  }
}

void replay_postprocessing(const fs::path& folder, const Json& one, Outcome& outcome) {
  const auto path = [&](const char* key) { return folder / one.at(key).get<std::string>(); };
  const plan::Labels labels = labels_named(one.at("labels"));
  const auto decision =
      train::decide_postprocessing({path("pred"), path("ref"), labels, {".nii.gz", 1}});
  const Json report = train::to_json(decision, labels);
  compare_json(one.at("decision"), report.at("postprocessing_kwargs"), outcome);
  compare_json(one.at("functions"), report.at("postprocessing_fns"), outcome);
  compare_json(read_json(path("report")), report, outcome);
  compare_json(with_file_names(read_json(path("pred") / "summary.json")),
               with_file_names(decision.before), outcome);
  compare_json(with_file_names(read_json(path("postprocessed") / "summary.json")),
               with_file_names(decision.after), outcome);
  compare_files(path("pred"), path("postprocessed"), decision.steps, outcome);
  if (train::read_postprocessing(path("report")) != decision.steps)
    outcome.fault = "the report reads back as other steps";
}

void replay_components(const fs::path& folder, const Json& one, Outcome& outcome) {
  const Json& labels = one.at("labels_or_regions");
  const train::KeepLargest step{labels.is_array() ? labels.get<std::vector<int>>()
                                                  : std::vector<int>{labels.get<int>()}};
  const auto load = [&](const char* key) {
    return data::map_npy(folder / one.at(key).get<std::string>()).to(at::kShort);
  };
  outcome.deviation =
      share_of_different_voxels(train::postprocess(load("input"), {step}), load("output"));
  if (outcome.deviation > 0) outcome.fault = "other voxels are kept";
}

std::string recorded_case_name(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder))
    if (const std::string name = entry.path().filename().string(); name.ends_with(".nii.gz"))
      return name.substr(0, name.size() - std::string(".nii.gz").size());
  throw std::runtime_error(folder.string() + " holds no label map");
}

at::Tensor recorded_probabilities(const fs::path& folder, const std::string& name) {
  return data::map_npy(folder / (name + "_probabilities.npy"));
}

/// A folder as prediction with saved probabilities leaves it.
void write_member(const fs::path& recorded, const std::string& name, const fs::path& folder) {
  const at::Tensor probabilities = recorded_probabilities(recorded, name);
  train::write_probabilities(folder / (name + ".npz"), probabilities);
  fs::copy_file(recorded / (name + ".nii.gz"), folder / (name + ".nii.gz"));
  Json labels{{"background", 0}};
  for (std::int64_t label = 1; label < probabilities.size(0); ++label)
    labels[std::to_string(label)] = label;
  write_json(folder / "dataset.json", {{"channel_names", {{"0", "MRI"}}},
                                       {"labels", labels},
                                       {"numTraining", 1},
                                       {"file_ending", ".nii.gz"}});
}

void replay_ensemble(const fs::path& folder, const Json& one, Outcome& outcome) {
  const fs::path merged = folder / one.at("merged").get<std::string>();
  const std::string name = recorded_case_name(merged);
  const test::TemporaryFolder scratch;
  std::vector<fs::path> members;
  for (const std::string member : one.at("members")) {
    members.push_back(scratch / member);
    write_member(merged.parent_path() / member, name, members.back());
  }
  train::ensemble_folders(members, scratch / "merged", {.save_probabilities = true});
  judge(outcome,
        largest_difference(train::read_probabilities(scratch / "merged" / (name + ".npz")),
                           recorded_probabilities(merged, name)),
        1e-6);
  if (!same_labels(data::read_label_map(scratch / "merged" / (name + ".nii.gz")).data,
                   data::read_label_map(merged / (name + ".nii.gz")).data))
    outcome.fault = "the label map differs";
}

}  // namespace

Json with_file_names(Json summary) {
  for (Json& one : summary.at("metric_per_case"))
    for (const char* key : {"prediction_file", "reference_file"})
      one[key] = fs::path(one[key].get<std::string>()).filename().string();
  return summary;
}

void check_postprocessing(const fs::path& folder, const Json& recorded, const Tell& tell) {
  for (const Json& one : recorded)
    tell(attempt("post-processing " + one.at("name").get<std::string>(),
                 [&](Outcome& outcome) { replay_postprocessing(folder, one, outcome); }));
}

void check_components(const fs::path& folder, const Json& recorded, const Tell& tell) {
  for (const Json& one : recorded)
    tell(attempt("components " + one.at("input").get<std::string>(),
                 [&](Outcome& outcome) { replay_components(folder, one, outcome); }));
}

void check_ensembles(const fs::path& folder, const Json& recorded, const Tell& tell) {
  for (const Json& one : recorded.at("cases"))
    tell(attempt("ensemble " + one.at("merged").get<std::string>(),
                 [&](Outcome& outcome) { replay_ensemble(folder, one, outcome); }));
}

}  // namespace seg::oracles
