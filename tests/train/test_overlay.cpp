#include "seg/train/overlay.hpp"

#include "catch.hpp"
#include "seg/plan/error.hpp"
#include "test_files.hpp"

namespace {

/// A bright scan with one box of label 1; the first axis is coarse.
seg::train::OverlayInput boxed_scan() {
  seg::train::OverlayInput input{at::rand({10, 40, 20}), at::zeros({10, 40, 20}, at::kShort)};
  input.labels.slice(0, 2, 4).slice(1, 10, 20).slice(2, 5, 10).fill_(1);
  input.geometry.spacing = {1, 1, 4};
  return input;
}

at::Tensor coloured(const at::Tensor& picture) { return picture.amax({-1}) != picture.amin({-1}); }

}  // namespace

TEST_CASE("an overlay shows three planes in the proportions of the patient") {
  const at::Tensor picture = seg::train::overlay_picture(boxed_scan(), 80);
  // Axial 80 x 40, coronal 80 x 40 and sagittal 80 x 80 pixels, with two gaps.
  CHECK(picture.sizes() == at::IntArrayRef{80, 40 + 4 + 40 + 4 + 80, 3});
  CHECK(picture.scalar_type() == at::kByte);
}

TEST_CASE("only labelled voxels have colour") {
  const at::Tensor axial = seg::train::overlay_picture(boxed_scan(), 80).slice(1, 0, 40);
  at::Tensor expected = at::zeros({80, 40}, at::kBool);
  expected.slice(0, 20, 40).slice(1, 10, 20).fill_(true);
  CHECK(at::equal(coloured(axial), expected));
}

TEST_CASE("a reference is drawn as an outline beside the prediction's fill") {
  auto input = boxed_scan();
  input.reference = at::zeros_like(input.labels);
  input.reference.slice(0, 2, 4).slice(1, 24, 36).slice(2, 5, 17).fill_(2);
  const at::Tensor axial = coloured(seg::train::overlay_picture(input, 80).slice(1, 0, 40));
  CHECK(axial[49][12].item<bool>());        // on the outline
  CHECK_FALSE(axial[60][22].item<bool>());  // within it
  CHECK(axial[30][15].item<bool>());        // in the fill
}

TEST_CASE("the head points upwards whichever way the file stores the scan") {
  auto input = boxed_scan();
  input.scan.zero_();
  const at::Tensor picture = seg::train::overlay_picture(input, 80);
  for (auto* volume : {&input.scan, &input.labels}) *volume = volume->flip({0, 1});
  input.geometry.direction = {1, 0, 0, 0, -1, 0, 0, 0, -1};
  CHECK(at::equal(seg::train::overlay_picture(input, 80), picture));
  for (auto* volume : {&input.scan, &input.labels}) *volume = volume->transpose(0, 2);
  input.geometry.direction = {0, 0, 1, 0, -1, 0, -1, 0, 0};
  input.geometry.spacing = {4, 1, 1};
  CHECK(at::equal(seg::train::overlay_picture(input, 80), picture));
}

TEST_CASE("a scan without labels gives grey middle slices, a single slice one panel") {
  auto input = boxed_scan();
  input.labels.zero_();
  CHECK_FALSE(coloured(seg::train::overlay_picture(input, 80)).any().item<bool>());
  input.geometry.dimensions = 2;
  input.scan = at::rand({1, 40, 20});
  input.labels = at::zeros({1, 40, 20}, at::kShort);
  CHECK(seg::train::overlay_picture(input, 80).sizes() == at::IntArrayRef{80, 40, 3});
}

TEST_CASE("labels of another scan are refused") {
  auto input = boxed_scan();
  input.labels = input.labels.slice(1, 0, 5);
  CHECK_THROWS_AS(seg::train::overlay_picture(input), seg::Error);
}

TEST_CASE("an overlay is written as a PNG of its files") {
  seg::test::TemporaryFolder folder;
  const auto input = boxed_scan();
  seg::data::write_image(folder / "scan.nii.gz", input.scan, input.geometry);
  seg::data::write_label_map(folder / "labels.nii.gz", input.labels, input.geometry);
  seg::train::write_overlay(folder / "overlay.png",
                            {folder / "scan.nii.gz", folder / "labels.nii.gz", std::nullopt});
  const at::Tensor picture = seg::data::read_image({folder / "overlay.png"}).data;
  CHECK(at::equal(picture.squeeze(1).permute({1, 2, 0}).to(at::kByte),
                  seg::train::overlay_picture(input)));
  for (const char* name : {"overlay.jpg", "overlay.nii.gz"})
    CHECK_THROWS_WITH(
        seg::train::write_overlay(folder / name,
                                  {folder / "scan.nii.gz", folder / "labels.nii.gz", std::nullopt}),
        ContainsSubstring(name) && ContainsSubstring(".png"));
}

TEST_CASE("an overlay is not drawn over its own scan") {
  seg::test::TemporaryFolder folder;
  const at::Tensor grey = at::randint(0, 255, {1, 20, 30}).to(at::kByte);
  seg::data::write_label_map(folder / "scan.png", grey.to(at::kShort), {.dimensions = 2});
  CHECK_THROWS_WITH(
      seg::train::write_overlay(folder / "scan.png",
                                {folder / "scan.png", folder / "scan.png", std::nullopt}),
      ContainsSubstring("is what the picture is made of"));
}
