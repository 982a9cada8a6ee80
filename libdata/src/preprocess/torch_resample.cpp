#include "preprocess/torch_resample.hpp"

#include "preprocess/separate_axis.hpp"
#include "seg/plan/error.hpp"

namespace seg::data {
namespace {

/// The two steps of a grid's method; without an axis the first one does it all.
struct TorchSteps {
  std::optional<int> axis;
  std::string first, second;
  bool labels = false, by_majority = false;
};

TorchSteps torch_steps(const TargetGrid& grid) {
  const Json& arguments = grid.method.arguments;
  TorchSteps steps;
  steps.labels = arguments.value("is_seg", false);
  steps.by_majority = arguments.value("memefficient_seg_resampling", false);
  const std::string mode = arguments.value("mode", "linear");
  const bool simple = grid.method.function == "resample_torch_simple";
  if (!simple) steps.axis = separate_axis_of(grid, std::nullopt);
  // nnU-Net hands the mode on only where it separates an axis.
  steps.first = simple || steps.axis ? mode : "linear";
  steps.second = arguments.value("aniso_axis_mode", "nearest-exact");
  return steps;
}

[[noreturn]] void refuse_mode(const std::string& mode) {
  throw Error("plans.json", "asks for resampling of the unknown mode '" + mode + "'",
              "use linear, nearest, nearest-exact or area");
}

at::Tensor in_planes(const at::Tensor& batch, at::IntArrayRef size, const std::string& mode) {
  if (mode == "linear" || mode == "bilinear") return at::upsample_bilinear2d(batch, size, false);
  if (mode == "bicubic") return at::upsample_bicubic2d(batch, size, false);
  if (mode == "nearest") return at::upsample_nearest2d(batch, size);
  if (mode == "nearest-exact") return at::_upsample_nearest_exact2d(batch, size);
  if (mode == "area") return at::adaptive_avg_pool2d(batch, size);
  refuse_mode(mode);
}

at::Tensor in_volume(const at::Tensor& batch, at::IntArrayRef size, const std::string& mode) {
  if (mode == "linear" || mode == "trilinear") return at::upsample_trilinear3d(batch, size, false);
  if (mode == "nearest") return at::upsample_nearest3d(batch, size);
  if (mode == "nearest-exact") return at::_upsample_nearest_exact3d(batch, size);
  if (mode == "area") return at::adaptive_avg_pool3d(batch, size);
  refuse_mode(mode);
}

/// @param channels float32 [C, Y, X] or [C, Z, Y, X].
at::Tensor interpolated(const at::Tensor& channels, at::IntArrayRef size, const std::string& mode) {
  const at::Tensor batch = channels.unsqueeze(0);
  return (size.size() == 2 ? in_planes(batch, size, mode) : in_volume(batch, size, mode))[0];
}

/// What is asked of one step.
struct TorchStep {
  std::vector<std::int64_t> size;
  std::string mode;
};

/// The label whose weight is above one half; 0 where none is.
at::Tensor labels_by_majority(const at::Tensor& labels, const TorchStep& step) {
  std::vector<std::int64_t> shape{labels.size(0)};
  shape.insert(shape.end(), step.size.begin(), step.size.end());
  at::Tensor result = at::zeros(shape, labels.options());
  for (const at::Tensor& label : std::get<0>(at::_unique(labels, /*sorted=*/true)).unbind())
    result.masked_fill_(interpolated(labels.eq(label).to(at::kFloat), step.size, step.mode).gt(0.5),
                        label);
  return result;
}

/// The label with the largest weight in half precision, the smallest of equal ones.
at::Tensor likeliest_labels(const at::Tensor& labels, const TorchStep& step) {
  constexpr double kScale = 1000;  // nnU-Net's; decides how weights are rounded
  at::Tensor result, best;
  for (const at::Tensor& label : std::get<0>(at::_unique(labels, /*sorted=*/true)).unbind()) {
    const at::Tensor score =
        interpolated(labels.eq(label).to(at::kFloat).mul_(kScale), step.size, step.mode)
            .to(at::kHalf);
    if (!result.defined()) {
      result = at::empty(score.sizes(), labels.options()).fill_(label);
      best = score;
      continue;
    }
    result.masked_fill_(score.gt(best), label);
    best = at::maximum(best, score);
  }
  return result;
}

at::Tensor resized(const at::Tensor& channels, const TorchStep& step, const TorchSteps& how) {
  if (channels.sizes().slice(1) == at::IntArrayRef(step.size)) return channels;
  if (!how.labels) return interpolated(channels.to(at::kFloat), step.size, step.mode);
  return how.by_majority ? labels_by_majority(channels, step) : likeliest_labels(channels, step);
}

/// Each slice across the coarse axis as a channel of its own: [C * slices, rows, columns].
at::Tensor resized_across(const at::Tensor& data, const TargetGrid& grid, const TorchSteps& how) {
  const std::int64_t channels = data.size(0), slices = data.size(*how.axis + 1);
  std::vector<std::int64_t> size(grid.shape.begin(), grid.shape.end());
  size.erase(size.begin() + *how.axis);
  const at::Tensor planes = data.movedim(*how.axis + 1, 1).contiguous().flatten(0, 1);
  const at::Tensor result = resized(planes, {size, how.first}, how);
  return result.view({channels, slices, size[0], size[1]}).movedim(1, *how.axis + 1).contiguous();
}

/// Where LibTorch takes each sample from; its rounding decides where two are equally near.
AxisTaps nearest_taps(std::int64_t extent, std::int64_t new_extent, bool exact) {
  const at::Tensor places = at::arange(extent, at::kFloat).view({1, 1, extent});
  const at::Tensor taken = (exact ? at::_upsample_nearest_exact1d(places, new_extent)
                                  : at::upsample_nearest1d(places, new_extent))
                               .to(at::kLong)
                               .contiguous();
  const auto* index = taken.const_data_ptr<std::int64_t>();
  return {1, {index, index + new_extent}, std::vector<double>(new_extent, 1)};
}

std::optional<AxisTaps> taps_of(const std::string& mode, std::int64_t extent,
                                std::int64_t new_extent) {
  if (extent == new_extent) return axis_taps(0, extent, extent);
  if (mode.ends_with("linear")) return axis_taps(1, extent, new_extent);
  if (mode.starts_with("nearest")) return nearest_taps(extent, new_extent, mode == "nearest-exact");
  return std::nullopt;
}

}  // namespace

bool uses_torch(const plan::Resampling& method) {
  return method.function == "resample_torch_fornnunet" ||
         method.function == "resample_torch_simple";
}

at::Tensor resample_by_torch(const at::Tensor& data, const TargetGrid& grid) {
  const TorchSteps how = torch_steps(grid);
  const std::vector<std::int64_t> size(grid.shape.begin(), grid.shape.end());
  if (!how.axis) return resized(data, {size, how.first}, how);
  return resized(resized_across(data, grid, how), {size, how.second}, how);
}

std::optional<std::array<AxisTaps, 3>> torch_taps(const std::array<std::int64_t, 3>& from,
                                                  const TargetGrid& grid) {
  const TorchSteps how = torch_steps(grid);
  std::array<AxisTaps, 3> taps;
  for (int axis = 0; axis < 3; ++axis) {
    const auto found =
        taps_of(axis == how.axis ? how.second : how.first, from[axis], grid.shape[axis]);
    if (!found) return std::nullopt;
    taps[axis] = *found;
  }
  return taps;
}

}  // namespace seg::data
