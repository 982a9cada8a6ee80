#include <ATen/ATen.h>

#include <fstream>

#include "catch.hpp"
#include "seg/data/image.hpp"
#include "test_files.hpp"

// Label maps stored as any kind of number.

using namespace seg;

TEST_CASE("label maps of every kind of number are read as they are, or refused") {
  const test::TemporaryFolder folder;
  const auto read = [&](const std::string& type, auto zero, const std::vector<double>& values) {
    std::string bytes =
        "ObjectType = Image\nNDims = 3\nBinaryData = True\nDimSize = 3 2 2\n"
        "ElementType = " +
        type + "\nElementDataFile = LOCAL\n";
    for (const double value : values) {
      const auto number = static_cast<decltype(zero)>(value);
      bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
    }
    std::ofstream(folder / "map.mha", std::ios::binary) << bytes;
    return data::read_label_map(folder / "map.mha").data;
  };
  const auto check = [&](const std::string& type, auto zero) {
    INFO(type);
    std::vector<double> values{0, 1, 2, 255, 256, 300, 1000, 4, 5, 6, 7, 32767};
    const at::Tensor labels = read(type, zero, values);
    CHECK(labels.scalar_type() == at::kShort);
    CHECK(labels.equal(at::tensor(values).to(at::kShort).view({1, 2, 2, 3})));
    values.back() = 32768;  // in the last slice
    CHECK_THROWS_WITH(read(type, zero, values), ContainsSubstring("beyond 32767"));
    values.back() = 0.5;
    if (static_cast<decltype(zero)>(0.5) != 0)
      CHECK_THROWS_WITH(read(type, zero, values), ContainsSubstring("whole numbers"));
    values.back() = -3;
    if (decltype(zero)(-1) < 0) CHECK(read(type, zero, values).min().template item<int>() == -3);
  };
  check("MET_USHORT", std::uint16_t{});
  check("MET_UINT", std::uint32_t{});
  check("MET_INT", std::int32_t{});
  check("MET_LONG_LONG", std::int64_t{});
  check("MET_FLOAT", float{});
  check("MET_DOUBLE", double{});
}

TEST_CASE("label maps of 16 bits without a sign are turned as others are") {
  const test::TemporaryFolder folder;
  const data::ImageReader turning{data::ImageReader::Kind::itk, true};
  const at::Tensor ramp = at::arange(60, at::kInt).view({3, 4, 5});
  data::Geometry geometry;
  geometry.direction = {0, -1, 0, 1, 0, 0, 0, 0, -1};
  data::write_label_map(folder / "few.nii.gz", ramp, geometry);
  data::write_label_map(folder / "many.nii.gz", ramp * 300, geometry);
  const auto read = [&](const char* name) {
    return data::read_label_map(folder / name, turning).data;
  };
  CHECK(read("many.nii.gz").equal(read("few.nii.gz") * 300));
}
