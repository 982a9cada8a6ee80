#include <ATen/ATen.h>

#include <fstream>

#include "catch.hpp"
#include "dicom_place.hpp"

// A scan is segmented from its DICOM slices as from the NIfTI file of the same scan.

namespace fs = std::filesystem;
using namespace seg;
using namespace seg::test;

namespace {

void check_alike(const fs::path& file, const fs::path& expected_file) {
  const data::Image labels = data::read_label_map(file);
  const data::Image expected = data::read_label_map(expected_file);
  CHECK(expected.data.gt(0).any().item<bool>());
  CHECK(labels.data.equal(expected.data));
  for (std::size_t axis = 0; axis < 3; ++axis) {
    CHECK(labels.geometry.spacing[axis] == Approx(expected.geometry.spacing[axis]).epsilon(1e-6));
    CHECK(labels.geometry.origin[axis] == Approx(expected.geometry.origin[axis]).epsilon(1e-6));
  }
  for (std::size_t i = 0; i < 9; ++i)
    CHECK(labels.geometry.direction[i] == Approx(expected.geometry.direction[i]).margin(1e-6));
}

}  // namespace

TEST_CASE("seg predict segments a DICOM series as the NIfTI file of the same scan") {
  if (lacks_dicom()) return;
  const DicomPlace place;
  const auto expect_done = [](const Outcome& outcome) {
    INFO(outcome.err);
    REQUIRE(outcome.exit_code == 0);
  };
  expect_done(place.predict("nifti", "of_nifti"));
  const fs::path expected = place.folder / "of_nifti/scan.nii.gz";
  SECTION("a folder of series") {
    expect_done(place.predict("series", "out", {"--statistics"}));
    check_alike(place.folder / "out/scan.nii.gz", expected);
    const Outcome again = place.predict("series", "out", {"--statistics"});
    expect_done(again);
    CHECK_THAT(again.out + again.err, ContainsSubstring("skipping 1 cases"));
    // Another series is another scan.
    fs::remove(shuffled_name(place.folder / "series/scan", 13 % 11).string() + "1");
    const Outcome changed = place.predict("series", "out", {"--statistics"});
    expect_done(changed);
    CHECK(data::read_label_map(place.folder / "out/scan.nii.gz").data.size(1) ==
          StoredScan::depth - 1);
  }
  SECTION("the series itself, to a folder and to a file") {
    expect_done(place.predict("series/scan", "out"));
    check_alike(place.folder / "out/scan.nii.gz", expected);
    expect_done(place.predict("series/scan/", "one.mha"));
    check_alike(place.folder / "one.mha", expected);
  }
  SECTION("a slice is missing: told before anything is computed") {
    fs::remove(shuffled_name(place.folder / "series/scan", 5).string() + "0");
    for (const char* input : {"series", "series/scan"})
      for (const std::vector<std::string>& more :
           {std::vector<std::string>{}, std::vector<std::string>{"--dry-run"}}) {
        const Outcome outcome = place.predict(input, "out", more);
        CHECK(outcome.exit_code == 1);
        CHECK_THAT(outcome.err, ContainsSubstring("1 slice(s) are missing"));
        CHECK_FALSE(fs::exists(place.folder / "out/scan.nii.gz"));
      }
  }
  SECTION("series and files mixed") {
    fs::copy(place.folder / "nifti/scan_0000.nii.gz", place.folder / "series/other.nii.gz");
    expect_done(place.predict("series", "out"));
    check_alike(place.folder / "out/scan.nii.gz", expected);
    check_alike(place.folder / "out/other.nii.gz", expected);
  }
  SECTION("an archive of studies is told what to give") {
    fs::create_directories(place.folder / "archive/patient/study");
    fs::rename(place.folder / "series/scan", place.folder / "archive/patient/study/scan");
    const Outcome outcome = place.predict("archive", "out");
    CHECK(outcome.exit_code == 1);
    CHECK_THAT(outcome.err,
               ContainsSubstring("1 DICOM series lie further below (patient/study/scan); give " +
                                 place.path("archive/patient/study/scan")));
    expect_done(place.predict("archive/patient/study", "out"));
    check_alike(place.folder / "out/scan.nii.gz", expected);
  }
  SECTION("of a list") {
    std::ofstream(place.folder / "list") << place.path("series/scan") << '\n';
    expect_done(run_seg({"predict", "-m", place.path("model"), "--list", place.path("list"), "-o",
                         place.path("out"), "--threads", "1"}));
    check_alike(place.folder / "out/scan.nii.gz", expected);
  }
  SECTION("a damaged one in one line") {
    const fs::path file = place.folder / "series/scan/IM30";
    const std::string part = file_content(file).substr(0, 700);
    std::ofstream(file, std::ios::binary) << part;
    const Outcome outcome = place.predict("series", "out");
    CHECK(outcome.exit_code == 1);
    CHECK(lines_with(outcome.err, "error: ").size() == 1);
    CHECK_THAT(outcome.err, ContainsSubstring("truncated"));
  }
}

TEST_CASE("seg inspect shows the grid of a DICOM series, and nothing about the patient") {
  if (lacks_dicom()) return;
  const TemporaryFolder folder;
  StoredScan().write_series(folder / "scan");
  const Outcome outcome = run_seg({"inspect", (folder / "scan").string()});
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  CHECK_THAT(outcome.out, ContainsSubstring("1 14 20 18") && ContainsSubstring("1 0.75 1.25 mm") &&
                              !ContainsSubstring("SECRET"));
}
