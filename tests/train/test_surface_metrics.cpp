#include "seg/train/surface_metrics.hpp"

#include <ATen/ATen.h>

#include <cmath>

#include "catch.hpp"
#include "seg/data/image.hpp"
#include "seg/plan/error.hpp"
#include "seg/train/evaluate.hpp"
#include "test_files.hpp"
#include "text.hpp"

namespace {
namespace fs = std::filesystem;
using seg::train::ComparedMaps;

seg::plan::Labels one_label() {
  seg::plan::Labels labels;
  labels.all = {0, 1};
  labels.foreground_keys = {"1"};
  labels.foreground_names = {"ball"};
  return labels;
}

at::Tensor empty_map() { return at::zeros({6, 20, 20}, at::kShort); }

void fill(const at::Tensor& map, std::array<std::int64_t, 3> first,
          std::array<std::int64_t, 3> last, int value = 1) {
  map.slice(0, first[0], last[0] + 1)
      .slice(1, first[1], last[1] + 1)
      .slice(2, first[2], last[2] + 1)
      .fill_(value);
}

/// By definition: every border voxel against every other.
seg::train::SurfaceMetrics by_definition(const ComparedMaps& maps, double tolerance) {
  const auto border = [](const at::Tensor& map) {
    const at::Tensor mask = map == 1;
    const at::Tensor padded = at::constant_pad_nd(mask, {1, 1, 1, 1, 1, 1}, 0);
    at::Tensor inside = mask.clone();
    for (int axis = 0; axis < 3; ++axis)
      for (const int side : {0, 2}) {
        at::Tensor shifted = padded;
        for (int other = 0; other < 3; ++other) {
          const int start = other == axis ? side : 1;
          shifted = shifted.slice(other, start, start + mask.size(other));
        }
        inside &= shifted;
      }
    return (mask & ~inside).nonzero().to(at::kDouble);
  };
  const at::Tensor step =
      at::tensor({maps.spacing[0], maps.spacing[1], maps.spacing[2]}, at::kDouble);
  const at::Tensor all = at::cdist(border(maps.prediction) * step, border(maps.reference) * step);
  const at::Tensor there = all.amin(1), back = all.amin(0);
  const auto quantile = [](const at::Tensor& values) {
    return at::quantile(values, 0.95).item<double>();
  };
  const at::Tensor both = at::cat({there, back});
  return {both.max().item<double>(),
          std::max(quantile(there), quantile(back)),
          both.mean().item<double>(),
          {(both <= tolerance).to(at::kDouble).mean().item<double>()}};
}

}  // namespace

TEST_CASE("a box that is moved by two voxels lies two spacings away") {
  ComparedMaps maps{empty_map(), empty_map(), {3, 0.5, 2}};
  fill(maps.prediction, {1, 4, 4}, {4, 8, 8});
  fill(maps.reference, {1, 4, 6}, {4, 8, 10});
  const auto metrics = seg::train::surface_metrics(maps, one_label(), {0, 3.9, 4});
  REQUIRE(metrics.size() == 1);
  CHECK(metrics[0].hd == 4);
  CHECK(metrics[0].nsd[2] == 1);
  CHECK(metrics[0].nsd[1] < 1);
  CHECK(metrics[0].nsd[0] > 0);
}

TEST_CASE("surface metrics are those of all pairs of border voxels") {
  at::manual_seed(1);
  for (const double spacing : {1.0, 0.3}) {
    ComparedMaps maps{at::rand({6, 9, 7}).lt(0.4).to(at::kShort), empty_map(), {2.5, spacing, 0.7}};
    maps.reference = at::rand({6, 9, 7}).lt(0.02).to(at::kShort);
    const auto expected = by_definition(maps, 1.1);
    const auto found = seg::train::surface_metrics(maps, one_label(), {1.1});
    CHECK(found[0].hd == Approx(expected.hd));
    CHECK(found[0].hd95 == Approx(expected.hd95));
    CHECK(found[0].assd == Approx(expected.assd));
    CHECK(found[0].nsd[0] == Approx(expected.nsd[0]));
  }
}

