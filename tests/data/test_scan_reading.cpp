#include "seg/data/scan_reading.hpp"

#include <cmath>

#include "catch.hpp"
#include "seg/data/output_format.hpp"
#include "seg/plan/error.hpp"
#include "test_files.hpp"

using namespace seg;
namespace fs = std::filesystem;
using Kind = data::ImageReader::Kind;

namespace {

/// Oblique, with spacings that are no 32-bit floats; axes in another order than the patient's.
data::Geometry turned_in_space() {
  data::Geometry geometry;
  geometry.spacing = {0.7, 1.1, 2.3};
  geometry.origin = {-31.5, 12.25, 100};
  geometry.direction = {0, -1, 0, 0.8, 0, -0.6, 0.6, 0, 0.8};
  return geometry;
}

}  // namespace

TEST_CASE("a scan gives the same array and spacing from every volume format") {
  const test::TemporaryFolder folder;
  const at::Tensor voxels = at::rand({5, 7, 6});
  const std::string reader_name =
      GENERATE("SimpleITKIO", "SimpleITKIOWithReorient", "NibabelIO", "NibabelIOWithReorient");
  INFO(reader_name);
  const data::ScanReading reading{data::image_reader(reader_name, "test"), ".nii.gz"};
  const auto read = [&](const std::string& ending) {
    const fs::path file = folder / ("scan" + ending);
    data::write_image(file, voxels, turned_in_space());
    return data::read_scan({"scan", {file}, {}}, reading);
  };
  const data::Image own = read(".nii.gz");
  for (const std::string ending : {".nii", ".nrrd", ".mha"}) {
    INFO(ending);
    const data::Image foreign = read(ending);
    CHECK(foreign.data.equal(own.data));
    // Of an affine matrix ITK's writer makes rounded cosines orthogonal, which costs the last bit.
    const double last_bit = reader_name == "NibabelIOWithReorient" ? 0x1p-23 : 0;
    for (std::size_t axis = 0; axis < 3; ++axis)
      CHECK(std::abs(foreign.geometry.spacing[axis] / own.geometry.spacing[axis] - 1) <= last_bit);
    CHECK(foreign.geometry.stored == own.geometry.stored);
    // Back in the file's order, on the file's own grid.
    const fs::path map = folder / ("map" + ending);
    data::write_label_map(map, foreign.data[0].gt(0.5).to(at::kShort), foreign.geometry);
    const data::Image written = data::read_label_map(map);
    CHECK(written.data.equal(voxels.gt(0.5).to(at::kShort).unsqueeze(0)));
    for (std::size_t axis = 0; axis < 3; ++axis)
      CHECK(std::abs(written.geometry.spacing[axis] - turned_in_space().spacing[axis]) <
            (ending == ".nii" ? 1e-6 : 1e-12));
    for (std::size_t i = 0; i < 9; ++i)
      CHECK(written.geometry.direction[i] == Approx(turned_in_space().direction[i]).margin(1e-6));
  }
}

TEST_CASE("pictures and volumes do not stand for each other") {
  const data::ScanReading volumes{data::image_reader("SimpleITKIO", "test"), ".nii.gz"},
      turned{data::image_reader("NibabelIOWithReorient", "test"), ".nii.gz"},
      pictures{data::image_reader("NaturalImage2DIO", "test"), ".png"};
  CHECK(data::reader_for("a.bmp", pictures).kind == Kind::picture);
  CHECK(data::reader_for("a.tif", volumes).kind == Kind::tiff_stack);
  CHECK_THROWS_WITH(data::reader_for("a.png", volumes), ContainsSubstring("millimetres"));
  CHECK_THROWS_WITH(data::reader_for("a.tif", turned), ContainsSubstring("how it lies"));
  CHECK_THROWS_WITH(data::reader_for("a.nii.gz", pictures), ContainsSubstring("is a volume"));
  CHECK(data::reader_for("a.mha", turned) == data::ImageReader{Kind::itk, true});
  // A plan may ask for a reader that its ending alone would not give.
  CHECK(data::reader_for("a.png", {volumes.reader, ".png"}) == volumes.reader);
}

TEST_CASE("a format that cannot say where a scan lies is refused") {
  CHECK(data::output_ending("nrrd") == ".nrrd");
  CHECK(data::output_ending(".nii.gz") == ".nii.gz");
  for (const char* type : {"mhd", "jpg", "", "gz"})
    CHECK_THROWS_WITH(data::output_ending(type), ContainsSubstring("output_type"));
  for (const char* ending : {".nii.gz", ".NII.GZ", ".nrrd", ".png"})
    CHECK_NOTHROW(data::require_output_ending(ending));
  for (const char* ending : {".foo", ".mhd", ".nii.gzip"})
    CHECK_THROWS_WITH(data::require_output_ending(ending), ContainsSubstring("file_ending"));
  for (const char* name : {"a.nii.gz", "a.b.nrrd", "a.nii.gz.mha", "a.DCM", "a.tif"})
    CHECK_NOTHROW(data::require_writable_name(name));
  CHECK_THROWS_WITH(data::require_writable_name("o/a.nii.nii.gz"),
                    ContainsSubstring("ends twice, in .nii and .nii.gz; give o/a.nii.gz"));
  CHECK_THROWS_WITH(data::require_writable_name("a.mha.mha"), ContainsSubstring("ends twice"));
  CHECK_THROWS_WITH(data::require_writable_name("a.mhd"), ContainsSubstring("only read"));
  CHECK_THROWS_WITH(data::require_writable_name("o/.nii.gz"), ContainsSubstring("without a name"));
  data::Geometry slice, stack;
  slice.dimensions = 2;
  stack.spacing = {0.5, 0.5, 2};
  CHECK_NOTHROW(data::require_room_for_geometry("a.png", slice));
  CHECK_NOTHROW(data::require_room_for_geometry("a.tif", stack));
  CHECK_NOTHROW(data::require_room_for_geometry("a.gipl", stack));
  // A stack of slices is no picture, wherever it lies.
  for (const char* file : {"a.png", "a.bmp"})
    CHECK_THROWS_AS(data::require_room_for_geometry(file, data::Geometry{}), Error);
  slice.spacing = {0.5, 0.5, 1};
  CHECK_THROWS_AS(data::require_room_for_geometry("a.png", slice), Error);
  for (const char* file : {"a.tif", "a.gipl"})
    CHECK_THROWS_WITH(data::require_room_for_geometry(file, turned_in_space()),
                      ContainsSubstring("where the scan lies"));
  CHECK_NOTHROW(data::require_room_for_geometry("a.mha", turned_in_space()));
}
