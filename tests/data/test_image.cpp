#include "seg/data/image.hpp"

#include <ATen/ATen.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <limits>

#include "seg/plan/error.hpp"
#include "test_files.hpp"
#include "text.hpp"

#include "catch.hpp"

using namespace seg;
using seg::test::bytes_of;
namespace fs = std::filesystem;

namespace {

data::Geometry oblique() {
  const double a = 0.3, b = -0.5;  // radians, about z and then x
  const double ca = std::cos(a), sa = std::sin(a), cb = std::cos(b), sb = std::sin(b);
  data::Geometry geometry;
  geometry.spacing = {0.9, 3.3, 1.1};
  geometry.origin = {-101.25, 17.125, 33.3};
  geometry.direction = {ca, -sa, 0, cb * sa, cb * ca, -sb, sb * sa, sb * ca, cb};
  return geometry;
}

at::Tensor ramp(at::IntArrayRef shape) {
  return at::arange(c10::multiply_integers(shape), at::kInt).reshape(shape);
}

void write_bytes(const fs::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

/// An uncompressed NIfTI file with the given rows of its sform, for headers no writer makes.
std::string nifti_with_rows(const std::array<float, 12>& rows) {
  std::string bytes(352 + 2 * 3 * 4 * 2, '\0');
  const auto put = [&](std::size_t at, auto value) {
    std::memcpy(&bytes[at], &value, sizeof value);
  };
  put(0, std::int32_t{348});
  for (std::int16_t i = 0, shape[] = {3, 2, 3, 4, 1, 1, 1, 1}; i < 8; ++i)
    put(40 + 2 * i, shape[i]);
  put(70, std::int16_t{4});   // int16
  put(72, std::int16_t{16});  // bits
  for (int i = 0; i < 8; ++i) put(76 + 4 * i, 1.0F);
  put(108, 352.0F);           // where voxels begin
  put(254, std::int16_t{1});  // sform_code
  for (int i = 0; i < 12; ++i) put(280 + 4 * i, rows[i]);
  bytes.replace(344, 3, "n+1");
  for (std::int16_t i = 0; i < 24; ++i) put(352 + 2 * i, i);
  return bytes;
}

}  // namespace

TEST_CASE("a label map keeps labels and geometry through every volume format") {
  const test::TemporaryFolder folder;
  for (const std::string ending : {".nii.gz", ".nii", ".nrrd", ".mha"}) {
    INFO(ending);
    const fs::path first = folder / ("a" + ending), second = folder / ("b" + ending);
    data::write_label_map(first, ramp({4, 3, 2}), oblique());
    const auto once = data::read_label_map(first);
    CHECK(once.data.scalar_type() == at::kShort);
    CHECK(once.data.equal(ramp({1, 4, 3, 2}).to(at::kShort)));
    CHECK(once.geometry.array_spacing()[1] == Approx(3.3));
    for (int i = 0; i < 9; ++i)
      CHECK(once.geometry.direction[i] == Approx(oblique().direction[i]).margin(1e-6));
    for (int i = 0; i < 3; ++i) CHECK(once.geometry.origin[i] == Approx(oblique().origin[i]));

    data::write_label_map(second, once.data[0], once.geometry);
    const auto twice = data::read_label_map(second);
    // NIfTI stores direction times spacing as 32-bit floats, NRRD stores it as text.
    for (int i = 0; i < 9; ++i)
      CHECK(std::abs(twice.geometry.direction[i] - once.geometry.direction[i]) < 1e-7);
    for (int i = 0; i < 3; ++i)
      CHECK(std::abs(twice.geometry.spacing[i] - once.geometry.spacing[i]) < 1e-15);
    CHECK(twice.geometry.origin == once.geometry.origin);
  }
}

TEST_CASE("the ending of a name counts in upper case, too") {
  const test::TemporaryFolder folder;
  data::write_label_map(folder / "a.NRRD", ramp({4, 3, 2}), {});
  CHECK(data::read_label_map(folder / "a.NRRD").data[0].equal(ramp({4, 3, 2}).to(at::kShort)));
  data::write_label_map(folder / "a.mha", ramp({4, 3, 2}), {});
  fs::rename(folder / "a.mha", folder / "a.MHA");
  CHECK_THROWS_WITH(data::read_label_map(folder / "a.MHA"), ContainsSubstring("in lower case"));
  for (const std::string reader : {"SimpleITKIO", "NibabelIO"})
    for (const std::string ending : {".NII", ".NII.GZ"}) {
      INFO(reader << ending);
      const fs::path file = folder / (reader + ending), image = folder / ("image" + ending);
      data::Geometry geometry;
      geometry.reader = data::image_reader(reader, "test");
      const at::Tensor labels = at::ones({40, 30, 20}, at::kShort);
      data::write_label_map(file, labels, geometry);
      CHECK(data::read_label_map(file, geometry.reader).data[0].equal(labels));
      CHECK((fs::file_size(file) < 5000) == (ending == ".NII.GZ"));
      at::Tensor values = at::ones({4, 3, 2});
      values[0][0][0] = std::numeric_limits<float>::quiet_NaN();
      data::write_image(image, values, geometry);
      CHECK(data::read_image({image}, geometry.reader).data[0].isnan().equal(values.isnan()));
    }
}

TEST_CASE("permuted and flipped axes survive") {
  const test::TemporaryFolder folder;
  data::Geometry geometry = oblique();
  geometry.direction = {0, 0, -1, 1, 0, 0, 0, -1, 0};
  for (const std::string ending : {".nii.gz", ".nrrd", ".mha"}) {
    data::write_label_map(folder / ("a" + ending), ramp({4, 3, 2}), geometry);
    CHECK(data::read_label_map(folder / ("a" + ending)).geometry.direction == geometry.direction);
  }
}

TEST_CASE("labels from 255 on are written as 16 bits") {
  const test::TemporaryFolder folder;
  data::write_label_map(folder / "a.nii", at::full({2, 2, 2}, 254), {});
  data::write_label_map(folder / "b.nii", at::full({2, 2, 2}, 255), {});
  CHECK(fs::file_size(folder / "b.nii") - fs::file_size(folder / "a.nii") == 8);
  CHECK(data::read_label_map(folder / "b.nii").data.max().item<int>() == 255);
}

TEST_CASE("an image keeps its floats") {
  const test::TemporaryFolder folder;
  const at::Tensor data = ramp({3, 4, 5}).to(at::kFloat) / 7 - 2;
  data::write_image(folder / "a.mha", data, oblique());
  CHECK(data::read_image({folder / "a.mha"}).data.equal(data.unsqueeze(0)));
}

TEST_CASE("channels become a fourth axis in volumes, also those of a slice") {
  const test::TemporaryFolder folder;
  const at::Tensor data = ramp({3, 4, 5, 6}).to(at::kFloat) / 7 - 2;
  data::Geometry by_nibabel = oblique();
  by_nibabel.reader = data::image_reader("NibabelIO", "test");
  for (const data::Geometry& geometry : {oblique(), by_nibabel}) {
    data::write_image(folder / "a.nii.gz", data, geometry);
    const auto read = data::read_image({folder / "a.nii.gz"});
    CHECK(read.data.equal(data));
    for (std::size_t i = 0; i < 9; ++i)
      CHECK(read.geometry.direction[i] == Approx(oblique().direction[i]).margin(1e-6));
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(read.geometry.origin[i] == Approx(oblique().origin[i]));
      CHECK(read.geometry.spacing[i] == Approx(oblique().spacing[i]));
    }
  }
  const at::Tensor slice = ramp({2, 1, 5, 6}).to(at::kFloat);
  data::write_image(folder / "slice.nii.gz", slice, {.spacing = {0.5, 0.25, 1}, .dimensions = 2});
  const auto read = data::read_image({folder / "slice.nii.gz"});
  CHECK(read.data.equal(slice));
  CHECK(read.geometry.spacing == std::array<double, 3>{0.5, 0.25, 1});
}

