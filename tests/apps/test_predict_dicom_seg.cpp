#include <ATen/ATen.h>

#include <fstream>

#include "catch.hpp"
#include "dicom/segmentation_reader.hpp"
#include "dicom_place.hpp"

// seg predict --output-type dicom-seg: as label maps are, told as DICOM.

namespace fs = std::filesystem;
using namespace seg;
using namespace seg::test;

namespace {

const std::vector<std::string> as_dicom{"--output-type", "dicom-seg"};

void expect_done(const Outcome& outcome) {
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
}

/// Error's one line, after which nothing was written to `output`.
void expect_refused(const Outcome& outcome, const std::string& what, const fs::path& output) {
  INFO(outcome.err);
  const bool names_option = what.starts_with("--");
  CHECK(outcome.exit_code == (names_option ? 2 : 1));
  CHECK(lines_with(outcome.err, "error: ").size() == 1);
  CHECK_THAT(outcome.err, ContainsSubstring(what));
  CHECK_FALSE(fs::exists(output));
}

at::Tensor mask_of(const ReadSegmentation& read, int segment) {
  const at::Tensor mask =
      at::zeros({StoredScan::depth, StoredScan::rows, StoredScan::columns}, at::kShort);
  for (const ReadFrame& frame : read.frames)
    if (frame.segment == segment)
      mask[frame.dimensions.at(1) - 1].copy_(
          at::tensor(frame.mask, at::kInt).view({read.rows, read.columns}));
  return mask;
}

/// The labels of a DICOM Segmentation of exclusive segments with these values.
at::Tensor labels_of(const ReadSegmentation& read, const std::vector<int>& values = {1, 2}) {
  at::Tensor labels = at::zeros_like(mask_of(read, 1));
  for (std::size_t s = 0; s < values.size(); ++s)
    labels += values[s] * mask_of(read, static_cast<int>(s) + 1);
  return labels;
}

void write_terms(const fs::path& file, const std::string& label) {
  const Json term = {{"value", "10200004"}, {"scheme", "SCT"}, {"meaning", "Liver"}};
  write_json(file, {{label, {{"category", term}, {"type", term}}}});
}

}  // namespace

TEST_CASE("seg predict writes a DICOM series' labels as a DICOM Segmentation") {
  if (lacks_dicom_segmentations()) return;
  const DicomPlace place;
  expect_done(place.predict("nifti", "of_nifti"));
  const data::Image expected = data::read_label_map(place.folder / "of_nifti/scan.nii.gz");
  REQUIRE(expected.data.gt(0).any().item<bool>());
  SECTION("of a folder of series, as label maps are") {
    expect_done(place.predict("series", "out", as_dicom));
    const auto read = read_segmentation(place.folder / "out/scan.dcm");
    CHECK(labels_of(read).equal(expected.data[0]));
    REQUIRE(read.segments.size() == 2);
    CHECK(read.segments[0].label == "front");
    CHECK(read.segments[1].label == "back");
    for (const ReadFrame& frame : read.frames)
      CHECK(frame.position[2] == Approx(100 + 0.8 * (frame.dimensions.at(1) - 1)));
    const Outcome again = place.predict("series", "out", as_dicom);
    expect_done(again);
    CHECK_THAT(again.out + again.err, ContainsSubstring("skipping 1 cases"));
    // Other terms make another file.
    write_terms(place.folder / "terms.json", "back");
    expect_done(place.predict("series", "out",
                              extended(as_dicom, {"--terminology", place.path("terms.json")})));
    CHECK(read_segmentation(place.folder / "out/scan.dcm").segments[1].type ==
          "10200004|SCT|Liver");
    // What is cut off is made again.
    fs::resize_file(place.folder / "out/scan.dcm", 2000);
    expect_done(place.predict("series", "out",
                              extended(as_dicom, {"--terminology", place.path("terms.json")})));
    CHECK(labels_of(read_segmentation(place.folder / "out/scan.dcm")).equal(expected.data[0]));
  }
  SECTION("of one series to one file, by its ending, with terms from the model") {
    Json dataset = small_dataset();
    const Json term = {{"value", "1"}, {"scheme", "99SEG"}, {"meaning", "Front part"}};
    dataset["terminology"]["front"] = {{"category", term}, {"type", term}};
    write_json(place.folder / "model/dataset.json", dataset);
    expect_done(place.predict("series/scan", "one.dcm"));
    const auto read = read_segmentation(place.folder / "one.dcm");
    CHECK(labels_of(read).equal(expected.data[0]));
    CHECK(read.segments[0].type == "1|99SEG|Front part");
    CHECK(read.segments[1].type == "85756007|SCT|Tissue");
  }
  SECTION("of a list") {
    std::ofstream(place.folder / "list")
        << place.path("series/scan") << '\t' << place.path("one.dcm") << '\n';
    expect_done(run_seg({"predict", "-m", place.path("model"), "--list", place.path("list"), "-o",
                         place.path("out"), "--threads", "1"}));
    CHECK(labels_of(read_segmentation(place.folder / "one.dcm")).equal(expected.data[0]));
  }
  SECTION("of regions, whose segments overlap") {
    Json dataset = small_dataset();
    dataset["labels"] = {{"background", 0}, {"whole", {1, 2, 3}}, {"core", {2, 3}}, {"tip", 3}};
    dataset["regions_class_order"] = {1, 2, 3};
    write_json(place.folder / "model/dataset.json", dataset);
    expect_done(place.predict("nifti", "regions"));
    expect_done(place.predict("series", "out", as_dicom));
    const at::Tensor labels = data::read_label_map(place.folder / "regions/scan.nii.gz").data[0];
    REQUIRE(labels.gt(0).any().item<bool>());
    const auto read = read_segmentation(place.folder / "out/scan.dcm");
    CHECK(read.overlap == "YES");
    REQUIRE(read.segments.size() == 3);
    const std::vector<std::pair<std::string, int>> regions{{"core", 2}, {"tip", 3}, {"whole", 1}};
    for (const auto& [name, least] : regions) {
      const auto segment = std::ranges::find(read.segments, name, &ReadSegment::label);
      REQUIRE(segment != read.segments.end());
      CHECK(mask_of(read, segment->number).equal(labels.ge(least).to(at::kShort)));
    }
  }
  SECTION("with the chosen labels alone") {
    expect_done(place.predict("nifti", "few", {"--labels", "back", "--largest", "back"}));
    expect_done(place.predict("series", "out",
                              extended(as_dicom, {"--labels", "back", "--largest", "back"})));
    const auto read = read_segmentation(place.folder / "out/scan.dcm");
    REQUIRE(read.segments.size() == 1);
    CHECK(read.segments[0].label == "back");
    CHECK(
        labels_of(read, {2}).equal(data::read_label_map(place.folder / "few/scan.nii.gz").data[0]));
  }
}

