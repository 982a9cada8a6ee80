#include "seg/data/npy.hpp"

#include <fstream>

#include "seg/plan/error.hpp"
#include "test_files.hpp"

#include "catch.hpp"

using namespace seg;
using namespace seg::data;

namespace {

/// A .npy file as NumPy lays it out, with any header.
void write_raw(const std::filesystem::path& file, char version, const std::string& header,
               const std::string& data) {
  std::ofstream stream(file, std::ios::binary);
  const auto size = static_cast<std::uint32_t>(header.size());
  stream.write("\x93NUMPY", 6).put(version).put(0);
  stream.write(reinterpret_cast<const char*>(&size), version == 1 ? 2 : 4);
  stream << header << data;
}

bool refused_with(const std::filesystem::path& file, const std::string& words) {
  try {
    map_npy(file);
  } catch (const Error& error) {
    return std::string(error.what()).find(words) != std::string::npos;
  }
  return false;
}

const std::string bytes_0_to_5{"\0\1\2\3\4\5", 6};

}  // namespace

TEST_CASE("An array of every dtype comes back from its file") {
  const test::TemporaryFolder folder;
  for (const auto type : {at::kBool, at::kChar, at::kByte, at::kShort, at::kInt, at::kLong,
                          at::kHalf, at::kFloat, at::kDouble}) {
    const at::Tensor array = at::arange(24).remainder(7).to(type).view({2, 3, 4});
    write_npy(folder / "array.npy", array);
    const at::Tensor mapped = map_npy(folder / "array.npy");
    CHECK(mapped.scalar_type() == type);
    CHECK(at::equal(mapped, array));
  }
}

TEST_CASE("Scalars, empty arrays and transposed views are stored") {
  const test::TemporaryFolder folder;
  for (const at::Tensor& array :
       {at::ones({}), at::ones({5}), at::zeros({0, 3}), at::arange(6.0f).view({2, 3}).t()}) {
    write_npy(folder / "array.npy", array);
    CHECK(at::equal(map_npy(folder / "array.npy"), array));
  }
}

TEST_CASE("The data starts at a multiple of 64 bytes") {
  const test::TemporaryFolder folder;
  write_npy(folder / "array.npy", at::zeros({3, 5}));
  CHECK(std::filesystem::file_size(folder / "array.npy") % 64 == 60);
}

TEST_CASE("Headers of versions 1 to 3 and Fortran order are read") {
  const test::TemporaryFolder folder;
  const auto file = folder / "array.npy";
  const at::Tensor rows = at::arange(6, at::kByte).view({2, 3});
  for (const char version : {1, 2, 3}) {
    write_raw(file, version, "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }\n",
              bytes_0_to_5);
    CHECK(at::equal(map_npy(file), rows));
  }
  write_raw(file, 1, "{'descr': '|u1', 'fortran_order': True, 'shape': (3, 2), }\n", bytes_0_to_5);
  CHECK(at::equal(map_npy(file), rows.t()));
}

TEST_CASE("Data that is not aligned to its type is still read") {
  const test::TemporaryFolder folder;
  write_raw(folder / "array.npy", 1, "{'descr': '<i2', 'fortran_order': False, 'shape': (3,), }",
            bytes_0_to_5);
  CHECK(at::equal(map_npy(folder / "array.npy"), at::tensor({0x100, 0x302, 0x504}, at::kShort)));
}

TEST_CASE("Writing to a mapped array leaves the file as it is") {
  const test::TemporaryFolder folder;
  write_npy(folder / "array.npy", at::zeros({10}));
  map_npy(folder / "array.npy").fill_(1);
  CHECK(map_npy(folder / "array.npy").sum().item<float>() == 0);
}

TEST_CASE("Files that are no complete array are refused by name") {
  const test::TemporaryFolder folder;
  const auto file = folder / "array.npy";
  CHECK(refused_with(file, "array.npy: cannot open"));
  write_npy(file, at::zeros({100}));
  std::filesystem::resize_file(file, 300);
  CHECK(refused_with(file, "array.npy: is truncated: it has 172 of 400"));
  std::filesystem::resize_file(file, 50);
  CHECK(refused_with(file, "truncated inside its header"));
  write_raw(file, 1, "{'descr': '>f4', 'fortran_order': False, 'shape': (0,), }", "");
  CHECK(refused_with(file, "'>f4'"));
  write_raw(file, 1, "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (0,), }", "");
  CHECK(refused_with(file, "no plain array"));
  std::ofstream(file) << "text";
  CHECK(refused_with(file, "is not a NumPy .npy file"));
}

TEST_CASE("Headers that lie are refused in one line, whatever their length") {
  const test::TemporaryFolder folder;
  const auto file = folder / "array.npy";
  const auto with = [&](const std::string& type, const std::string& shape) {
    write_raw(file, 1,
              "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }\n",
              bytes_0_to_5);
  };
  with(std::string(40000, 'x'), "(4,)");
  CHECK(refused_with(file, "no plain array"));
  with(std::string(5000, 'x'), "(4,)");
  CHECK(refused_with(file, "unsupported type 'xxxxxxxxxxxxxxxxxxxx'"));
  for (const std::string shape : {"(99999999999999999999,)", "(4294967296, 4294967296)",
                                  "(3037000500, 3037000500)", "(9223372036854775807, 2)"}) {
    INFO(shape);
    with("<f4", shape);
    CHECK(refused_with(file, "beyond all memory"));
  }
  for (const std::string shape : {"(-1,)", "(2", "2", "(x,)", "(1.5,)"}) {
    INFO(shape);
    with("|u1", shape);
    CHECK(refused_with(file, "no plain array"));
  }
}

TEST_CASE(
    "A mapped file that was cut short is noticed before it is read, a removed one is not needed") {
  const test::TemporaryFolder folder;
  const auto file = folder / "array.npy";
  write_npy(file, at::ones({100000}));
  const at::Tensor array = map_npy(file);
  const MappedFile mapped = mapped_file(file);
  CHECK_NOTHROW(require_whole(mapped));
  std::filesystem::resize_file(file, 5000);
  CHECK_THROWS_AS(require_whole(mapped), Error);
  std::filesystem::remove(file);
  CHECK_NOTHROW(require_whole(mapped));
}