TEST_CASE("a picture is one slice with colours as channels") {
  const test::TemporaryFolder folder;
  const at::Tensor rgb = ramp({2, 3, 3}).to(at::kByte);
  data::write_picture(folder / "a.png", rgb);
  const auto image = data::read_image({folder / "a.png"});
  CHECK(image.data.sizes() == at::IntArrayRef({3, 1, 2, 3}));
  CHECK(image.data.equal(rgb.permute({2, 0, 1}).unsqueeze(1).to(at::kFloat)));
  CHECK(image.geometry.array_spacing() == std::array<double, 3>{999, 1, 1});
}

namespace {

/// An uncompressed TIFF of one strip per sample, little-endian: colours one plane after the other.
std::string planar_tiff(const at::Tensor& planes) {
  const auto samples = static_cast<std::uint32_t>(planes.size(0));
  const auto height = static_cast<std::uint32_t>(planes.size(1));
  const auto width = static_cast<std::uint32_t>(planes.size(2));
  constexpr std::uint16_t kShort = 3, kLong = 4, kEntries = 10;
  constexpr std::uint32_t directory = 8, lists = directory + 2 + 12 * kEntries + 4;
  const std::uint32_t voxels = lists + 2 * samples + 8 * samples, plane = width * height;
  std::string bytes("II*\0", 4);
  const auto add = [&](std::uint32_t value, int count) {
    for (int i = 0; i < count; ++i) bytes += static_cast<char>(value >> 8 * i & 255);
  };
  const auto entry = [&](std::uint16_t tag, std::uint16_t type, std::uint32_t count,
                         std::uint32_t value) {
    add(tag, 2);
    add(type, 2);
    add(count, 4);
    add(value, 4);
  };
  add(directory, 4);
  add(kEntries, 2);
  entry(256, kLong, 1, width);
  entry(257, kLong, 1, height);
  entry(258, kShort, samples, lists);               // bits
  entry(259, kShort, 1, 1);                         // not compressed
  entry(262, kShort, 1, 2);                         // RGB
  entry(273, kLong, samples, lists + 2 * samples);  // where the strips are
  entry(277, kShort, 1, samples);                   // samples per pixel
  entry(278, kLong, 1, height);                     // rows per strip
  entry(279, kLong, samples, lists + 6 * samples);  // bytes of the strips
  entry(284, kShort, 1, 2);                         // planes are separate
  add(0, 4);
  for (std::uint32_t i = 0; i < samples; ++i) add(8, 2);
  for (std::uint32_t i = 0; i < samples; ++i) add(voxels + i * plane, 4);
  for (std::uint32_t i = 0; i < samples; ++i) add(plane, 4);
  const at::Tensor flat = planes.to(at::kByte).contiguous();
  return bytes.append(reinterpret_cast<const char*>(flat.const_data_ptr<std::uint8_t>()),
                      static_cast<std::size_t>(flat.numel()));
}

}  // namespace