TEST_CASE("commands that read label maps say that they read no DICOM Segmentations") {
  if (lacks_dicom_segmentations()) return;
  const DicomPlace place;
  expect_done(place.predict("series", "out", as_dicom));
  const auto refused = [&](const std::vector<std::string>& command) {
    const Outcome outcome = run_seg(command);
    CHECK(outcome.exit_code == 1);
    CHECK(lines_with(outcome.err, "error: ").size() == 1);
    CHECK_THAT(outcome.err, ContainsSubstring("which seg writes, but does not read") &&
                                ContainsSubstring("--output-type nii.gz"));
  };
  const std::string out = place.path("out"), file = place.path("out/scan.dcm");
  refused({"evaluate", "-i", out, "--reference", out});
  refused({"inspect", file});
  refused(
      {"overlay", "-i", place.path("series/scan"), "--labels", file, "-o", place.path("a.png")});
}

TEST_CASE("what cannot be a DICOM Segmentation is refused in one line") {
  if (lacks_dicom_segmentations()) return;
  const DicomPlace place;
  const fs::path output = place.folder / "out";
  SECTION("a scan that is no DICOM, before anything is read") {
    expect_refused(place.predict("nifti", "out", as_dicom), "is no DICOM series", output);
    expect_refused(place.predict("nifti/scan_0000.nii.gz", "one.dcm"), "is no DICOM series",
                   place.folder / "one.dcm");
  }
  SECTION("one that is no DICOM among others costs its own case") {
    fs::copy(place.folder / "nifti/scan_0000.nii.gz", place.folder / "series/other.nii.gz");
    const Outcome outcome = place.predict("series", "out", as_dicom);
    CHECK(outcome.exit_code == 1);
    CHECK_THAT(outcome.err,
               ContainsSubstring("other.nii.gz") && ContainsSubstring("is no DICOM series"));
    CHECK(fs::exists(output / "scan.dcm"));
    CHECK_FALSE(fs::exists(output / "other.dcm"));
  }
  SECTION("options that say otherwise") {
    expect_refused(place.predict("series", "out", extended(as_dicom, {"--split-labels"})),
                   "--split-labels", output);
    expect_refused(place.predict("series", "out", extended(as_dicom, {"--uncertainty"})),
                   "--uncertainty", output);
    expect_refused(place.predict("series/scan", "one.nii.gz", as_dicom), "--output-type",
                   place.folder / "one.nii.gz");
    write_terms(place.folder / "terms.json", "front");
    expect_refused(place.predict("series", "out", {"--terminology", place.path("terms.json")}),
                   "--terminology", output);
    expect_refused(place.predict("series/scan", "series/scan/out.dcm"), "the folder of the series",
                   place.folder / "series/scan/out.dcm");
  }
  SECTION("a label whose name DICOM's plain letters cannot tell") {
    Json dataset = small_dataset();
    dataset["labels"] = {{"background", 0}, {"front", 1}, {"r\u00fcckw\u00e4rts", 2}};
    write_json(place.folder / "model/dataset.json", dataset);
    expect_refused(place.predict("series", "out", as_dicom), "cannot be written into DICOM",
                   output);
    expect_done(place.predict("series", "out"));
  }
  SECTION("terms of a label that the model has not") {
    write_terms(place.folder / "terms.json", "frnt");
    expect_refused(place.predict("series", "out",
                                 extended(as_dicom, {"--terminology", place.path("terms.json")})),
                   "did you mean front?", output);
    expect_refused(place.predict("series", "out",
                                 extended(as_dicom, {"--terminology", place.path("none.json")})),
                   "none.json", output);
  }
}
