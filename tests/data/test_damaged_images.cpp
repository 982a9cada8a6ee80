// Files that are cut off, damaged or made to harm cost one error, never the program. The headers
// are written by hand after the formats' descriptions, as no writer makes such files.

#include <ATen/ATen.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "seg/data/image.hpp"
#include "seg/plan/error.hpp"
#include "test_files.hpp"
#include "text.hpp"

#include "catch.hpp"

using namespace seg;
namespace fs = std::filesystem;

namespace {

void write_raw_bytes(const fs::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

/// What reading says; empty when it is read.
std::string complaint(const fs::path& file) {
  try {
    data::read_image({file});
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

std::string complaint_about(const std::string& ending, const std::string& bytes) {
  const test::TemporaryFolder folder;
  const fs::path file = folder / ("scan" + ending);
  write_raw_bytes(file, bytes);
  return complaint(file);
}

template <class Number>
void put(std::string& bytes, std::size_t place, Number number) {
  std::memcpy(&bytes[place], &number, sizeof number);
}

/// Four voxels an axis, bytes, with an sform.
std::string nifti() {
  std::string bytes(352 + 64, '\0');
  put(bytes, 0, std::int32_t{348});
  for (std::int16_t i = 0, dims[] = {3, 4, 4, 4, 1, 1, 1, 1}; i < 8; ++i)
    put(bytes, 40 + 2 * i, dims[i]);
  put(bytes, 70, std::int16_t{2});
  put(bytes, 72, std::int16_t{8});
  for (std::size_t i = 0; i < 8; ++i) put(bytes, 76 + 4 * i, 1.0F);
  put(bytes, 108, 352.0F);
  put(bytes, 254, std::int16_t{1});
  for (std::size_t axis = 0; axis < 3; ++axis) put(bytes, 280 + 20 * axis, 1.0F);
  bytes.replace(344, 3, "n+1");
  return bytes;
}

std::string nifti_with(std::size_t place, float number) {
  std::string bytes = nifti();
  put(bytes, place, number);
  return bytes;
}

/// Field of a TIFF directory: 3 stands for 16 bits, 4 for 32.
struct TiffField {
  std::uint16_t tag, type;
  std::uint32_t value;
};

/// One page of grey bytes, its pixels at 200, and where the next page's directory is.
std::string tiff_page(std::uint16_t width, std::uint32_t next) {
  const std::vector<TiffField> fields{{256, 3, width}, {257, 3, 2}, {258, 3, 8},
                                      {259, 3, 1},     {262, 3, 1}, {273, 4, 200},
                                      {277, 3, 1},     {278, 3, 2}, {279, 4, width * 2U}};
  std::string page(2 + 12 * fields.size() + 4, '\0');
  put(page, 0, static_cast<std::uint16_t>(fields.size()));
  for (std::size_t i = 0; i < fields.size(); ++i) {
    put(page, 2 + 12 * i, fields[i].tag);
    put(page, 4 + 12 * i, fields[i].type);
    put(page, 6 + 12 * i, std::uint32_t{1});
    put(page, 10 + 12 * i, fields[i].value);
  }
  put(page, page.size() - 4, next);
  return page;
}

std::string tiff(const std::string& first, const std::string& second = "") {
  std::string bytes = std::string("II*\0\10\0\0\0", 8) + first;
  bytes.resize(200 + 16, '\7');
  return bytes + second;
}

std::string bmp(std::int32_t width, std::int32_t height, std::size_t pixels) {
  std::string bytes = "BM" + std::string(52 + pixels, '\1');
  put(bytes, 10, std::uint32_t{54});
  put(bytes, 14, std::uint32_t{40});
  put(bytes, 18, width);
  put(bytes, 22, height);
  put(bytes, 26, std::uint16_t{1});
  put(bytes, 28, std::uint16_t{24});
  for (std::size_t place = 30; place < 54; place += 4) put(bytes, place, std::uint32_t{0});
  return bytes;
}

const std::string meta_start = "ObjectType = Image\nNDims = 3\nDimSize = 2 2 2\n";
const std::string meta_end = "ElementType = MET_UCHAR\nElementDataFile = LOCAL\n";
const std::string nrrd_start = "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 2 2 2\n";

}  // namespace

TEST_CASE("a NIfTI header whose numbers are no places is refused, naming the field") {
  CHECK(complaint_about(".nii", nifti()) == "");
  const float infinite = std::numeric_limits<float>::infinity();
  CHECK(test::contains(complaint_about(".nii", nifti_with(292, infinite)), "srow_x holds inf"));
  CHECK(
      test::contains(complaint_about(".nii", nifti_with(280, std::nanf(""))), "srow_x holds nan"));
  CHECK(test::contains(complaint_about(".nii", nifti_with(324, -1.7e38F)), "srow_z"));
  CHECK(test::contains(complaint_about(".nii", nifti_with(84, infinite)), "pixdim holds inf"));
  CHECK(test::contains(complaint_about(".nii", nifti_with(80, 0.0F)), "along axis 1 is 0"));
  // Those of axes that the scan has not are nobody's.
  CHECK(complaint_about(".nii", nifti_with(92, std::nanf(""))) == "");
}

TEST_CASE(
    "a header that claims more voxels than its file holds is refused before memory is taken") {
  std::string huge = nifti();
  for (std::size_t axis = 1; axis <= 3; ++axis) put(huge, 40 + 2 * axis, std::int16_t{32767});
  CHECK(test::contains(complaint_about(".nii", huge), "truncated"));
  CHECK(test::contains(complaint_about(".bmp", bmp(20000, 20000, 0)), "truncated"));
  CHECK(complaint_about(".bmp", bmp(2, 2, 16)) == "");
  CHECK(test::contains(complaint_about(".mha", meta_start + "DimSize = 9 9 9\n" + meta_end),
                       "DimSize is there twice"));
  CHECK(test::contains(complaint_about(".mha", meta_start + meta_end + "1234567"), "truncated"));
  CHECK(complaint_about(".mha", meta_start + meta_end + "12345678") == "");
  CHECK(test::contains(complaint_about(".nrrd", nrrd_start + "encoding: raw\n\n1234567"),
                       "truncated"));
  CHECK(complaint_about(".nrrd", nrrd_start + "encoding: raw\n\n12345678") == "");
}

TEST_CASE("extents of axes that a NIfTI header does not count mean nothing") {
  const test::TemporaryFolder folder;
  const fs::path file = folder / "slice.nii";
  std::string bytes = nifti();
  for (std::int16_t i = 0, dims[] = {2, 4, 4, 0, 0, 0, -1, 0}; i < 8; ++i)
    put(bytes, 40 + 2 * i, dims[i]);
  for (std::size_t i = 0; i < 16; ++i) bytes[352 + i] = static_cast<char>(i);
  write_raw_bytes(file, bytes.substr(0, 352 + 16));
  const at::Tensor expected = at::arange(16, at::kFloat).view({1, 1, 4, 4});
  CHECK(data::read_image({file}).data.equal(expected));
}

TEST_CASE("a MetaImage header that MetaIO does not hold against is refused") {
  const auto with = [](const std::string& line) {
    return complaint_about(".mha", meta_start + line + meta_end + "12345678");
  };
  CHECK(with("Offset = 1 2 3\n") == "");
  CHECK(test::contains(with("Offset = 1 2\n"), "Offset has 2 numbers"));
  CHECK(with("HeaderSize = -1\n") == "");
  CHECK(test::contains(with("HeaderSize = -7\n"), "HeaderSize is -7"));
  CHECK(with("TransformMatrix = 0 1 0 1 0 0 0 0 -1\n") == "");
  const std::string flat = "axes lie in one plane";
  CHECK(test::contains(with("TransformMatrix = 0 0 0 0 0 0 0 0 0\n"), flat));
  CHECK(test::contains(with("TransformMatrix = 1 0 0 1 0 0 0 0 1\n"), flat));
  CHECK(test::contains(with("Offset = 1 2 inf\n"), "Offset holds inf"));
  CHECK(test::contains(with("Comment = " + std::string(5000, 'x') + "\n"), "a line of more than"));
  CHECK(test::contains(complaint_about(".mha", "NDims = 2147483648\n" + meta_end), "NDims is"));
  const std::string local = "ElementDataFile = LOCAL\n12345678";
  CHECK(test::contains(complaint_about(".mha", meta_start + local), "no ElementType"));
  CHECK(test::contains(complaint_about(".mha", "NDims = 3\nElementType = MET_UCHAR\n" + local),
                       "no DimSize"));
  const std::string packed = "CompressedData = True\nCompressedDataSize = ";
  CHECK(test::contains(with(packed + "-1\n"), "CompressedDataSize is -1"));
  CHECK(test::contains(with(packed + "8\n"), "cannot be unpacked"));
}

TEST_CASE("voxels in a file of their own are read only from beside the header") {
  const test::TemporaryFolder folder;
  write_raw_bytes(folder / "voxels.raw", "12345678");
  fs::create_directories(folder / "inner");
  const auto nrrd = [&](const std::string& name) {
    write_raw_bytes(folder / "inner/scan.nhdr",
                    nrrd_start + "encoding: raw\ndata file: " + name + "\n");
    return complaint(folder / "inner/scan.nhdr");
  };
  const auto meta = [&](const std::string& name) {
    write_raw_bytes(folder / "inner/scan.mhd",
                    meta_start + "ElementType = MET_UCHAR\nElementDataFile = " + name + "\n");
    return complaint(folder / "inner/scan.mhd");
  };
  for (const std::string name : {"/etc/passwd", "../voxels.raw", "./../voxels.raw"}) {
    INFO(name);
    CHECK(test::contains(nrrd(name), "does not lie beside it"));
    CHECK(test::contains(meta(name), "does not lie beside it"));
  }
  for (const std::string name : {"LIST", "slice%n.raw 1 2 1"}) {
    CHECK(test::contains(nrrd(name), "several files"));
    CHECK(test::contains(meta(name), "several files"));
  }
  CHECK(test::contains(nrrd("voxels.raw"), "there is no voxels.raw beside it"));
  fs::copy_file(folder / "voxels.raw", folder / "inner/voxels.raw");
  CHECK(nrrd("voxels.raw") == "");
  CHECK(meta("voxels.raw") == "");
}

TEST_CASE("an NRRD field of any length is refused with a line of bounded length") {
  const std::string said =
      complaint_about(".nrrd", "NRRD0004\ntype: " + std::string(1000, 'x') + "\n\n");
  CHECK(test::contains(said, "a field of 1006 characters"));
  // Comments and a program's own entries may be long.
  CHECK(complaint_about(".nrrd", nrrd_start + "# " + std::string(5000, 'x') + "\nkey:=" +
                                     std::string(5000, 'x') + "\nencoding: raw\n\n12345678") == "");
}

TEST_CASE(
    "an NRRD whose voxels are not packed, although it says so, or whose axes are flat, is "
    "refused") {
  CHECK(test::contains(complaint_about(".nrrd", nrrd_start + "encoding: gzip\n\njunkjunk"),
                       "not packed with gzip"));
  const std::string flat =
      "NRRD0004\ntype: uint8\ndimension: 3\nsizes: 2 2 2\nspace: left-posterior-superior\n"
      "space directions: (1,0,0) (1,0,0) (0,0,1)\nspace origin: (0,0,0)\nencoding: raw\n\n";
  CHECK(complaint_about(".nrrd", flat + "12345678") != "");
}

TEST_CASE("an NRRD with more pairs of key and value than its library takes quickly is refused") {
  const auto nrrd_with = [](int pairs) {
    std::string text = nrrd_start;
    for (int i = 0; i < pairs; ++i)
      text += std::string("k").append(std::to_string(i)).append(":=v\n");
    return complaint_about(".nrrd", text + "encoding: raw\n\n12345678");
  };
  CHECK(nrrd_with(1000) == "");
  CHECK(test::contains(nrrd_with(100000), "more than 10000 pairs"));
}

TEST_CASE("voxels of an unknown kind, and none of any channel, are refused in seg's own words") {
  for (const std::int16_t type : {0, 1, 9999}) {
    std::string bytes = nifti();
    put(bytes, 70, type);
    CHECK(test::contains(complaint_about(".nii", bytes), "a kind that is not supported"));
  }
  const std::string channels = meta_start + "ElementNumberOfChannels = 0\n" + meta_end + "12345678";
  CHECK(test::contains(complaint_about(".mha", channels), "ElementNumberOfChannels is 0"));
}

TEST_CASE("a TIFF whose pages run in a circle or differ is refused, naming the page") {
  CHECK(complaint_about(".tif", tiff(tiff_page(2, 0))) == "");
  CHECK(test::contains(complaint_about(".tif", tiff(tiff_page(2, 8))), "page 2 is damaged"));
  CHECK(test::contains(complaint_about(".tif", tiff(tiff_page(3, 216), tiff_page(2, 8))),
                       "page 3 is damaged"));
  CHECK(test::contains(complaint_about(".tif", tiff(tiff_page(3, 216), tiff_page(2, 0))),
                       "page 2 has another size"));
}

TEST_CASE("a cut-off or altered file of any format is read or refused, and ends nothing") {
  const at::Tensor labels = at::arange(24, at::kInt).reshape({4, 3, 2});
  for (const std::string ending : {".nii", ".nii.gz", ".nrrd", ".mha", ".png", ".bmp", ".tif"}) {
    INFO(ending);
    const test::TemporaryFolder folder;
    const fs::path whole = folder / ("whole" + ending), other = folder / ("other" + ending);
    const bool flat = ending == ".png" || ending == ".bmp";
    data::write_label_map(whole, flat ? labels.slice(0, 0, 1) : labels,
                          {.dimensions = flat ? 2 : 3});
    const std::string bytes = test::bytes_of(whole);
    const at::Tensor voxels = data::read_image({whole}).data;
    const std::size_t step = std::max<std::size_t>(1, bytes.size() / 200);
    for (std::size_t length = 0; length < bytes.size(); length += step) {
      INFO(length);
      write_raw_bytes(other, bytes.substr(0, length));
      if (complaint(other).empty()) CHECK(data::read_image({other}).data.equal(voxels));
    }
    for (std::size_t place = 0; place < std::min<std::size_t>(bytes.size(), 400); ++place)
      for (const int bit : {0, 6}) {
        std::string altered = bytes;
        altered[place] = static_cast<char>(altered[place] ^ (1 << bit));
        write_raw_bytes(other, altered);
        complaint(other);
      }
  }
}

TEST_CASE("the first bytes of a PNG are refused at every length") {
  const test::TemporaryFolder folder;
  data::write_label_map(folder / "whole.png", at::zeros({1, 8, 8}, at::kInt), {.dimensions = 2});
  const std::string bytes = test::bytes_of(folder / "whole.png");
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    INFO(length);
    CHECK(complaint_about(".png", bytes.substr(0, length)) != "");
  }
}

TEST_CASE("a BMP header that is cut off, or whose pixels have no bits, is refused") {
  std::string header(54, '\0');
  header.replace(0, 2, "BM");
  put(header, 10, std::uint32_t{54});
  put(header, 14, std::uint32_t{40});
  put(header, 18, std::int32_t{30000});
  put(header, 22, std::int32_t{30000});
  put(header, 26, std::uint16_t{1});
  CHECK(test::contains(complaint_about(".bmp", header), "no bits"));
  for (std::size_t length = 26; length < header.size(); ++length) {
    INFO(length);
    CHECK(test::contains(complaint_about(".bmp", header.substr(0, length)), "truncated"));
  }
}