TEST_CASE("surfaces do not depend on which of two maps is called the reference") {
  at::manual_seed(2);
  ComparedMaps maps{at::rand({4, 9, 7}).lt(0.3).to(at::kShort),
                    at::rand({4, 9, 7}).lt(0.1).to(at::kShort),
                    {2, 1, 1}};
  const auto one = seg::train::surface_metrics(maps, one_label(), {1});
  std::swap(maps.prediction, maps.reference);
  const auto other = seg::train::surface_metrics(maps, one_label(), {1});
  CHECK(one[0].hd == other[0].hd);
  CHECK(one[0].hd95 == other[0].hd95);
  CHECK(one[0].assd == Approx(other[0].assd).epsilon(1e-14));
  CHECK(one[0].nsd == other[0].nsd);
}

TEST_CASE("a class in one map alone has no distances, and a surface Dice of 0") {
  ComparedMaps maps{empty_map(), empty_map(), {1, 1, 1}};
  fill(maps.prediction, {1, 4, 4}, {4, 8, 8});
  const auto metrics = seg::train::surface_metrics(maps, one_label(), {1});
  CHECK(std::isnan(metrics[0].hd));
  CHECK(std::isnan(metrics[0].hd95));
  CHECK(std::isnan(metrics[0].assd));
  CHECK(metrics[0].nsd[0] == 0);
}

TEST_CASE("what the reference ignores has no surface") {
  ComparedMaps maps{empty_map(), empty_map(), {1, 1, 1}};
  fill(maps.prediction, {1, 4, 4}, {4, 8, 8});
  fill(maps.reference, {1, 4, 4}, {4, 8, 8});
  fill(maps.prediction, {1, 15, 15}, {4, 18, 18});
  fill(maps.reference, {0, 14, 14}, {5, 19, 19}, 2);
  seg::plan::Labels labels = one_label();
  labels.ignore = 2;
  CHECK(seg::train::surface_metrics(maps, labels, {1})[0].hd == 0);
  labels.ignore.reset();
  CHECK(seg::train::surface_metrics(maps, labels, {1})[0].hd > 10);
}

TEST_CASE("a picture has no surface in front and behind") {
  const at::Tensor full = at::ones({1, 5, 5}, at::kShort);
  at::Tensor hole = full.clone();
  hole[0][2][2] = 0;
  // As a volume all voxels are border and the hole's place lies 1 away; in a picture it is 2 to the
  // rim, but only 1 to the hole's neighbours, which are no border of the full one.
  const auto volume = seg::train::surface_metrics({hole, full, {1, 1, 1}}, one_label(), {0});
  const auto picture = seg::train::surface_metrics({hole[0], full[0], {1, 1, 1}}, one_label(), {0});
  CHECK(volume[0].nsd[0] == Approx(48.0 / 49));
  CHECK(picture[0].nsd[0] == Approx(32.0 / 36));
}

