#include "seg/data/dicom_segmentation.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "catch.hpp"
#include "dicom/dicom_writer.hpp"
#include "dicom/read_problem.hpp"
#include "dicom/segmentation_reader.hpp"
#include "seg/data/image.hpp"
#include "seg/plan/error.hpp"
#include "test_files.hpp"

namespace fs = std::filesystem;
using namespace seg;
using namespace seg::test;

namespace {

constexpr int kSlices = 4;
const std::string kFrameOfReference = "1.2.3.4.5";

std::string instance(int z) { return "1.2.3.4." + std::to_string(100 + z); }

const std::vector<data::DicomSegment> two_segments{{"front", {1}}, {"back", {2}}};

/// An oblique series of slices of 20 pixels, which are no whole bytes, and labels for it.
struct Source {
  TemporaryFolder folder;
  data::Geometry geometry;
  at::Tensor labels = at::zeros({kSlices, 5, 4}, at::kShort);

  explicit Source(const data::ImageReader& reader = {}) {
    write_oblique_series(folder / "series", kSlices, [](int z, DicomSlice& slice) {
      slice.instance = instance(z);
      slice.frame_of_reference = kFrameOfReference;
    });
    const data::Image image = data::read_image({folder / "series"}, reader);
    geometry = image.geometry;
    labels = at::zeros(image.data.sizes().slice(1), at::kShort);
  }
  fs::path series() const { return folder / "series"; }
  ReadSegmentation written(const std::vector<data::DicomSegment>& segments = two_segments) const {
    data::write_dicom_segmentation(folder / "out.dcm", labels, {series(), geometry}, segments);
    return read_segmentation(folder / "out.dcm");
  }
};

/// Position of a slice by the series' own numbers.
std::array<double, 3> place_of(int z) { return oblique_slice(z).position; }

int slice_at(const std::array<double, 3>& position) {
  for (int z = 0; z < kSlices; ++z) {
    const auto place = place_of(z);
    double far = 0;
    for (std::size_t axis = 0; axis < 3; ++axis)
      far = std::max(far, std::abs(position[axis] - place[axis]));
    if (far < 1e-9) return z;
  }
  return -1;
}

/// The masks of a segment put together: [slices, rows, columns].
at::Tensor mask_of(const ReadSegmentation& read, int segment) {
  const at::Tensor mask = at::zeros({kSlices, 5, 4}, at::kInt);
  for (const ReadFrame& frame : read.frames)
    if (frame.segment == segment) {
      const int z = slice_at(frame.position);
      REQUIRE(z >= 0);
      REQUIRE(frame.instance == instance(z));
      REQUIRE(frame.dimensions == std::vector{segment, z + 1});
      mask[z].copy_(at::tensor(frame.mask, at::kInt).view({5, 4}));
    }
  return mask;
}

}  // namespace

TEST_CASE("a DICOM Segmentation holds each label's voxels at the places of the source's slices") {
  if (lacks_dicom_segmentations()) return;
  at::manual_seed(11);
  Source source;
  source.labels.random_(0, 3);
  source.labels[1].fill_(0);
  source.labels[2].masked_fill_(source.labels[2] == 2, 0);
  const ReadSegmentation read = source.written();
  CHECK(read.sop_class == "1.2.840.10008.5.1.4.1.1.66.4");
  CHECK(read.type == "BINARY");
  CHECK(read.modality == "SEG");
  CHECK(read.overlap == "NO");
  CHECK(mask_of(read, 1).equal(source.labels.eq(1).to(at::kInt)));
  CHECK(mask_of(read, 2).equal(source.labels.eq(2).to(at::kInt)));
  // Slices without a segment have no frame of it.
  CHECK(read.frames.size() == 3 + 2);
  CHECK(read.pixel_spacing == std::vector{0.75, 0.5});
  CHECK(read.slice_spacing == Approx(1.25).epsilon(1e-12));
  CHECK(read.orientation == std::vector{0.6, 0.8, 0., -0.48, 0.36, 0.8});
  fs::remove(source.folder / "out.dcm");
  CHECK(std::distance(fs::directory_iterator(source.folder / "."), {}) == 1);
}

TEST_CASE("a DICOM Segmentation belongs to the patient, study and series of its source") {
  if (lacks_dicom_segmentations()) return;
  Source source;
  source.labels[2].fill_(1);
  const ReadSegmentation read = source.written();
  const DicomSlice slice;
  CHECK(read.patient == patients_name);
  CHECK(read.study == slice.series + ".1");
  CHECK(read.frame_of_reference == kFrameOfReference);
  CHECK(read.series != slice.series);
  CHECK(read.referenced_series == slice.series);
  auto instances = read.referenced_instances;
  std::sort(instances.begin(), instances.end());
  CHECK(instances == std::vector{instance(0), instance(1), instance(2), instance(3)});
  CHECK_FALSE(read.has_private);
  // Two objects are two, of a series each.
  const ReadSegmentation again = source.written();
  CHECK(again.series != read.series);
}

