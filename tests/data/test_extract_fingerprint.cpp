#include "seg/data/extract_fingerprint.hpp"

#include <limits>

#include "fingerprint/intensity_statistics.hpp"
#include "skip.hpp"
#include "small_dataset.hpp"
#include "test_files.hpp"

#include "catch.hpp"

using namespace seg;
namespace fs = std::filesystem;

namespace {

plan::Fingerprint fingerprint_of(const fs::path& folder, const plan::Dataset& dataset) {
  return data::extract_fingerprint(data::training_cases(folder, dataset), dataset, {2});
}

/// Compares with a file that nnU-Net wrote; its intensities are sampled, hence 1 %.
void check_against_oracle(const std::string& name, const std::string& topic) {
  const fs::path data = test::shared_data() / "data" / name;
  const fs::path oracle =
      test::shared_data() / "oracles/pipeline" / topic / "dataset_fingerprint.json";
  if (!fs::exists(data) || !fs::exists(oracle)) {
    seg::test::skip("no " + data.string() + " or " + oracle.string());
    return;
  }
  const auto expected = plan::read_fingerprint(oracle);
  const auto found = fingerprint_of(data, plan::read_dataset(data));
  CHECK((found.shapes_after_crop == expected.shapes_after_crop));
  CHECK((found.spacings == expected.spacings));
  CHECK(found.median_relative_size_after_cropping == expected.median_relative_size_after_cropping);
  REQUIRE(found.intensities.size() == expected.intensities.size());
  for (std::size_t channel = 0; channel < found.intensities.size(); ++channel) {
    const auto &ours = found.intensities[channel], &theirs = expected.intensities[channel];
    CHECK(ours.min == theirs.min);
    CHECK(ours.max == theirs.max);
    CHECK(ours.mean == Approx(theirs.mean).epsilon(0.01));
    CHECK(ours.std == Approx(theirs.std).epsilon(0.01));
    CHECK(ours.median == Approx(theirs.median).epsilon(0.01));
    CHECK(ours.percentile_00_5 == Approx(theirs.percentile_00_5).epsilon(0.01));
    CHECK(ours.percentile_99_5 == Approx(theirs.percentile_99_5).epsilon(0.01));
  }
}

}  // namespace

TEST_CASE("the fingerprint of the real MRI dataset is nnU-Net's") {
  check_against_oracle("Dataset004_Hippocampus", "fingerprint");
}

TEST_CASE("the fingerprint of the real 2D dataset is nnU-Net's") {
  check_against_oracle("Dataset120_EM", "em2d");
}

TEST_CASE("the weighted statistics of the real MRI dataset are the limit of nnU-Net's sampling") {
  const fs::path data = test::shared_data() / "data/Dataset004_Hippocampus";
  if (!fs::exists(data)) {
    seg::test::skip("no " + data.string());
    return;
  }
  // exact_equal_case_weight_limit of the fingerprint oracle
  const auto found = fingerprint_of(data, plan::read_dataset(data)).intensities[0];
  CHECK(found.mean == Approx(19661.38255100598).epsilon(1e-9));
  CHECK(found.std == Approx(56151.40678947418).epsilon(1e-9));
  CHECK(found.median == 360.4494323730469);
  CHECK(found.percentile_00_5 == 28);
  CHECK(found.percentile_99_5 == 264156.96875);
}

TEST_CASE("a known dataset gives known numbers") {
  const test::TemporaryFolder folder;
  const test::SmallDataset small(folder.path(), 3, 2);
  const auto found = fingerprint_of(folder.path(), small.dataset());
  CHECK((found.shapes_after_crop == decltype(found.shapes_after_crop)(3, {3, 4, 5})));
  CHECK((found.spacings == decltype(found.spacings)(3, {2, 1, 1})));
  CHECK(found.median_relative_size_after_cropping == 1);
  REQUIRE(found.intensities.size() == 2);
  // Foreground voxels are 10, 11, ..., 39, in the second channel 100 more.
  CHECK(found.intensities[0].min == 10);
  CHECK(found.intensities[0].max == 39);
  CHECK(found.intensities[0].mean == Approx(24.5));
  CHECK(found.intensities[0].std == Approx(std::sqrt((30 * 30 - 1) / 12.0)));
  CHECK(found.intensities[1].median == 124);
}

TEST_CASE("the number of jobs does not change the fingerprint") {
  const test::TemporaryFolder folder;
  const test::SmallDataset small(folder.path(), 5);
  const auto cases = data::training_cases(folder.path(), small.dataset());
  const auto json = [&](int jobs) {
    return plan::to_json(data::extract_fingerprint(cases, small.dataset(), {jobs}));
  };
  CHECK(json(1) == json(4));
}

TEST_CASE("each case has the same weight, however large its foreground") {
  const auto large = data::foreground_intensities(at::full({3000}, 1.0F), 100);
  const auto few = data::foreground_intensities(at::full({10}, 5.0F), 100);
  const auto none = data::foreground_intensities(at::empty({0}), 100);
  const auto found = data::intensity_properties({large, few, none});
  CHECK(found.mean == Approx(3));
  CHECK(found.std == Approx(2));
  CHECK(found.percentile_00_5 == 1);
  CHECK(found.percentile_99_5 == 5);
}

TEST_CASE("keeping only some intensities hardly moves the percentiles") {
  at::manual_seed(3);
  const at::Tensor values = at::randn({100000});
  const auto all = data::intensity_properties({data::foreground_intensities(values, 100000)});
  const auto some = data::intensity_properties({data::foreground_intensities(values, 2000)});
  CHECK(some.mean == all.mean);
  CHECK(some.min == all.min);
  CHECK(some.median == Approx(all.median).margin(0.005));
  CHECK(some.percentile_99_5 == Approx(all.percentile_99_5).epsilon(0.02));
}

TEST_CASE("a case that cannot be learnt from is refused with its file") {
  const test::TemporaryFolder folder;
  const test::SmallDataset small(folder.path(), 2);
  SECTION("NaN") {
    data::write_image(small.image(1), small.voxels() * std::numeric_limits<float>::quiet_NaN(),
                      small.geometry());
    CHECK_THROWS_WITH(fingerprint_of(folder.path(), small.dataset()),
                      ContainsSubstring(small.image(1).string()) && ContainsSubstring("NaN"));
  }
  SECTION("unnamed label") {
    data::write_label_map(small.label(1), small.labels() * 7, small.geometry());
    CHECK_THROWS_WITH(fingerprint_of(folder.path(), small.dataset()),
                      ContainsSubstring(small.label(1).string()) && ContainsSubstring("7"));
  }
  SECTION("shape of the label map") {
    data::write_label_map(small.label(1), small.labels().slice(0, 1), small.geometry());
    CHECK_THROWS_WITH(fingerprint_of(folder.path(), small.dataset()),
                      ContainsSubstring(small.label(1).string()) && ContainsSubstring("shape"));
  }
  SECTION("no foreground anywhere") {
    for (int i = 0; i < 2; ++i)
      data::write_label_map(small.label(i), small.labels() * 0, small.geometry());
    CHECK_THROWS_WITH(fingerprint_of(folder.path(), small.dataset()),
                      ContainsSubstring("nothing to learn"));
  }
}