TEST_CASE("evaluate measures surfaces, volumes and lesions where they are asked for") {
  const seg::test::TemporaryFolder folder;
  seg::data::Image prediction, reference;
  prediction.data = at::zeros({1, 6, 20, 20}, at::kShort);
  prediction.geometry.spacing = {2, 1, 3};  // x, y, z
  reference.geometry = prediction.geometry;
  reference.data = prediction.data.clone();
  fill(reference.data[0], {1, 2, 2}, {1, 3, 3});
  fill(reference.data[0], {4, 15, 15}, {4, 16, 16});
  fill(prediction.data[0], {1, 2, 3}, {1, 3, 4});
  fill(prediction.data[0], {4, 2, 2}, {4, 2, 2});
  fs::create_directory(folder.path() / "labels");
  for (const char* name : {"one.nii.gz", "two.nii.gz"}) {
    seg::data::write_label_map(folder.path() / name, prediction.data[0], prediction.geometry);
    seg::data::write_label_map(folder.path() / "labels" / name, reference.data[0],
                               reference.geometry);
  }
  const seg::Json summary = seg::train::evaluate_folder(
      {folder.path(),
       folder.path() / "labels",
       one_label(),
       {.further =
            {.hd = true, .nsd = true, .nsd_tolerances = {2, 2.5}, .volume = true, .lesions = true},
        .confidence = true}},
      {});
  const seg::Json& one = summary["metric_per_case"][0]["metrics"]["1"];
  CHECK(one["NSD at 2 mm"] == 8.0 / 13);
  CHECK(one["NSD at 2.5 mm"] == 8.0 / 13);
  CHECK_FALSE(one.contains("HD95"));
  CHECK(one["volume_pred"] == 5 * 6.0);
  CHECK(one["volume_ref"] == 8 * 6.0);
  CHECK(one["volume_error"] == 3.0 / 8);
  CHECK(one["lesions_ref"] == 2);
  CHECK(one["lesions_found"] == 1);
  CHECK(one["lesions_missed"] == 1);
  CHECK(one["lesions_pred"] == 2);
  CHECK(one["lesions_false"] == 1);
  CHECK(summary["mean"]["1"]["HD"] == one["HD"]);
  CHECK(summary["confidence_95"]["1"]["Dice"]["low"] == one["Dice"]);
  CHECK(summary["confidence_95"]["1"]["HD"]["high"] == one["HD"]);

  const std::string table = seg::train::summary_table(summary, one_label());
  CHECK(table.starts_with("case,label,Dice,FN,FP,IoU,TN,TP,n_pred,n_ref,HD,NSD at 2 mm,"));
  CHECK(std::ranges::count(table, '\n') == 6);
  const auto line_of = [&](const std::string& name) {
    const auto start = table.find("\r\n" + name + ",ball,");
    REQUIRE(start != std::string::npos);
    return table.substr(start + 2, table.find("\r\n", start + 2) - start - 2);
  };
  // Both cases are the same, so an interval is the mean; counts of voxels have none.
  const std::string low = line_of("mean low_95");
  const auto metrics_from_hd = [](const std::string& line) {
    std::size_t at = 0;
    for (int commas = 0; commas < 10; ++commas) at = line.find(',', at) + 1;
    return line.substr(at);
  };
  CHECK(low.find(",,,") != std::string::npos);
  CHECK(metrics_from_hd(low) == metrics_from_hd(line_of("mean")));
  CHECK(metrics_from_hd(line_of("mean high_95")) == metrics_from_hd(low));
  CHECK(std::ranges::count(low, ',') == std::ranges::count(line_of("one.nii.gz"), ','));
}

TEST_CASE("a class in neither map has volumes and lesions of 0, and nothing to compare") {
  const seg::test::TemporaryFolder folder;
  fs::create_directory(folder.path() / "labels");
  const at::Tensor nothing = at::zeros({1, 3, 4, 4}, at::kShort);
  seg::data::write_label_map(folder.path() / "one.nii.gz", nothing[0], {});
  seg::data::write_label_map(folder.path() / "labels/one.nii.gz", nothing[0], {});
  const seg::Json summary = seg::train::evaluate_folder(
      {folder.path(),
       folder.path() / "labels",
       one_label(),
       {.further = {.hd95 = true, .nsd = true, .volume = true, .lesions = true}}},
      {});
  const seg::Json& mean = summary["mean"]["1"];
  for (const char* name : {"Dice", "IoU", "HD95", "NSD at 1 mm", "volume_error"}) {
    INFO(name);
    CHECK(std::isnan(mean[name].get<double>()));
  }
  for (const char* name : {"volume_pred", "volume_ref", "lesions_ref", "lesions_found",
                           "lesions_missed", "lesions_pred", "lesions_false"}) {
    INFO(name);
    CHECK(mean[name] == 0.0);
  }
}