TEST_CASE("colours that a TIFF keeps in separate planes are channels as others are") {
  const test::TemporaryFolder folder;
  for (const std::int64_t colours : {3, 4}) {
    const at::Tensor planes = ramp({colours, 6, 5}).to(at::kByte);
    std::ofstream(folder / "a.tif", std::ios::binary) << planar_tiff(planes);
    for (const char* reader : {"", "NaturalImage2DIO"}) {
      INFO(reader);
      const auto image =
          data::read_image({folder / "a.tif"}, *reader ? data::image_reader(reader, "plans.json")
                                                       : data::ImageReader{});
      CHECK(image.data.equal(planes.unsqueeze(1).to(at::kFloat)));
    }
  }
}

TEST_CASE("2D label maps go through every picture format") {
  const test::TemporaryFolder folder;
  const data::Geometry flat{.dimensions = 2};
  for (const std::string ending : {".png", ".tif", ".bmp"}) {
    INFO(ending);
    data::write_label_map(folder / ("a" + ending), ramp({1, 5, 7}), flat);
    const auto read = data::read_label_map(folder / ("a" + ending));
    CHECK(read.data.equal(ramp({1, 1, 5, 7}).to(at::kShort)));
    CHECK(read.geometry.dimensions == 2);
  }
}

TEST_CASE("a 2D volume format has its own in-plane spacing") {
  const test::TemporaryFolder folder;
  data::Geometry flat{.spacing = {0.5, 0.25, 1}, .dimensions = 2};
  data::write_label_map(folder / "a.nii.gz", ramp({1, 5, 7}), flat);
  CHECK(data::read_label_map(folder / "a.nii.gz").geometry.array_spacing() ==
        std::array<double, 3>{999 * 0.5, 0.25, 0.5});
}

