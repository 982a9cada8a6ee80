#include <algorithm>
#include <cmath>
#include <map>

#include "evaluate/further_metrics.hpp"
#include "python_key.hpp"
#include "seg/data/npy.hpp"
#include "seg/train/surface_metrics.hpp"
#include "topic.hpp"

namespace seg::oracles {
namespace fs = std::filesystem;
namespace {

constexpr double distance_tolerance = 1e-6, nsd_tolerance = 1e-9;  // the record's own

at::Tensor map_of(const fs::path& folder, const Json& file) {
  return data::map_npy(folder / file.get<std::string>()).to(at::kShort);
}

std::array<double, 3> spacing_of(const Json& recorded) {
  auto values = recorded.get<std::vector<double>>();
  if (values.size() == 2) values.insert(values.begin(), 1);
  return {values[0], values[1], values[2]};
}

void judge_distance(Outcome& outcome, const char* name, double value, const Json& recorded) {
  if (recorded.is_null() && std::isnan(value)) return;
  if (recorded.is_null() || std::isnan(value))
    outcome.fault = std::string(name) + " is " + std::to_string(value);
  else
    judge(outcome, std::abs(value - recorded.get<double>()), distance_tolerance);
}

/// Where distances lie on a tolerance, either count is right: each moves it by one voxel.
void judge_nsd(Outcome& outcome, double value, const Json& recorded, const std::string& tolerance) {
  const double voxels =
      recorded.at("n_border_ref").get<double>() + recorded.at("n_border_pred").get<double>();
  const double ties = recorded.at("distances_within_1e-6_of_a_tolerance").at(tolerance);
  const double off = std::abs(value - recorded.at("nsd").at(tolerance).get<double>());
  const double allowed = voxels > 0 ? ties / voxels : 0;
  if (!(off <= allowed + nsd_tolerance))
    outcome.fault = "NSD at " + tolerance + " mm is off by " + std::to_string(off);
}

void judge_number(Outcome& outcome, const std::string& name, double value, const Json& recorded) {
  constexpr double rounding = 1e-12;  // relative
  const bool same = recorded.is_null()
                        ? std::isnan(value)
                        : std::abs(value - recorded.get<double>()) <=
                              rounding * std::max(1.0, std::abs(recorded.get<double>()));
  if (!same)
    outcome.fault = name + " is " + std::to_string(value) + " instead of " + recorded.dump();
}

/// Counts of voxels, volumes in mm3 and the relative error of the volume, of each class.
void compare_volumes(const train::ComparedMaps& maps, const plan::Labels& labels,
                     const Json& results, Outcome& outcome) {
  auto metrics = train::compare_segmentations(maps.prediction, maps.reference, labels);
  train::add_further_metrics(maps, labels, {.volume = true}, metrics);
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    const Json& recorded = results.at(i).at("voxels");
    judge_number(outcome, "n_pred", metrics[i].n_pred, recorded.at("n_pred"));
    judge_number(outcome, "n_ref", metrics[i].n_ref, recorded.at("n_ref"));
    const std::map<std::string, double> found(metrics[i].further.begin(), metrics[i].further.end());
    judge_number(outcome, "volume_pred", found.at("volume_pred"), recorded.at("volume_pred"));
    judge_number(outcome, "volume_ref", found.at("volume_ref"), recorded.at("volume_ref"));
    judge_number(outcome, "volume_error", found.at("volume_error"),
                 recorded.at("absolute_relative_volume_error"));
  }
}

void compare_classes(const fs::path& folder, const Json& pair,
                     const std::vector<double>& tolerances, Outcome& outcome) {
  plan::Labels labels;
  for (const Json& result : pair.at("results")) {
    const Json& label = result.at("label");
    labels.regions.push_back(label.is_array() ? label.get<std::vector<int>>()
                                              : std::vector<int>{label.get<int>()});
  }
  const train::ComparedMaps maps{map_of(folder, pair.at("pred")), map_of(folder, pair.at("ref")),
                                 spacing_of(pair.at("spacing"))};
  compare_volumes(maps, labels, pair.at("results"), outcome);
  const auto metrics = train::surface_metrics(maps, labels, tolerances);
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    const Json& recorded = pair.at("results")[i].at("metrics_reloaded");
    judge_distance(outcome, "HD", metrics[i].hd, recorded.at("hd"));
    judge_distance(outcome, "HD95", metrics[i].hd95, recorded.at("hd95"));
    judge_distance(outcome, "ASSD", metrics[i].assd, recorded.at("assd"));
    for (std::size_t t = 0; t < tolerances.size(); ++t)
      judge_nsd(outcome, metrics[i].nsd[t], recorded, Json(tolerances[t]).dump());
  }
}

void check_surface_metrics(const fs::path& folder, const Tell& tell) {
  const Json manifest = read_json(folder / "manifest.json");
  const auto tolerances = manifest.at("tolerances_mm").get<std::vector<double>>();
  for (const Json& pair : manifest.at("pairs"))
    tell(attempt(pair.at("name").get<std::string>(),
                 [&](Outcome& outcome) { compare_classes(folder, pair, tolerances, outcome); }));
}

}  // namespace

Topic surface_metrics_topic() {
  return {"surface_metrics",
          [](const fs::path& folder) { return is_about(folder, "surface_metrics"); },
          check_surface_metrics};
}

}  // namespace seg::oracles
