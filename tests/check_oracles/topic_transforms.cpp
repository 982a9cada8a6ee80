#include <map>

#include "array_difference.hpp"
#include "augment/blur.hpp"
#include "augment/gamma.hpp"
#include "augment/rotation_zoom.hpp"
#include "augment/transforms.hpp"
#include "recorded_pipeline.hpp"
#include "seg/data/augment_labels.hpp"
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

/// Runs a transform on the input, as one item with what was drawn for it; labels come along.
at::Tensor transformed(const RecordedTransform& recorded, const char* name,
                       const data::Drawn& drawn) {
  data::Items items;
  items.data = recorded.input.unsqueeze(0);
  items.seg = items.data.narrow(1, 0, 1).to(at::kShort);
  data::transform_named(name).apply(items, {drawn});
  return items.data[0];
}

/// One list of numbers for every channel.
data::Drawn for_every_channel(const RecordedTransform& recorded,
                              const std::vector<double>& numbers) {
  return data::Drawn(static_cast<std::size_t>(recorded.input.size(0)), numbers);
}

/// A number of its own for every channel.
data::Drawn of_channels(const Json& numbers) {
  data::Drawn drawn;
  for (const auto& number : numbers) drawn.push_back({number.get<double>()});
  return drawn;
}

// Along the other axes a sigma whose kernel is a single 1.
at::Tensor blurred_along_axis(const RecordedTransform& recorded) {
  std::vector<double> sigmas(static_cast<std::size_t>(recorded.input.dim() - 1), 0.1);
  sigmas.at(recorded.parameters.at("axis")) = recorded.parameters.at("sigma");
  return transformed(recorded, "blur", for_every_channel(recorded, sigmas));
}

at::Tensor gamma_corrected(const RecordedTransform& recorded) {
  const auto powers = of_channels(recorded.parameters.at("gamma"));
  data::apply_gamma({recorded.input, powers},
                    {recorded.parameters.at("invert"), recorded.parameters.at("retain_stats")});
  return recorded.input;
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

/// A transform whose numbers are recorded under `key`, for every channel or one for each.
Replay of_every_channel(const char* name, const char* key) {
  return [=](const RecordedTransform& recorded) {
    return transformed(recorded, name, for_every_channel(recorded, recorded.parameters.at(key)));
  };
}
Replay of_each_channel(const char* name, const char* key) {
  return [=](const RecordedTransform& recorded) {
    return transformed(recorded, name, of_channels(recorded.parameters.at(key)));
  };
}

const std::map<std::string, Replay>& replays() {
  static const std::map<std::string, Replay> all{
      {"spatial_image", [](const RecordedTransform& r) { return moved(r, true); }},
      {"spatial_seg", [](const RecordedTransform& r) { return moved(r, false); }},
      {"gaussian_blur_axis", blurred_along_axis},
      {"gaussian_blur_all_axes", of_every_channel("blur", "sigma")},
      {"brightness", of_each_channel("brightness", "multipliers")},
      {"contrast", of_each_channel("contrast", "factors")},
      {"gamma", gamma_corrected},
      {"simulate_lowres", of_every_channel("low_resolution", "scale")},
      {"mirror",
       [](const RecordedTransform& r) {
         return transformed(r, "mirror", {r.parameters.at("axes")});
       }},
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