TEST_CASE("a 3D TIFF keeps its spacing in a file beside it") {
  const test::TemporaryFolder folder;
  data::write_label_map(folder / "a.tif", ramp({4, 5, 7}), oblique());
  const auto read = data::read_label_map(folder / "a.tif");
  CHECK(read.data.equal(ramp({1, 4, 5, 7}).to(at::kShort)));
  CHECK(read.geometry.array_spacing() == std::array<double, 3>{1.1, 3.3, 0.9});
  fs::copy(folder / "a.tif", folder / "a_0000.tif");
  CHECK(data::read_image({folder / "a_0000.tif"}).geometry.spacing == read.geometry.spacing);

  fs::remove(folder / "a.json");
  std::string warning;
  Reporter reporter;
  reporter.warning = [&](const std::string& line) { warning = line; };
  CHECK(data::read_label_map(folder / "a.tif", {}, reporter).geometry.spacing[2] == 1);
  CHECK_THAT(warning, ContainsSubstring("a.json"));
  write_bytes(folder / "a.json", "[]");
  CHECK_THROWS_WITH(data::read_label_map(folder / "a.tif"),
                    ContainsSubstring("does not give a spacing"));
}

TEST_CASE("voxels that are not finite arrive as they are") {
  const test::TemporaryFolder folder;
  at::Tensor data = ramp({2, 3, 4}).to(at::kFloat);
  data[0][1][2] = std::numeric_limits<float>::quiet_NaN();
  for (const std::string ending : {".nii.gz", ".nii", ".nrrd", ".mha"}) {
    INFO(ending);
    data::write_image(folder / ("a" + ending), data, oblique());
    const at::Tensor read = data::read_image({folder / ("a" + ending)}).data[0];
    CHECK(read.isnan().equal(data.isnan()));
  }
}

TEST_CASE("channels are stacked, and must lie on one grid") {
  const test::TemporaryFolder folder;
  data::write_image(folder / "a.nii.gz", ramp({2, 3, 4}), oblique());
  data::write_image(folder / "b.nii.gz", ramp({2, 3, 4}) * 2, oblique());
  const auto both = data::read_image({folder / "a.nii.gz", folder / "b.nii.gz"});
  CHECK(both.data[1].equal(both.data[0] * 2));

  data::write_image(folder / "b.nii.gz", ramp({2, 3, 5}), oblique());
  CHECK_THROWS_WITH(
      data::read_image({folder / "a.nii.gz", folder / "b.nii.gz"}),
      ContainsSubstring("b.nii.gz") && ContainsSubstring("shape 2 x 3 x 5 instead of 2 x 3 x 4"));
  data::Geometry other = oblique();
  other.spacing[2] = 2;
  data::write_image(folder / "b.nii.gz", ramp({2, 3, 4}), other);
  CHECK_THROWS_WITH(data::read_image({folder / "a.nii.gz", folder / "b.nii.gz"}),
                    ContainsSubstring("spacing"));
}

