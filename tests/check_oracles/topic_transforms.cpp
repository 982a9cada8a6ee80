#include <map>

#include "array_difference.hpp"
#include "recorded_pipeline.hpp"
#include "seg/data/augment_intensity.hpp"
#include "seg/data/augment_labels.hpp"
#include "seg/data/augment_spatial.hpp"
#include "seg/data/npy.hpp"
#include "topic.hpp"

namespace seg::oracles {
namespace fs = std::filesystem;
namespace {

/// One recorded operator: its parameters and, as [C, (Z,) Y, X], its input.
struct RecordedTransform {
  fs::path folder;
  Json parameters;
  at::Tensor input;

  at::Tensor load(const Json& file) const {
    return data::map_npy(folder / file.get<std::string>()).clone();
  }
};

using Replay = std::function<at::Tensor(const RecordedTransform&)>;

at::Tensor moved(const RecordedTransform& recorded, bool image) {
  const bool flat = recorded.input.dim() == 3;
  const std::vector<std::int64_t> size = recorded.parameters.at("patch_size");
  const auto patch =
      flat ? data::Extent3{1, size[0], size[1]} : data::Extent3{size[0], size[1], size[2]};
  const at::Tensor item = (flat ? recorded.input.unsqueeze(1) : recorded.input).unsqueeze(0);
  const at::Tensor input = item.to(image ? at::kFloat : at::kShort);
  const std::vector<double> angles = recorded.parameters.at("angles_rad");
  const double zoom = recorded.parameters.at("scale");
  const data::Movement movement =
      flat ? data::Movement{{angles[1], 0, 0}, {1, zoom, zoom}}
           : data::Movement{{angles[0], angles[1], angles[2]}, {zoom, zoom, zoom}};
  const std::vector<data::Affine> affines{data::affine_matrix(movement)};
  const at::Tensor result = recorded.parameters.at("affine").is_null()
                                ? data::center_crop(input, patch, image ? 0 : -1)
                            : image ? data::move_images(input, affines, patch)
                                    : data::move_labels(input, affines, patch, {});
  return flat ? result[0].squeeze(1) : result[0];
}

// Along the other axes a sigma whose kernel is a single 1.
void blur_one_axis(const RecordedTransform& recorded) {
  std::vector<double> sigmas(static_cast<std::size_t>(recorded.input.dim() - 1), 0.1);
  sigmas.at(recorded.parameters.at("axis")) = recorded.parameters.at("sigma");
  const auto rows = static_cast<std::size_t>(recorded.input.size(0));
  data::blur(recorded.input, std::vector<std::vector<double>>(rows, sigmas));
}

std::vector<std::vector<double>> for_every_row(const RecordedTransform& recorded, const char* key) {
  return std::vector<std::vector<double>>(static_cast<std::size_t>(recorded.input.size(0)),
                                          recorded.parameters.at(key));
}

at::Tensor mirrored(const RecordedTransform& recorded) {
  std::vector<std::int64_t> axes = recorded.parameters.at("axes");
  for (auto& axis : axes) ++axis;
  return recorded.input.flip(axes);
}

at::Tensor masked(const RecordedTransform& recorded) {
  std::vector<bool> use_mask(static_cast<std::size_t>(recorded.input.size(0)));
  for (const auto& channel : recorded.parameters.at("channels")) use_mask.at(channel) = true;
  const at::Tensor segs = recorded.load(recorded.parameters.at("segmentation")).unsqueeze(0);
  data::mask_outside(recorded.input.unsqueeze(0), segs, use_mask);
  return recorded.input;
}

at::Tensor as_regions(const RecordedTransform& recorded) {
  plan::Labels labels;
  for (const auto& region : recorded.parameters.at("regions"))
    labels.regions.push_back(region.is_array() ? region.get<std::vector<int>>()
                                               : std::vector<int>{region.get<int>()});
  return data::region_channels(recorded.input.unsqueeze(0), labels)[0];
}

/// For transforms that change their rows in place.
Replay in_place(const std::function<void(const RecordedTransform&)>& change) {
  return [change](const RecordedTransform& recorded) {
    change(recorded);
    return recorded.input;
  };
}

const std::map<std::string, Replay>& replays() {
  static const std::map<std::string, Replay> all{
      {"spatial_image", [](const RecordedTransform& r) { return moved(r, true); }},
      {"spatial_seg", [](const RecordedTransform& r) { return moved(r, false); }},
      {"gaussian_blur_axis", in_place(blur_one_axis)},
      {"gaussian_blur_all_axes", in_place([](const RecordedTransform& r) {
         data::blur(r.input, for_every_row(r, "sigma"));
       })},
      {"brightness", in_place([](const RecordedTransform& r) {
         data::scale_brightness(r.input, r.parameters.at("multipliers"));
       })},
      {"contrast", in_place([](const RecordedTransform& r) {
         data::change_contrast(r.input, r.parameters.at("factors"));
       })},
      {"gamma", in_place([](const RecordedTransform& r) {
         data::apply_gamma(r.input, r.parameters.at("gamma"),
                           {r.parameters.at("invert"), r.parameters.at("retain_stats")});
       })},
      {"simulate_lowres", in_place([](const RecordedTransform& r) {
         data::lower_resolution(r.input, for_every_row(r, "scale"));
       })},
      {"mirror", mirrored},
      {"mask_image", masked},
      {"seg_to_regions", as_regions},
  };
  return all;
}

void replay_transforms(const fs::path& folder, const Json& entry, Outcome& outcome) {
  RecordedTransform recorded{folder, entry.at("params"), {}};
  recorded.input = recorded.load(entry.at("input"));
  const at::Tensor result = replays().at(entry.at("op"))(recorded);
  judge(outcome, largest_difference(result, recorded.load(entry.at("output"))), 1e-5);
}

void replay_kernel(const Json& recorded, Outcome& outcome) {
  const auto kernel = data::gaussian_kernel(recorded.at("sigma"));
  const std::vector<double> expected = recorded.at("kernel");
  if (kernel.size() != expected.size())
    outcome.fault = "has " + std::to_string(kernel.size()) + " entries";
  else
    for (std::size_t i = 0; i < kernel.size(); ++i)
      judge(outcome, std::abs(kernel[i] - expected[i]), 1e-5);
}

void check_transforms(const fs::path& folder, const Tell& tell) {
  const Json manifest = read_json(folder / "manifest.json");
  const Json pipelines = manifest.value("pipelines", Json::object());
  for (const auto& [name, recorded] : pipelines.items())
    tell(
        attempt("pipeline " + name, [&](Outcome& outcome) { replay_pipeline(recorded, outcome); }));
  for (const Json& recorded : manifest.value("gaussian_blur_kernels", Json::array()))
    tell(attempt("blur kernel of " + recorded.at("sigma").dump(),
                 [&](Outcome& outcome) { replay_kernel(recorded, outcome); }));
  for (const Json& entry : manifest.at("cases"))
    tell(attempt(entry.at("output"),
                 [&](Outcome& outcome) { replay_transforms(folder, entry, outcome); }));
}

}  // namespace

Topic transforms_topic() {
  return {"transforms", [](const fs::path& folder) { return is_about(folder, "transforms"); },
          check_transforms};
}

}  // namespace seg::oracles
