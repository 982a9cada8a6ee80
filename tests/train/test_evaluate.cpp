#include "seg/train/evaluate.hpp"

#include <ATen/ATen.h>

#include <cmath>

#include "catch.hpp"
#include "seg/plan/error.hpp"
#include "test_files.hpp"

namespace {

seg::plan::Labels two_labels() {
  seg::plan::Labels labels;
  labels.all = {0, 1, 2};
  return labels;
}

at::Tensor random_labels(std::int64_t labels) { return at::randint(labels, {6, 7, 8}, at::kShort); }

}  // namespace

TEST_CASE("a perfect prediction has Dice and IoU 1") {
  const at::Tensor truth = random_labels(3);
  for (const auto& metrics : seg::train::compare_segmentations(truth, truth, two_labels())) {
    CHECK(metrics.dice == 1);
    CHECK(metrics.iou == 1);
    CHECK(metrics.n_pred == metrics.n_ref);
  }
}

TEST_CASE("disjoint structures have Dice 0, a structure in neither has none") {
  at::Tensor prediction = at::zeros({4, 4, 4}, at::kShort), truth = prediction.clone();
  prediction[0].fill_(1);
  truth[1].fill_(1);
  const auto metrics = seg::train::compare_segmentations(prediction, truth, two_labels());
  CHECK(metrics[0].dice == 0);
  CHECK(metrics[0].iou == 0);
  CHECK(metrics[0].fp == 16);
  CHECK(metrics[0].fn == 16);
  CHECK(metrics[0].tn == 32);
  CHECK(std::isnan(metrics[1].dice));
  CHECK(std::isnan(metrics[1].iou));
}

TEST_CASE("counts agree with masks compared voxel by voxel") {
  const at::Tensor prediction = random_labels(4), truth = random_labels(5);
  seg::plan::Labels labels;
  labels.all = {0, 1, 2, 3};
  labels.regions = {{1, 2, 3}, {2}};
  labels.ignore = 4;
  const auto metrics = seg::train::compare_segmentations(prediction, truth, labels);
  const at::Tensor valid = truth != 4;
  const at::Tensor p = (prediction > 0) & valid, t = (truth > 0) & valid;
  CHECK(metrics[0].tp == (p & t).sum().item<double>());
  CHECK(metrics[0].fp == (p & ~t).sum().item<double>());
  CHECK(metrics[0].fn == (~p & t).sum().item<double>());
  CHECK(metrics[0].tn == (~p & ~t & valid).sum().item<double>());
  CHECK(metrics[1].n_ref == (truth == 2).sum().item<double>());
}

TEST_CASE("values that no label names count as background") {
  const at::Tensor prediction = at::full({2, 2, 2}, -1, at::kShort);
  const auto metrics =
      seg::train::compare_segmentations(prediction, at::full_like(prediction, 300), two_labels());
  CHECK(metrics[0].tn == 8);
}

TEST_CASE("segmentations of different shapes are not compared") {
  CHECK_THROWS_AS(
      seg::train::compare_segmentations(random_labels(2), at::zeros({2}, at::kShort), two_labels()),
      seg::Error);
}
