#include <ATen/ATen.h>

#include <cstring>
#include <fstream>

#include "catch.hpp"
#include "seg/data/image.hpp"
#include "seg/plan/error.hpp"
#include "test_files.hpp"
#include "text.hpp"

// Lengths in other units than millimetres are converted where the format's readers do so, else
// refused; so are fields that say what voxels mean and that nobody applies.

namespace fs = std::filesystem;
using namespace seg;
using namespace seg::test;
using Catch::Matchers::Contains;

namespace {

data::Image read(const fs::path& file) { return data::read_image({file}); }

data::Geometry geometry_in_mm() {
  data::Geometry geometry;
  geometry.spacing = {0.75, 1.25, 2.5};
  geometry.origin = {-31.5, 12.25, 100};
  geometry.direction = {1, 0, 0, 0, 0.8, -0.6, 0, 0.6, 0.8};
  return geometry;
}

/// The same place in space, told by a NIfTI header in another unit (NIfTI-1: xyzt_units).
void tell_in(const fs::path& file, char unit, float per_mm) {
  std::string bytes = bytes_of(file);
  const auto scale = [&](std::size_t offset, std::size_t count, std::size_t step) {
    for (std::size_t i = 0; i < count; ++i) {
      float number;
      std::memcpy(&number, bytes.data() + offset + i * step, sizeof number);
      number *= per_mm;
      std::memcpy(bytes.data() + offset + i * step, &number, sizeof number);
    }
  };
  constexpr std::size_t pixdim = 76, units = 123, qoffset = 268, srow = 280;
  scale(pixdim + 4, 3, 4);
  scale(qoffset, 3, 4);
  scale(srow, 12, 4);
  bytes[units] = unit;
  std::ofstream(file, std::ios::binary) << bytes;
}

/// A line more in a header that is text.
void add_line(const fs::path& file, const std::string& before, const std::string& line) {
  std::string bytes = bytes_of(file);
  const auto place = bytes.find(before);
  REQUIRE(place != std::string::npos);
  std::ofstream(file, std::ios::binary) << bytes.insert(place, line);
}

}  // namespace

TEST_CASE("a NIfTI header in metres or micrometres tells the same place as one in millimetres") {
  const TemporaryFolder folder;
  const at::Tensor voxels = at::rand({4, 5, 6});
  const data::Geometry expected = geometry_in_mm();
  for (const auto& [unit, per_mm] : {std::pair{1, 1e-3F}, {2, 1.0F}, {3, 1e3F}}) {
    const fs::path file = folder / ("unit_" + std::to_string(unit) + ".nii");
    data::write_image(file, voxels, expected);
    tell_in(file, static_cast<char>(unit), per_mm);
    const data::Geometry found = read(file).geometry;
    INFO("xyzt_units " << unit);
    for (std::size_t axis = 0; axis < 3; ++axis) {
      CHECK(found.spacing[axis] == Approx(expected.spacing[axis]));
      CHECK(found.origin[axis] == Approx(expected.origin[axis]));
    }
    for (std::size_t i = 0; i < 9; ++i)
      CHECK(found.direction[i] == Approx(expected.direction[i]).margin(1e-6));
  }
}

TEST_CASE("what would be left out of a MetaImage or NRRD header is refused") {
  const TemporaryFolder folder;
  const at::Tensor voxels = at::rand({4, 5, 6});
  const auto written = [&](const std::string& name, const std::string& before,
                           const std::string& line) {
    data::write_image(folder / name, voxels, geometry_in_mm());
    if (!line.empty()) add_line(folder / name, before, line);
    return folder / name;
  };
  const std::string data_file = "ElementDataFile", blank = "\n\n";
  for (const char* line : {"DistanceUnits = um\n", "ElementToIntensityFunctionSlope = 2\n",
                           "ElementToIntensityFunctionOffset = -1000\n"})
    CHECK_THROWS_WITH(read(written("a.mha", data_file, line)),
                      Contains("a.mha: its " + std::string(line).substr(0, 12)));
  for (const char* line : {"", "DistanceUnits = mm\n", "ElementToIntensityFunctionSlope = 1\n"})
    CHECK(read(written("b.mha", data_file, line)).geometry.spacing[0] == 0.75);
  CHECK_THROWS_WITH(read(written("a.nrrd", blank, "\nspace units: \"um\" \"um\" \"um\"")),
                    Contains("a.nrrd: its space units are \"um\""));
  for (const char* line :
       {"", "\nspace units: \"mm\" \"mm\" \"mm\"", "\nspace units: \"\" \"\" \"\""})
    CHECK(read(written("b.nrrd", blank, line)).geometry.spacing[0] == Approx(0.75));
}

TEST_CASE("a header without a spacing is told, for readers take voxels as 1 mm apart") {
  const TemporaryFolder folder;
  std::vector<std::string> warnings;
  const Reporter reporter{
      .info = {}, .warning = [&](const auto& line) { warnings.push_back(line); }, .progress = {}};
  for (const auto& [name, field] :
       {std::pair{"a.mha", "ElementSpacing"}, {"a.nrrd", "space directions"}}) {
    const fs::path file = folder / name;
    data::write_image(file, at::rand({4, 5, 6}), geometry_in_mm());
    data::read_image({file}, {}, reporter);
    CHECK(warnings.empty());
    std::string bytes = bytes_of(file);
    const auto place = bytes.find(field);
    REQUIRE(place != std::string::npos);
    bytes.erase(place, bytes.find('\n', place) + 1 - place);
    std::ofstream(file, std::ios::binary) << bytes;
    const data::Image found = data::read_image({file}, {}, reporter);
    CHECK(found.geometry.spacing == std::array<double, 3>{1, 1, 1});
    REQUIRE(warnings.size() == 1);
    CHECK_THAT(warnings[0], Contains(name) && Contains("tells no spacing"));
    warnings.clear();
  }
}

TEST_CASE("a NIfTI file without NIfTI's magic is refused: it would lose its place in space") {
  const TemporaryFolder folder;
  const fs::path file = folder / "a.nii";
  data::write_image(file, at::rand({4, 5, 6}), geometry_in_mm());
  std::string bytes = bytes_of(file);
  constexpr std::size_t magic = 344;
  bytes[magic] = 'x';
  std::ofstream(file, std::ios::binary) << bytes;
  CHECK_THROWS_WITH(read(file), Contains("has no NIfTI header"));
}
