#include "seg/data/image_reader.hpp"

#include <ATen/ATen.h>

#include <cmath>

#include "seg/data/image.hpp"
#include "seg/data/plan_dataset.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/image_reader.hpp"
#include "test_files.hpp"
//
#include "catch.hpp"

using namespace seg;
namespace fs = std::filesystem;

namespace {

const data::ImageReader as_stored = data::image_reader("SimpleITKIO", "test");

/// A scan of which every voxel differs, its first axis towards the patient's Right, its second to
/// the Anterior, its third to the Superior.
data::Image ras_scan() {
  data::Image scan;
  scan.data = at::arange(4 * 3 * 2, at::kFloat).view({1, 4, 3, 2});
  scan.geometry.spacing = {0.5, 0.75, 2};
  scan.geometry.origin = {10, 20, -30};
  scan.geometry.direction = {-1, 0, 0, 0, -1, 0, 0, 0, 1};
  return scan;
}

/// The same scan with its axes in another order: x to the Posterior, y to the Superior, z to the
/// Right; written out, without the code under test.
data::Image psr_scan() {
  const data::Image scan = ras_scan();
  data::Image stored;
  stored.data = scan.data.flip({2}).permute({0, 3, 1, 2}).contiguous();
  stored.geometry.spacing = {0.75, 2, 0.5};
  stored.geometry.origin = {10, 20 - 2 * 0.75, -30};  // where y of the scan ends
  stored.geometry.direction = {0, 0, -1, 1, 0, 0, 0, 1, 0};
  return stored;
}

data::Image written_and_read(const data::Image& scan, const fs::path& file,
                             const data::ImageReader& reader) {
  data::write_image(file, scan.data[0], scan.geometry);
  return data::read_image({file}, reader);
}

template <std::size_t count>
void check_close(const std::array<double, count>& found,
                 const std::array<double, count>& expected) {
  for (std::size_t i = 0; i < count; ++i) CHECK(found[i] == Approx(expected[i]).margin(1e-5));
}

}  // namespace

TEST_CASE("nnU-Net's image readers are known by name, others are refused by name") {
  for (const auto& name : plan::image_reader_names())
    CHECK(data::name_of(data::image_reader(name, "plans.json")) == name);
  CHECK(plan::image_reader_names().size() == 6);
  CHECK_THROWS_WITH(data::image_reader("MyOwnIO", "plans.json"),
                    ContainsSubstring("plans.json: names the image reader \"MyOwnIO\"") &&
                        ContainsSubstring("Tiff3DIO"));
}

TEST_CASE("Readers that reorient give the same array whatever the order of the file") {
  const test::TemporaryFolder folder;
  for (const char* name : {"SimpleITKIOWithReorient", "NibabelIOWithReorient"}) {
    INFO(name);
    const auto reader = data::image_reader(name, "test");
    for (const auto& scan : {ras_scan(), psr_scan()}) {
      const auto image = written_and_read(scan, folder / "a.nii.gz", reader);
      CHECK(image.data.equal(ras_scan().data));
      check_close(image.geometry.array_spacing(), ras_scan().geometry.array_spacing());
      check_close(image.geometry.origin, ras_scan().geometry.origin);
      check_close(image.geometry.direction, ras_scan().geometry.direction);
    }
  }
}

TEST_CASE("Other readers leave arrays in the order of the file") {
  const test::TemporaryFolder folder;
  for (const char* name : {"SimpleITKIO", "NibabelIO"}) {
    const auto image =
        written_and_read(psr_scan(), folder / "a.nii", data::image_reader(name, "test"));
    CHECK(image.data.equal(psr_scan().data));
    check_close(image.geometry.spacing, psr_scan().geometry.spacing);
  }
}

TEST_CASE("Label maps go back to the scan's own grid, whichever reader turned it") {
  const test::TemporaryFolder folder;
  for (const char* name :
       {"SimpleITKIO", "SimpleITKIOWithReorient", "NibabelIO", "NibabelIOWithReorient"}) {
    INFO(name);
    const auto image =
        written_and_read(psr_scan(), folder / "a.nii.gz", data::image_reader(name, "test"));
    data::write_label_map(folder / "labels.nii.gz", image.data[0].to(at::kShort), image.geometry);
    const auto labels = data::read_label_map(folder / "labels.nii.gz", as_stored);
    CHECK(labels.data.equal(psr_scan().data.to(at::kShort)));
    check_close(labels.geometry.spacing, psr_scan().geometry.spacing);
    check_close(labels.geometry.origin, psr_scan().geometry.origin);
    check_close(labels.geometry.direction, psr_scan().geometry.direction);
  }
}

TEST_CASE("Oblique scans are permuted and flipped to the closest axes, never resampled") {
  const test::TemporaryFolder folder;
  data::Image oblique = psr_scan();
  const double c = std::cos(0.4), s = std::sin(0.4);
  oblique.geometry.direction = {0, -s, -c, 1, 0, 0, 0, c, -s};
  const auto reader = data::image_reader("NibabelIOWithReorient", "test");
  const auto image = written_and_read(oblique, folder / "a.nii.gz", reader);
  CHECK(image.data.equal(ras_scan().data));
  check_close(image.geometry.direction, {-c, 0, -s, 0, -1, 0, -s, 0, c});
}

