#include "seg/train/export.hpp"

#include "catch.hpp"
#include "seg/train/probabilities.hpp"
#include "test_files.hpp"

namespace {

/// A crop of a scan whose axes were moved by transpose_forward = {1, 2, 0}.
struct Export : seg::plan::Experiment {
  seg::data::CaseProperties properties;
};

Export cropped_and_transposed() {
  Export e;
  e.plans.transpose_forward = {1, 2, 0};
  e.plans.transpose_backward = {2, 0, 1};
  e.configuration.resampling_probabilities = {
      "resample_data_or_seg_to_shape",
      {{"is_seg", false}, {"order", 1}, {"order_z", 0}, {"force_separate_z", nullptr}}};
  e.labels.all = {0, 1, 2};
  e.properties.shape_before_cropping = {7, 8, 9};
  e.properties.box = {{1, 2, 3}, {5, 7, 9}};
  e.properties.shape_after_cropping = {4, 5, 6};
  e.properties.spacing = e.properties.target_spacing = {1, 1, 1};
  return e;
}

at::Tensor in_scan(const at::Tensor& inside, double outside) {
  const at::Tensor whole = at::full({7, 8, 9}, outside, inside.options());
  whole.slice(0, 1, 5).slice(1, 2, 7).slice(2, 3, 9).copy_(inside);
  return whole.permute({2, 0, 1});
}

}  // namespace

TEST_CASE("labels are the most likely class, put back where the crop was") {
  const Export e = cropped_and_transposed();
  const at::Tensor logits = at::randn({3, 4, 5, 6});
  const at::Tensor labels = seg::train::logits_to_labels(logits, e.properties, e);
  CHECK(at::equal(labels, in_scan(logits.argmax(0).to(at::kShort), 0)));
}

TEST_CASE("of equally likely classes the first is taken") {
  const Export e = cropped_and_transposed();
  const at::Tensor labels = seg::train::logits_to_labels(at::zeros({3, 4, 5, 6}), e.properties, e);
  CHECK(labels.count_nonzero().item<std::int64_t>() == 0);
}

TEST_CASE("regions are written one over the other in regions_class_order") {
  Export e = cropped_and_transposed();
  e.labels.regions = {{1, 2}, {2}};
  e.labels.regions_class_order = {1, 2};
  const at::Tensor logits = at::randn({2, 4, 5, 6});
  const at::Tensor labels = seg::train::logits_to_labels(logits, e.properties, e);
  const at::Tensor expected = at::where(logits[1] > 0, 2, (logits[0] > 0).to(at::kLong));
  CHECK(at::equal(labels, in_scan(expected.to(at::kShort), 0)));
}

TEST_CASE("probabilities sum to one, and outside the crop all is background") {
  const Export e = cropped_and_transposed();
  const at::Tensor logits = at::randn({3, 4, 5, 6});
  const at::Tensor probabilities = seg::train::logits_to_probabilities(logits, e.properties, e);
  CHECK(at::allclose(probabilities.sum(0), at::ones({9, 7, 8})));
  CHECK(at::allclose(probabilities[0], in_scan(at::softmax(logits, 0)[0], 1)));
}

TEST_CASE("logits are resampled to the scan's own grid") {
  Export e = cropped_and_transposed();
  e.properties.target_spacing = {2, 1, 1};
  const at::Tensor logits = at::stack({at::zeros({2, 5, 6}), at::ones({2, 5, 6})});
  const at::Tensor labels = seg::train::logits_to_labels(logits, e.properties, e);
  CHECK(at::equal(labels, in_scan(at::ones({4, 5, 6}, at::kShort), 0)));
}

TEST_CASE("probabilities survive their file") {
  seg::test::TemporaryFolder folder;
  const at::Tensor probabilities = at::rand({3, 4, 5, 6});
  seg::train::write_probabilities(folder / "case.npz", probabilities);
  CHECK(at::equal(seg::train::read_probabilities(folder / "case.npz"), probabilities));
  CHECK_THROWS(seg::train::read_probabilities(folder / "other.npz"));
}
