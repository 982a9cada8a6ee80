#include "seg/data/preprocess_dataset.hpp"
#include "seg/data/store.hpp"

#include <fstream>

#include "seg/data/npy.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/planner.hpp"
#include "small_dataset.hpp"
#include "test_files.hpp"

#include "catch.hpp"

using namespace seg;
using namespace seg::data;
namespace fs = std::filesystem;

namespace {

/// Plans for SmallDataset, with a spacing that is as good as any for its scans of 3 x 4 x 5 voxels.
plan::Plans plans_with_spacing(const plan::Dataset& dataset, const std::vector<double>& spacing) {
  plan::Fingerprint fingerprint;
  fingerprint.intensities = {{}};
  fingerprint.shapes_after_crop = {{40, 50, 60}};
  fingerprint.spacings = {{1, 1, 1}};
  plan::Plans plans = plan::plan_experiment(dataset, fingerprint, {});
  plans.json["configurations"]["3d_fullres"]["spacing"] = spacing;
  return plan::plans_from_json(plans.json, "plans.json");
}

/// SmallDataset with two cases and the folder that they are preprocessed into.
struct Fixture {
  test::TemporaryFolder root;
  test::SmallDataset scans{root / "Dataset001_Small", 2};
  plan::Plans plans = plans_with_spacing(scans.dataset(), {1, 1, 1});
  fs::path folder = root / "preprocessed";
  std::string news;

  void preprocess(int jobs = 1) {
    Reporter reporter;
    reporter.info = [&](const std::string& line) { news = line; };
    const plan::Dataset dataset = scans.dataset();
    preprocess_dataset(training_cases(scans.folder(), dataset),
                       {plan::make_experiment(dataset, plans, "3d_fullres"), folder, jobs},
                       reporter);
  }

  bool made(int count) const {
    return news.find("preprocessed " + std::to_string(count) + " of 2") != std::string::npos;
  }

  std::string refusal() {
    try {
      preprocess();
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }
};

bool mentions(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("Stored cases come back with arrays, locations and properties") {
  Fixture fixture;
  fixture.preprocess(2);
  CHECK(stored_cases(fixture.folder) == std::vector<std::string>{"scan_0", "scan_1"});
  const StoredCase stored = open_case(fixture.folder, "scan_1");
  CHECK(stored.data.sizes() == at::IntArrayRef({1, 6, 4, 5}));
  CHECK(stored.seg.sizes() == at::IntArrayRef({1, 6, 4, 5}));
  REQUIRE(stored.class_locations.size() == 1);
  CHECK(stored.class_locations[0].size(0) == stored.seg.eq(1).sum().item<std::int64_t>());
  CHECK(stored.properties.spacing == std::array<double, 3>{2, 1, 1});
  CHECK(stored.properties.target_spacing == std::array<double, 3>{1, 1, 1});
  CHECK(stored.properties.shape_after_cropping == std::array<std::int64_t, 3>{3, 4, 5});
  CHECK(stored.properties.geometry.spacing == std::array<double, 3>{1, 1, 2});
  CHECK_FALSE(stored.previous_stage.defined());
}

TEST_CASE("Cases are made again only when files or settings changed") {
  Fixture fixture;
  fixture.preprocess();
  CHECK(fixture.made(2));
  fixture.preprocess();
  CHECK(fixture.made(0));
  write_image(fixture.scans.image(0), fixture.scans.voxels() * fixture.scans.voxels(),
              fixture.scans.geometry());
  fixture.preprocess();
  CHECK(fixture.made(1));
  fixture.plans = plans_with_spacing(fixture.scans.dataset(), {2, 2, 1});
  fixture.preprocess();
  CHECK(fixture.made(2));
  CHECK(open_case(fixture.folder, "scan_0").data.sizes() == at::IntArrayRef({1, 3, 2, 5}));
  std::ofstream(fixture.folder / "scan_0.json") << "{";
  fixture.preprocess();
  CHECK(fixture.made(1));
}

TEST_CASE("A scan with NaN stops preprocessing and leaves no trace of itself") {
  Fixture fixture;
  at::Tensor voxels = fixture.scans.voxels();
  voxels[1][2][3] = std::numeric_limits<float>::quiet_NaN();
  write_image(fixture.scans.image(1), voxels, fixture.scans.geometry());
  CHECK(mentions(fixture.refusal(), "scan_1_0000.nii.gz"));
  CHECK(stored_cases(fixture.folder) == std::vector<std::string>{"scan_0"});
}

TEST_CASE("A label value that dataset.json does not name is refused") {
  Fixture fixture;
  write_label_map(fixture.scans.label(0), fixture.scans.labels() * 7, fixture.scans.geometry());
  const std::string message = fixture.refusal();
  CHECK(mentions(message, "scan_0.nii.gz"));
  CHECK(mentions(message, "7"));
}

TEST_CASE("A case whose plan leaves no voxel is named") {
  Fixture fixture;
  fixture.plans = plans_with_spacing(fixture.scans.dataset(), {100, 1, 1});
  CHECK(mentions(fixture.refusal(), "case scan_0"));
}

TEST_CASE("Opening says what is missing or does not fit") {
  Fixture fixture;
  CHECK_THROWS_AS(open_case(fixture.folder, "scan_0"), Error);
  CHECK(stored_cases(fixture.folder).empty());
  fixture.preprocess();
  write_npy(fixture.folder / "scan_0_seg.npy", at::zeros({1, 2, 2, 2}, at::kShort));
  CHECK_THROWS_AS(open_case(fixture.folder, "scan_0"), Error);
  write_npy(fixture.folder / "scan_1_locations.npy", at::zeros({1, 3}, at::kInt));
  CHECK_THROWS_AS(open_case(fixture.folder, "scan_1"), Error);
}