TEST_CASE("A shear that ITK refuses goes through nibabel's reader unchanged") {
  const test::TemporaryFolder folder;
  data::Image sheared = ras_scan();
  sheared.geometry.reader = data::image_reader("NibabelIO", "test");
  sheared.geometry.direction = {-1, 0.6, 0, 0, -0.8, 0, 0, 0, 1};
  sheared.geometry.affine_spacing = {0.5, 0.75, 2};
  data::write_label_map(folder / "a.nii.gz", sheared.data[0].to(at::kShort), sheared.geometry);
  CHECK_FALSE(data::can_read(as_stored, folder / "a.nii.gz"));
  const auto image = data::read_image({folder / "a.nii.gz"}, sheared.geometry.reader);
  check_close(data::nifti_affine(image.geometry), data::nifti_affine(sheared.geometry));
  CHECK(image.data.equal(sheared.data));
}

TEST_CASE("The orientation of a model's scans can be overridden, but not for pictures") {
  const auto itk = data::image_reader("SimpleITKIO", "test");
  CHECK(data::with_orientation(itk, "model") == itk);
  CHECK(data::name_of(data::with_orientation(itk, "RAS")) == "SimpleITKIOWithReorient");
  const auto turning = data::image_reader("NibabelIOWithReorient", "test");
  CHECK(data::name_of(data::with_orientation(turning, "stored")) == "NibabelIO");
  CHECK_THROWS_WITH(data::with_orientation(data::image_reader("Tiff3DIO", "test"), "RAS"),
                    ContainsSubstring("Tiff3DIO"));
  CHECK_THROWS_AS(data::with_orientation(itk, "LPS"), Error);
}

TEST_CASE("Channels that lie elsewhere are told, those of another spacing refused") {
  const test::TemporaryFolder folder;
  data::Image second = ras_scan();
  data::write_image(folder / "a_0000.nii.gz", second.data[0], second.geometry);
  second.geometry.origin[0] += 3;
  data::write_image(folder / "a_0001.nii.gz", second.data[0], second.geometry);
  const std::vector<fs::path> files{folder / "a_0000.nii.gz", folder / "a_0001.nii.gz"};
  std::vector<std::string> warnings;
  Reporter reporter;
  reporter.warning = [&](const std::string& text) { warnings.push_back(text); };
  const auto image = data::read_image(files, as_stored, reporter);
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], ContainsSubstring("a_0001.nii.gz: origin"));
  REQUIRE(image.misplaced.size() == 1);
  check_close(image.geometry.origin, ras_scan().geometry.origin);
  second.geometry.spacing[2] *= 1.001;
  data::write_image(folder / "a_0001.nii.gz", second.data[0], second.geometry);
  CHECK_THROWS_WITH(data::read_image(files, as_stored), ContainsSubstring("spacing"));
}

TEST_CASE("The channel number is taken off the spacing's name only where there is one") {
  const test::TemporaryFolder folder;
  const data::ImageReader tiff = data::image_reader("Tiff3DIO", "test");
  data::Geometry geometry;
  geometry.spacing = {0.5, 0.75, 2.5};
  geometry.reader = tiff;
  const at::Tensor labels = at::ones({3, 4, 5}, at::kShort);
  data::write_label_map(folder / "cell_0001.tif", labels, geometry);
  CHECK(fs::exists(folder / "cell_0001.json"));
  CHECK_FALSE(fs::exists(folder / "cell.json"));
  CHECK(data::read_label_map(folder / "cell_0001.tif", tiff).geometry.spacing == geometry.spacing);
  fs::copy(folder / "cell_0001.tif", folder / "cell_0001_0000.tif");
  CHECK(data::read_image({folder / "cell_0001_0000.tif"}, tiff).geometry.spacing ==
        geometry.spacing);
  CHECK(data::read_image({folder / "cell_0001.tif"}, tiff).geometry.spacing == geometry.spacing);
}

TEST_CASE("A dataset's reader is the same from its images and from its fingerprint") {
  for (const auto& [ending, expected] : std::vector<std::pair<std::string, std::string>>{
           {".nii", "NibabelIO"}, {".nii.gz", "SimpleITKIO"}, {".nrrd", "SimpleITKIO"}}) {
    INFO(ending);
    const test::TemporaryFolder folder;
    const fs::path dataset = folder / "Dataset001_Small";
    Json json = {{"channel_names", {{"0", "MRI"}}},
                 {"labels", {{"background", 0}, {"thing", 1}}},
                 {"numTraining", 1},
                 {"file_ending", ending}};
    write_json(dataset / "dataset.json", json);
    fs::create_directories(dataset / "imagesTr");
    fs::create_directories(dataset / "labelsTr");
    data::Geometry geometry;
    const at::Tensor scan = at::rand({12, 14, 16}) + 1;
    data::write_image(dataset / "imagesTr" / ("a_0000" + ending), scan, geometry);
    data::write_label_map(dataset / "labelsTr" / ("a" + ending), scan.gt(1.5).to(at::kShort),
                          geometry);
    const data::WorkFolder work{folder / "work"};
    const auto planned = data::plan_dataset(dataset, work, {});
    CHECK(planned.plans.image_reader_writer == expected);
    const auto fingerprint = plan::read_fingerprint(work.fingerprint());
    CHECK(plan::image_reader(plan::read_dataset(dataset), fingerprint) == expected);
    json["overwrite_image_reader_writer"] = "NibabelIOReorienting";
    write_json(dataset / "dataset.json", json);
    CHECK_THROWS_WITH(data::plan_dataset(dataset, work, {}),
                      ContainsSubstring("NibabelIOReorienting"));
  }
}
