#include "recorded_transform.hpp"

#include "augment/rotation_zoom.hpp"
#include "augment/transforms.hpp"

namespace seg::oracles {
namespace {

/// One number for all axes, or one for each.
std::array<double, 3> zooms(const Json& scale, bool flat) {
  if (scale.is_number()) {
    const double zoom = scale;
    return {flat ? 1 : zoom, zoom, zoom};
  }
  return flat ? std::array<double, 3>{1, scale[0], scale[1]}
              : std::array<double, 3>{scale[0], scale[1], scale[2]};
}

/// [1, C, Z, Y, X].
at::Tensor sampled(const RecordedTransform& recorded, bool image, const at::Tensor& input,
                   const data::Extent3& patch) {
  const Json& parameters = recorded.parameters;
  if (parameters.at("affine").is_null()) return data::center_crop(input, patch, image ? 0 : -1);
  const bool flat = recorded.input.dim() == 3;
  const std::vector<double> angles = parameters.at("angles_rad");
  const auto zoom = zooms(parameters.at("scale"), flat);
  const std::vector<data::Affine> affines{
      data::affine_matrix(flat ? data::Movement{{angles[1], 0, 0}, zoom}
                               : data::Movement{{angles[0], angles[1], angles[2]}, zoom})};
  if (parameters.value(image ? "mode_image" : "mode_seg", "bilinear") == "nearest")
    return data::move_to_nearest(input, affines, patch);
  return image ? data::move_images(input, affines, patch)
               : data::move_labels(input, affines, patch, {});
}

}  // namespace

at::Tensor moved(const RecordedTransform& recorded, bool image) {
  const bool flat = recorded.input.dim() == 3;
  const std::vector<std::int64_t> size = recorded.parameters.at("patch_size");
  const auto patch =
      flat ? data::Extent3{1, size[0], size[1]} : data::Extent3{size[0], size[1], size[2]};
  const at::Tensor item = (flat ? recorded.input.unsqueeze(1) : recorded.input).unsqueeze(0);
  const at::Tensor result =
      sampled(recorded, image, item.to(image ? at::kFloat : at::kShort), patch);
  return flat ? result[0].squeeze(1) : result[0];
}

at::Tensor transformed(const RecordedTransform& recorded, const char* name,
                       const data::Drawn& drawn) {
  data::Items items;
  items.data = recorded.input.unsqueeze(0);
  items.seg = items.data.narrow(1, 0, 1).to(at::kShort, /*non_blocking=*/false, /*copy=*/true);
  data::transform_named(name).apply(items, {drawn});
  return items.data[0];
}

data::Drawn for_every_channel(const RecordedTransform& recorded,
                              const std::vector<double>& numbers) {
  return data::Drawn(static_cast<std::size_t>(recorded.input.size(0)), numbers);
}

data::Drawn of_channels(const Json& numbers) {
  data::Drawn drawn;
  for (const auto& number : numbers) drawn.push_back({number.get<double>()});
  return drawn;
}

}  // namespace seg::oracles
