#include <map>

#include "array_difference.hpp"
#include "augment/blur.hpp"
#include "augment/gamma.hpp"
#include "recorded_pipeline.hpp"
#include "recorded_transform.hpp"
#include "seg/data/augment_labels.hpp"
#include "topic.hpp"

namespace seg::oracles {
namespace fs = std::filesystem;
namespace {

using Replay = std::function<at::Tensor(const RecordedTransform&)>;

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
