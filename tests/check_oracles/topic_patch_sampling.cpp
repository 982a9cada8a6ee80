#include <deque>
#include <numbers>

#include "seg/data/augment.hpp"
#include "seg/data/augment_labels.hpp"
#include "seg/data/npy.hpp"
#include "topic.hpp"

namespace seg::oracles {
namespace fs = std::filesystem;
namespace {

using Extents = std::vector<std::int64_t>;

Json forced_items(std::int64_t batch_size, double fraction) {
  Json items = Json::array();
  for (std::int64_t i = 0; i < batch_size; ++i)
    if (data::forced_foreground(i, batch_size, fraction)) items.push_back(i);
  return items;
}

void check_oversampling(const Json& recorded, Outcome& outcome) {
  for (const auto& [size, expected] : recorded.at("forced").items()) {
    const Json items = forced_items(std::stoll(size), recorded.at("fraction"));
    const bool same = expected.is_array() ? items == expected
                                          : items.front() == expected.at("first") &&
                                                items.back() == expected.at("last");
    if (!same) outcome.fault = "batch size " + size + " forces " + items.dump();
  }
}

at::Tensor voxels_of(const Json& rows) {
  at::Tensor voxels = at::empty({static_cast<std::int64_t>(rows.size()), 3}, at::kInt);
  for (std::int64_t r = 0; r < voxels.size(0); ++r)
    for (std::int64_t axis = 0; axis < 3; ++axis)
      voxels[r][axis] =
          rows[static_cast<std::size_t>(r)][static_cast<std::size_t>(axis) + 1].get<int>();
  return voxels;
}

// Answers with the recorded draws; each must be asked for with the range that it was drawn from.
struct RecordedDraws {
  std::deque<Json> draws;

  std::int64_t operator()(std::int64_t low, std::int64_t high) {
    if (draws.empty()) throw std::runtime_error("more draws than recorded");
    const Json draw = draws.front();
    draws.pop_front();
    const bool index = draw.contains("n");
    const Json first = index ? Json(0) : draw.at("low");
    const Json end = index ? draw.at("n") : draw.at("high");
    if (first != low || end != high + 1)
      throw std::runtime_error("a draw was asked for with another range than " + draw.dump());
    return draw.at("value");
  }
};

void check_box(const Json& recorded, Outcome& outcome) {
  data::PatchPlace place;
  place.shape = recorded.at("data_shape");
  place.patch = recorded.at("sampled_patch_size");
  place.final_patch = recorded.at("final_patch_size");
  place.forced = recorded.at("force_fg");
  place.has_ignore = recorded.at("has_ignore");
  std::vector<at::Tensor> locations;
  for (const auto& [key, rows] : recorded.at("class_locations").items())
    locations.push_back(voxels_of(rows));
  const Json& draws = recorded.at("draws");
  RecordedDraws source{{draws.begin(), draws.end()}};
  const Json start = data::patch_start(place, locations, std::ref(source));
  if (start != recorded.at("bbox_lower")) outcome.fault = "the patch starts at " + start.dump();
  if (!source.draws.empty()) outcome.fault = "fewer draws than recorded";
}

void check_geometry(const Json& recorded, Outcome& outcome) {
  const auto geometry = data::augmentation_geometry(recorded.at("patch_size"));
  const Json range = recorded.at("rotation_range_rad");
  judge(outcome, std::abs(geometry.rotation_range[1] - range.at(1).get<double>()), 1e-9);
  if (Json(geometry.initial_patch_size) != recorded.at("initial_patch_size"))
    outcome.fault = "initial patch size " + Json(geometry.initial_patch_size).dump();
  if (geometry.dummy_2d != recorded.at("dummy_2d").get<bool>()) outcome.fault = "another dummy 2D";
  if (Json(geometry.mirror_axes) != recorded.at("mirror_axes")) outcome.fault = "other mirror axes";
}

void check_enlarged(const Json& recorded, Outcome& outcome) {
  const double rotation = recorded.at("rot_deg").get<double>() / 180 * std::numbers::pi;
  const Json found = data::enlarged_patch({.size = recorded.at("patch"), .rotation = rotation});
  if (found != recorded.at("result")) outcome.fault = "got " + found.dump();
}

/// Whether the target of a head has the recorded shape, channels first.
bool has_scaled_extents(const Extents& patch, const std::vector<double>& scale,
                        const Json& expected) {
  Extents shape{1, 1};
  shape.insert(shape.end(), patch.begin(), patch.end());
  const auto targets = data::deep_supervision_targets(at::zeros(shape, at::kShort), {scale});
  return Json(targets.at(0)[0].sizes().vec()) == expected;
}

void check_targets(const fs::path& folder, const Json& recorded, Outcome& outcome) {
  plan::Configuration configuration;
  configuration.patch_size = recorded.at("patch_size").get<Extents>();
  configuration.architecture.arguments["strides"] = recorded.at("strides");
  const auto scales = data::deep_supervision_scales(configuration);
  if (Json(scales) != recorded.at("scales")) outcome.fault = "scales " + Json(scales).dump();
  for (std::size_t head = 0; head < scales.size(); ++head)
    if (!has_scaled_extents(configuration.patch_size, scales[head], recorded.at("shapes").at(head)))
      outcome.fault = "another shape for head " + std::to_string(head);
  if (recorded.at("input").is_null()) return;
  const auto load = [&](const Json& file) {
    return data::map_npy(folder / file.get<std::string>()).unsqueeze(0);
  };
  const auto targets = data::deep_supervision_targets(load(recorded.at("input")), scales);
  for (std::size_t head = 0; head < targets.size(); ++head) {
    const Json& file = recorded.at("outputs").at(head);
    if (!file.is_null() && !targets[head].equal(load(file)))
      outcome.fault = "another target for head " + std::to_string(head);
  }
}

using Check = std::function<void(const Json&, Outcome&)>;

void check_each(const std::string& name, const Json& recorded, const Check& check,
                const Tell& tell) {
  std::size_t number = 0;
  for (const Json& entry : recorded)
    tell(attempt(name + " " + std::to_string(number++),
                 [&](Outcome& outcome) { check(entry, outcome); }));
}

void check_patch_sampling(const fs::path& folder, const Tell& tell) {
  const Json manifest = read_json(folder / "manifest.json");
  tell(attempt("oversampling", [&](Outcome& outcome) {
    check_oversampling(manifest.at("oversampling"), outcome);
  }));
  check_each("box", manifest.at("bbox_cases"), check_box, tell);
  check_each("enlarged", manifest.value("get_patch_size_direct", Json::array()), check_enlarged,
             tell);
  check_each("geometry", manifest.at("initial_patch_size"), check_geometry, tell);
  check_each(
      "deep supervision", manifest.at("deep_supervision_targets").at("cases"),
      [&](const Json& entry, Outcome& outcome) { check_targets(folder, entry, outcome); }, tell);
}

}  // namespace

Topic patch_sampling_topic() {
  return {"patch_sampling",
          [](const fs::path& folder) { return is_about(folder, "patch_sampling"); },
          check_patch_sampling};
}

}  // namespace seg::oracles