TEST_CASE("direction cosines off by rounding are repaired, and a shear is refused") {
  const test::TemporaryFolder folder;
  write_bytes(folder / "rounded.nii", nifti_with_rows({1, 0.002F, 0, 5, 0, 1, 0, 6, 0, 0, 1, 7}));
  std::vector<std::string> warnings;
  Reporter reporter;
  reporter.warning = [&](const std::string& line) { warnings.push_back(line); };
  const auto image = data::read_image({folder / "rounded.nii"}, {}, reporter);
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], ContainsSubstring("rounded.nii") && ContainsSubstring("rotation"));
  CHECK(image.data.equal(ramp({1, 4, 3, 2}).to(at::kFloat)));
  CHECK(image.geometry.origin == std::array<double, 3>{-5, -6, 7});
  const at::Tensor direction =
      at::tensor(at::ArrayRef<double>(image.geometry.direction), at::kDouble).view({3, 3});
  CHECK(at::allclose(direction.mm(direction.t()), at::eye(3, at::kDouble), 0, 1e-12));
  CHECK(at::allclose(direction, at::diag(at::tensor({-1., -1., 1.}, at::kDouble)), 0, 2e-3));

  write_bytes(folder / "sheared.nii", nifti_with_rows({1, 0.3F, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0}));
  CHECK_THROWS_WITH(data::read_image({folder / "sheared.nii"}),
                    ContainsSubstring("sheared.nii") && ContainsSubstring("not orthonormal"));
}

TEST_CASE("bad files give one line that names them") {
  const test::TemporaryFolder folder;
  at::manual_seed(1);
  const at::Tensor noise = at::randint(100, {20, 20, 20}, at::kInt);
  const auto check = [&](const std::string& name, const std::string& problem) {
    INFO(name);
    try {
      data::read_image({folder / name});
      FAIL("was read");
    } catch (const Error& error) {
      const std::string line = error.what();
      INFO(line);
      CHECK(line.starts_with((folder / name).string()));
      CHECK(line.find(problem) != std::string::npos);
      CHECK(line.find('\n') == std::string::npos);
      CHECK(line.find("0x") == std::string::npos);
    }
  };
  for (const std::string ending : {".nii.gz", ".nii", ".nrrd", ".mha", ".png", ".tif"}) {
    check("missing" + ending, "does not exist");
    write_bytes(folder / ("empty" + ending), "");
    check("empty" + ending, "empty");
    write_bytes(folder / ("text" + ending), "This is no image.\n");
    check("text" + ending, "");
    const bool flat = ending == ".png" || ending == ".tif";
    const fs::path whole = folder / ("whole" + ending);
    data::write_label_map(whole, flat ? noise.slice(0, 0, 1) : noise,
                          data::Geometry{.dimensions = flat ? 2 : 3});
    write_bytes(folder / ("cut" + ending), bytes_of(whole).substr(0, fs::file_size(whole) * 3 / 4));
    check("cut" + ending, "");
  }
  check(".", "");
  write_bytes(folder / "a.xyz", "x");
  check("a.xyz", "format is not known");
  write_bytes(folder / "zero.mha",
              "ObjectType = Image\nNDims = 3\nDimSize = 0 4 4\nElementType = MET_UCHAR\n"
              "ElementDataFile = LOCAL\n");
  check("zero.mha", "");
}

TEST_CASE("a label map must hold whole numbers in one channel") {
  const test::TemporaryFolder folder;
  data::write_image(folder / "a.nii.gz", ramp({2, 3, 4}) * 0.5, {});
  CHECK_THROWS_WITH(data::read_label_map(folder / "a.nii.gz"), ContainsSubstring("whole numbers"));
  data::write_image(folder / "b.nii.gz", ramp({2, 3, 4}), {});
  CHECK(data::read_label_map(folder / "b.nii.gz").data.scalar_type() == at::kShort);
  data::write_picture(folder / "c.png", at::zeros({4, 4, 3}));
  CHECK_THROWS_WITH(data::read_label_map(folder / "c.png"), ContainsSubstring("one channel"));
}

TEST_CASE("a folder that cannot be written gives an error and leaves nothing") {
  const test::TemporaryFolder folder;
  write_bytes(folder / "file", "x");
  CHECK_THROWS_AS(data::write_label_map(folder / "file/a.nii.gz", ramp({2, 2, 2}), {}), Error);
  CHECK_THROWS_WITH(data::write_label_map(folder / "a.mhd", ramp({2, 2, 2}), {}),
                    ContainsSubstring(".mha"));
  CHECK(std::distance(fs::directory_iterator(folder.path()), {}) == 1);
}