TEST_CASE("scans without a lesion count in the means of lesions and volumes") {
  const seg::test::TemporaryFolder folder;
  fs::create_directory(folder.path() / "labels");
  const at::Tensor nothing = at::zeros({3, 4, 4}, at::kShort), something = nothing.clone();
  something[1][2][2] = 1;
  seg::data::Geometry geometry;
  geometry.spacing = {2, 2, 3};
  const auto write = [&](const char* name, const at::Tensor& predicted) {
    seg::data::write_label_map(folder.path() / name, predicted, geometry);
    seg::data::write_label_map(folder.path() / "labels" / name, nothing, geometry);
  };
  write("false.nii.gz", something);
  for (const char* name : {"one.nii.gz", "two.nii.gz", "three.nii.gz"}) write(name, nothing);
  seg::plan::Labels labels = one_label();
  labels.ignore = 2;  // what is ignored is in neither map
  seg::data::write_label_map(folder.path() / "three.nii.gz", something, geometry);
  seg::data::write_label_map(folder.path() / "labels/three.nii.gz", something * 2, geometry);
  const seg::Json summary =
      seg::train::evaluate_folder({folder.path(),
                                   folder.path() / "labels",
                                   labels,
                                   {.further = {.volume = true, .lesions = true}}},
                                  {});
  const seg::Json& mean = summary["mean"]["1"];
  CHECK(mean["lesions_false"] == 0.25);  // a false detection in four scans
  CHECK(mean["lesions_missed"] == 0.0);
  CHECK(mean["volume_pred"] == 12.0 / 4);
  CHECK(mean["volume_ref"] == 0.0);
  const seg::Json& left_out = summary["cases_left_out_of_mean"]["1"];
  CHECK(left_out.size() == 3);
  CHECK(left_out["Dice"] == 3);
  CHECK(left_out["IoU"] == 3);
  CHECK(left_out["volume_error"] == 4);
}

TEST_CASE("a summary says how many cases a mean leaves out") {
  const seg::test::TemporaryFolder folder;
  fs::create_directory(folder.path() / "labels");
  const at::Tensor nothing = at::zeros({3, 4, 4}, at::kShort), something = nothing.clone();
  something[1].fill_(1);
  const auto write = [&](const char* name, const at::Tensor& predicted, const at::Tensor& truth) {
    seg::data::write_label_map(folder.path() / name, predicted, {});
    seg::data::write_label_map(folder.path() / "labels" / name, truth, {});
  };
  write("both.nii.gz", something, something);
  write("missed.nii.gz", nothing, something);
  write("false.nii.gz", something, nothing);
  write("none.nii.gz", nothing, nothing);
  seg::train::ComparedFolders folders{
      folder.path(), folder.path() / "labels", one_label(), {.further = {.hd95 = true}}};
  const seg::Json summary = seg::train::evaluate_folder(folders, {});
  CHECK(summary["cases_left_out_of_mean"]["1"]["HD95"] == 3);
  CHECK(summary["cases_left_out_of_mean"]["1"]["Dice"] == 1);
  CHECK_FALSE(summary["cases_left_out_of_mean"]["1"].contains("n_ref"));
  CHECK(summary["mean"]["1"]["HD95"] == 0.0);
  folders.options.further = {};
  const seg::Json plain = seg::train::evaluate_folder(folders, {});
  CHECK_FALSE(plain.contains("cases_left_out_of_mean"));  // nnU-Net's file
  CHECK(seg::train::cases_left_out(plain) == seg::Json{{"1", {{"Dice", 1}, {"IoU", 1}}}});
}

TEST_CASE("without a dataset.json every value of references and predictions is a label") {
  const seg::test::TemporaryFolder folder;
  at::Tensor map = at::zeros({1, 3, 4, 4}, at::kShort);
  map[0][0][0][0] = 7;
  map[0][1][0][0] = 3;
  seg::data::write_label_map(folder / "references/one.nii.gz", map[0], {});
  map[0][2][0][0] = 5;
  seg::data::write_label_map(folder / "predictions/one.nii.gz", map[0], {});
  seg::test::write_text(folder / "predictions/two.nii.gz", "no image");
  const auto [labels, ending] =
      seg::train::labels_found({folder / "references", folder / "predictions"}, 1);
  CHECK(ending == ".nii.gz");
  CHECK(labels.all == std::vector<int>{0, 3, 5, 7});
  CHECK(labels.foreground_keys == std::vector<std::string>{"3", "5", "7"});
}