TEST_CASE("segments are named by their labels and terms, Tissue without any") {
  if (lacks_dicom_segmentations()) return;
  const Source source;
  plan::SegmentTerms liver{{"123037004", "SCT", "Anatomical Structure"},
                           {"10200004", "SCT", "Liver"},
                           std::array{255, 0, 0}};
  const ReadSegmentation read = source.written({{"front", {1}, liver}, {"back", {2}}});
  REQUIRE(read.segments.size() == 2);
  const ReadSegment &front = read.segments[0], &back = read.segments[1];
  CHECK(front.number == 1);
  CHECK(front.label == "front");
  CHECK(front.category == "123037004|SCT|Anatomical Structure");
  CHECK(front.type == "10200004|SCT|Liver");
  CHECK(front.algorithm == "AUTOMATIC seg");
  // sRGB's red is L 53.24, a 80.09, b 67.20 (D65).
  REQUIRE(front.color.size() == 3);
  CHECK(front.color[0] == Approx(53.24 / 100 * 65535).margin(30));
  CHECK(front.color[1] == Approx((80.09 + 128) / 255 * 65535).margin(30));
  CHECK(front.color[2] == Approx((67.20 + 128) / 255 * 65535).margin(30));
  CHECK(back.number == 2);
  CHECK(back.label == "back");
  CHECK(back.category == "85756007|SCT|Tissue");
  CHECK(back.type == "85756007|SCT|Tissue");
  CHECK(back.color.empty());
  // Neither is seen, and each has a frame that says so.
  REQUIRE(read.frames.size() == 2);
  CHECK(mask_of(read, 1).sum().item<int>() + mask_of(read, 2).sum().item<int>() == 0);
}

TEST_CASE("regions become segments that overlap") {
  if (lacks_dicom_segmentations()) return;
  at::manual_seed(12);
  Source source;
  source.labels.random_(0, 3);
  const ReadSegmentation read = source.written({{"whole", {1, 2}}, {"core", {2}}});
  CHECK(read.overlap == "YES");
  CHECK(mask_of(read, 1).equal(source.labels.gt(0).to(at::kInt)));
  CHECK(mask_of(read, 2).equal(source.labels.eq(2).to(at::kInt)));
}

TEST_CASE("labels of a scan that was turned when it was read are turned back onto the slices") {
  if (lacks_dicom_segmentations()) return;
  at::manual_seed(13);
  Source source(data::ImageReader{.reorients = true});
  source.labels.random_(0, 3);
  const at::Tensor stored = data::array_in_stored_order(source.labels, source.geometry);
  REQUIRE_FALSE(source.geometry.stored == data::StoredAxes{});
  const ReadSegmentation read = source.written();
  CHECK(mask_of(read, 1).equal(stored.eq(1).to(at::kInt)));
  CHECK(mask_of(read, 2).equal(stored.eq(2).to(at::kInt)));
}

TEST_CASE("frames of an enhanced file are named by their numbers; a frame of reference is made") {
  if (lacks_dicom_segmentations()) return;
  const TemporaryFolder folder;
  std::vector<DicomSlice> frames;
  for (const int z : {2, 0, 1}) frames.push_back(oblique_slice(z));
  frames[0].instance = "1.2.3";
  write_enhanced_dicom(folder / "scan", frames);
  const data::Image image = data::read_image({folder / "scan"});
  const at::Tensor labels = at::zeros({3, 5, 4}, at::kShort);
  labels[0].fill_(1);
  labels[2].fill_(1);
  data::write_dicom_segmentation(folder / "out.dcm", labels, {folder / "scan", image.geometry},
                                 {{"front", {1}}});
  const ReadSegmentation read = read_segmentation(folder / "out.dcm");
  REQUIRE(read.frames.size() == 2);
  CHECK(slice_at(read.frames[0].position) == 0);
  CHECK(read.frames[0].source_frame == 2);
  CHECK(slice_at(read.frames[1].position) == 2);
  CHECK(read.frames[1].source_frame == 1);
  CHECK(read.frames[0].instance == "1.2.3");
  CHECK(read.referenced_instances == std::vector<std::string>{"1.2.3"});
  CHECK_FALSE(read.frame_of_reference.empty());
}

TEST_CASE("a series that changed since it was read leaves no DICOM Segmentation") {
  if (lacks_dicom_segmentations()) return;
  const Source source;
  fs::remove(shuffled_name(source.series(), kSlices - 1));
  CHECK_THROWS_WITH(source.written(), ContainsSubstring("has 3 slices, but had 4"));
  CHECK_FALSE(fs::exists(source.folder / "out.dcm"));
}

TEST_CASE("a DICOM Segmentation is no scan, also beside its series") {
  if (lacks_dicom_segmentations()) return;
  const Source source;
  source.written();
  CHECK_THAT(
      problem_of(source.folder / "out.dcm"),
      ContainsSubstring("out.dcm: is a DICOM Segmentation, which seg writes, but does not") &&
          ContainsSubstring("`output_type=nii.gz`"));
  fs::create_directory(source.folder / "only");
  fs::copy_file(source.folder / "out.dcm", source.folder / "only/out.dcm");
  CHECK_THAT(problem_of(source.folder / "only"), ContainsSubstring("holds nothing but DICOM Seg"));
  fs::copy_file(source.folder / "out.dcm", source.series() / "out.dcm");
  std::string warnings;
  Reporter reporter;
  reporter.warning = [&](const std::string& line) { warnings += line; };
  CHECK(data::read_image({source.series()}, {}, reporter).data.size(1) == kSlices);
  CHECK_THAT(warnings, ContainsSubstring("1 DICOM Segmentation(s)"));
}

TEST_CASE("a DICOM file that is cut off is not whole") {
  if (lacks_dicom_segmentations()) return;
  const Source source;
  source.written();
  const fs::path file = source.folder / "out.dcm";
  CHECK(data::is_whole_dicom(file));
  fs::resize_file(file, fs::file_size(file) - 1);
  CHECK_FALSE(data::is_whole_dicom(file));
  CHECK_FALSE(data::is_whole_dicom(source.folder / "none.dcm"));
}
