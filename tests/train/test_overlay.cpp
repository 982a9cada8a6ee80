#include "seg/train/overlay.hpp"

#include <array>

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

TEST_CASE("slices to look through are those that hold labels, evenly chosen") {
  auto input = boxed_scan();  // the label is in slices 2 and 3 of the coarse first axis
  const auto both = seg::train::overlay_slices(input);
  CHECK(both.plane == "axial");
  CHECK(both.of == 10);
  CHECK(both.indices == std::vector<std::int64_t>{2, 3});
  input.labels.zero_();
  CHECK(seg::train::overlay_slices(input, {.most = 5}).indices ==
        std::vector<std::int64_t>{1, 3, 5, 7, 9});
  CHECK(seg::train::overlay_slices(input).indices.size() == 10);
}

TEST_CASE("slices are cut across the coarsest axis of the patient") {
  auto input = boxed_scan();
  input.geometry.spacing = {3, 1, 1};
  CHECK(seg::train::overlay_slices(input).plane == "sagittal");
  input.geometry.spacing = {1, 3, 1};
  CHECK(seg::train::overlay_slices(input).plane == "coronal");
  input.geometry.spacing = {1, 1, 1};
  CHECK(seg::train::overlay_slices(input).plane == "axial");
}

TEST_CASE("slices to look through are the same whichever way the file stores the scan") {
  for (const std::array<double, 3> spacing : {std::array{1., 1., 4.}, {1., 3., 1.}, {3., 1., 1.}}) {
    auto input = boxed_scan();
    input.geometry.spacing = spacing;
    input.labels[3][15][6] = 2;  // in no middle
    const auto expected = seg::train::overlay_slices(input);
    for (auto* volume : {&input.scan, &input.labels})
      *volume = volume->flip({0, 2}).transpose(0, 1);
    input.geometry.direction = {-1, 0, 0, 0, 0, 1, 0, -1, 0};
    input.geometry.spacing = {spacing[0], spacing[2], spacing[1]};
    const auto slices = seg::train::overlay_slices(input);
    CHECK(slices.plane == expected.plane);
    CHECK(slices.indices == expected.indices);
    CHECK(slices.widest == expected.widest);
    REQUIRE(slices.pictures.size() == expected.pictures.size());
    for (std::size_t i = 0; i < slices.pictures.size(); ++i)
      CHECK(at::equal(slices.pictures[i], expected.pictures[i]));
  }
}

TEST_CASE("a slice has the labels' outline on its left and the reference's on its right") {
  auto input = boxed_scan();
  input.reference = at::zeros_like(input.labels);
  input.reference.slice(0, 2, 4).slice(1, 10, 20).slice(2, 5, 15).fill_(2);
  const auto slices = seg::train::overlay_slices(input, {.panel_size = 128});
  const at::Tensor picture = slices.pictures.at(0);
  const auto panel = (picture.size(1) - 4) / 2;
  const auto has_colour = [&](const at::Tensor& part, int label) {
    const auto colour = seg::train::overlay_colour(label);
    const at::Tensor wanted = at::tensor({colour[0], colour[1], colour[2]}, at::kByte);
    return (part == wanted).all(-1).any().item<bool>();
  };
  const at::Tensor left = picture.slice(1, 0, panel), right = picture.slice(1, panel + 4);
  CHECK(std::max(picture.size(0), panel) == 128);
  CHECK(has_colour(left, 1));
  CHECK_FALSE(has_colour(left, 2));
  CHECK(has_colour(right, 2));
  CHECK_FALSE(has_colour(right, 1));
}

TEST_CASE("without a reference the scan alone is beside its labels") {
  const auto slices = seg::train::overlay_slices(boxed_scan());
  const at::Tensor picture = coloured(slices.pictures.at(slices.widest));
  const auto panel = (picture.size(1) - 4) / 2;
  CHECK_FALSE(picture.slice(1, 0, panel).any().item<bool>());
  CHECK(picture.slice(1, panel + 4).any().item<bool>());
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

TEST_CASE(
    "an overlay tells label maps that lie elsewhere than the scan, and refuses other shapes") {
  seg::test::TemporaryFolder folder;
  const auto input = boxed_scan();
  auto moved = input.geometry;
  moved.origin[1] += 30;
  std::vector<std::string> warnings;
  const seg::Reporter reporter{
      .info = {}, .warning = [&](const auto& line) { warnings.push_back(line); }, .progress = {}};
  seg::data::write_image(folder / "scan.nii.gz", input.scan, input.geometry);
  seg::data::write_label_map(folder / "labels.nii.gz", input.labels, input.geometry);
  seg::data::write_label_map(folder / "moved.nii.gz", input.labels, moved);
  seg::data::write_label_map(folder / "small.nii.gz", input.labels.slice(0, 1), input.geometry);
  const auto draw = [&](const char* labels, const char* reference) {
    seg::train::write_overlay(folder / "overlay.png",
                              {folder / "scan.nii.gz", folder / labels, folder / reference},
                              reporter);
  };
  draw("labels.nii.gz", "labels.nii.gz");
  CHECK(warnings.empty());
  draw("labels.nii.gz", "moved.nii.gz");
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], ContainsSubstring("moved.nii.gz") && ContainsSubstring("origin"));
  CHECK_THROWS_WITH(draw("small.nii.gz", "labels.nii.gz"),
                    ContainsSubstring("small.nii.gz") && ContainsSubstring("shape 9 x 40 x 20"));
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
