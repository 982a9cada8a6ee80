#include "augment/rotation_zoom.hpp"

namespace seg::data {
namespace {

enum Interpolation : std::int64_t { linear = 0, nearest = 1 };

at::Tensor matrices_of(const std::vector<Affine>& affines) {
  at::Tensor matrices = at::empty({static_cast<std::int64_t>(affines.size()), 3, 3});
  auto entries = matrices.accessor<float, 3>();
  for (std::int64_t i = 0; i < matrices.size(0); ++i)
    for (std::int64_t r = 0; r < 3; ++r)
      for (std::int64_t c = 0; c < 3; ++c)
        entries[i][r][c] =
            static_cast<float>(affines[static_cast<std::size_t>(i)][static_cast<std::size_t>(r)]
                                      [static_cast<std::size_t>(c)]);
  return matrices;
}

// Voxels of a patch relative to its centre: [voxels, 3], axes Z, Y, X.
at::Tensor centered_voxels(const Extent3& patch, at::Device device) {
  std::vector<at::Tensor> axes;
  for (const std::int64_t size : patch) {
    const double last = static_cast<double>(size - 1) / 2;
    axes.push_back(at::linspace(-last, last, size, at::device(device)));
  }
  return at::stack(at::meshgrid(axes, "ij"), -1).view({-1, 3});
}

// grid_sample's coordinates [N, z, y, x, 3]: axes as x, y, z, in fractions of half an extent.
at::Tensor grid_for(const at::Tensor& data, const std::vector<Affine>& affines,
                    const Extent3& patch) {
  const at::Tensor matrices = matrices_of(affines).to(data.device(), /*non_blocking=*/true);
  const at::Tensor points =
      at::matmul(centered_voxels(patch, data.device()), matrices.transpose(1, 2));
  const at::Tensor extents =
      at::tensor(data.sizes().slice(2), at::kFloat).to(data.device(), /*non_blocking=*/true);
  return points.div(extents / 2).flip(-1).view({data.size(0), patch[0], patch[1], patch[2], 3});
}

at::Tensor sample(const at::Tensor& data, const at::Tensor& grid, Interpolation mode) {
  return at::grid_sampler(data, grid, mode, 0, false);
}

// 1000 * the weight of a label at each point; what lies outside has label -1.
at::Tensor label_score(const at::Tensor& segs, const at::Tensor& grid, int label) {
  const double everywhere = label == -1 ? 1000 : 0;
  const at::Tensor indicator = segs.eq(label).to(at::kFloat).mul_(1000).sub_(everywhere);
  return sample(indicator, grid, linear).add_(everywhere).to(at::kHalf);
}

}  // namespace

at::Tensor move_images_by_grid(const at::Tensor& images, const std::vector<Affine>& affines,
                               const Extent3& patch) {
  return sample(images, grid_for(images, affines, patch), linear);
}

at::Tensor move_to_nearest(const at::Tensor& batch, const std::vector<Affine>& affines,
                           const Extent3& patch) {
  const at::Tensor grid = grid_for(batch, affines, patch);
  if (batch.is_floating_point()) return sample(batch, grid, nearest);
  return sample(batch.to(at::kFloat).add_(1), grid, nearest).sub_(1).to(batch.scalar_type());
}

at::Tensor move_labels_by_grid(const at::Tensor& segs, const std::vector<Affine>& affines,
                               const Extent3& patch, const std::vector<int>& labels) {
  const at::Tensor grid = grid_for(segs, affines, patch);
  const at::Tensor closest = move_to_nearest(segs, affines, patch);
  at::Tensor winner = at::full_like(closest, labels.at(0));
  at::Tensor best = label_score(segs, grid, labels[0]);
  at::Tensor closest_score = at::where(closest.eq(labels[0]), best, -1);
  for (std::size_t i = 1; i < labels.size(); ++i) {
    const at::Tensor score = label_score(segs, grid, labels[i]);
    closest_score = at::where(closest.eq(labels[i]), score, closest_score);
    winner.masked_fill_(score > best, labels[i]);
    best = at::maximum(best, score);
  }
  return at::where(closest_score == best, closest, winner);
}

}  // namespace seg::data
