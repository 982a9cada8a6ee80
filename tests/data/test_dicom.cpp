#include <ATen/ATen.h>

#include <fstream>

#include "catch.hpp"
#include "dicom/dicom_writer.hpp"
#include "dicom/read_problem.hpp"
#include "seg/data/cases.hpp"
#include "seg/data/dicom.hpp"
#include "seg/data/image.hpp"
#include "seg/plan/error.hpp"
#include "test_files.hpp"
#include "text.hpp"

namespace fs = std::filesystem;
using namespace seg;
using namespace seg::test;

namespace {

void check_oblique(const data::Image& image, int slices) {
  REQUIRE(image.data.sizes() == at::IntArrayRef({1, slices, 5, 4}));
  for (int z = 0; z < slices; ++z)
    for (int y = 0; y < 5; ++y)
      for (int x = 0; x < 4; ++x) {
        const double stored = 1000 * z + 100 * y + 10 * x - 2000;
        const auto expected = static_cast<float>(stored * oblique_slope(z) + oblique_intercept(z));
        REQUIRE(image.data[0][z][y][x].item<float>() == expected);
      }
  const data::Geometry& geometry = image.geometry;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    CHECK(geometry.spacing[axis] == Approx(std::array{0.5, 0.75, 1.25}[axis]).epsilon(1e-9));
    CHECK(geometry.origin[axis] == Approx(oblique_origin[axis]).epsilon(1e-9));
  }
  for (std::size_t i = 0; i < 9; ++i)
    CHECK(geometry.direction[i] == Approx(oblique_directions[i]).margin(1e-9));
}

void add_file(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

}  // namespace

TEST_CASE("a DICOM series is ordered by its positions and scaled slice by slice") {
  if (lacks_dicom()) return;
  const TemporaryFolder folder;
  write_oblique_series(folder / "scan", 7);
  add_file(folder / "scan/notes.txt", "no slice");
  check_oblique(data::read_image({folder / "scan"}), 7);
}

TEST_CASE("the slices of a series may run against the normal of their plane") {
  if (lacks_dicom()) return;
  const TemporaryFolder folder;
  // The row direction turned round turns the normal round: the last slice is the first.
  write_oblique_series(folder / "scan", 4, [](int, DicomSlice& slice) {
    for (std::size_t i = 0; i < 3; ++i) slice.orientation[i] *= -1;
  });
  const data::Image image = data::read_image({folder / "scan"});
  CHECK(image.data[0][0][0][0].item<float>() ==
        Approx((3000 - 2000) * oblique_slope(3) + oblique_intercept(3)));
  for (std::size_t axis = 0; axis < 3; ++axis) {
    CHECK(image.geometry.direction[3 * axis + 2] == Approx(-oblique_directions[3 * axis + 2]));
    CHECK(image.geometry.origin[axis] ==
          Approx(oblique_origin[axis] + 3.75 * oblique_directions[3 * axis + 2]));
  }
}

TEST_CASE("DICOM is read in every encoding that GDCM decodes") {
  if (lacks_dicom()) return;
  const TemporaryFolder folder;
  const std::string encoding = GENERATE("explicit", "implicit", "big endian", "RLE", "JPEG");
  INFO(encoding);
  write_oblique_series(folder / "scan", 3,
                       [&](int, DicomSlice& slice) { slice.encoding = encoding; });
  check_oblique(data::read_image({folder / "scan"}), 3);
}

TEST_CASE("DICOM in JPEG-LS is read") {
  if (lacks_dicom()) return;
  const TemporaryFolder folder;
  // Slices so small that they grow when they are encoded make DCMTK's encoder write beyond its
  // room.
  const at::Tensor expected = at::arange(2 * 64 * 64).view({1, 2, 64, 64}).floor_divide(5).sub(900);
  write_oblique_series(folder / "scan", 2, [&](int z, DicomSlice& slice) {
    slice.encoding = "JPEG-LS";
    slice.rows = slice.columns = 64;
    slice.slope = 1;
    slice.intercept = 0;
    const at::Tensor values = expected[0][z].to(at::kInt).contiguous();
    slice.stored.assign(values.data_ptr<int>(), values.data_ptr<int>() + values.numel());
  });
  CHECK(data::read_image({folder / "scan"}).data.equal(expected.to(at::kFloat)));
}

TEST_CASE("DICOM values are read as they are stored, with a sign and without") {
  if (lacks_dicom()) return;
  struct Storage {
    int allocated, stored;
    bool is_signed;
    std::int32_t smallest, largest;
  };
  const auto storage = GENERATE(
      Storage{8, 8, false, 0, 255}, Storage{16, 12, false, 0, 4095},
      Storage{16, 12, true, -2048, 2047}, Storage{16, 16, false, 0, 65535},
      Storage{16, 16, true, -32768, 32767}, Storage{32, 32, true, -2000000000, 2000000000});
  CAPTURE(storage.allocated, storage.stored, storage.is_signed);
  const TemporaryFolder folder;
  const std::string photometric = GENERATE("MONOCHROME2", "MONOCHROME1");
  write_oblique_series(folder / "scan", 2, [&](int z, DicomSlice& slice) {
    slice.bits_allocated = storage.allocated;
    slice.bits_stored = storage.stored;
    slice.is_signed = storage.is_signed;
    slice.photometric = photometric;
    slice.slope = 0.5;
    slice.intercept = -3;
    slice.stored.assign(20, z == 0 ? storage.smallest : storage.largest);
  });
  const at::Tensor values = data::read_image({folder / "scan"}).data[0];
  CHECK(values[0].eq(static_cast<float>(0.5 * storage.smallest - 3)).all().item<bool>());
  CHECK(values[1].eq(static_cast<float>(0.5 * storage.largest - 3)).all().item<bool>());
}

TEST_CASE("an enhanced DICOM file of several frames is a scan of its own") {
  if (lacks_dicom()) return;
  const TemporaryFolder folder;
  std::vector<DicomSlice> frames;
  for (const int z : {2, 0, 3, 1}) frames.push_back(oblique_slice(z));
  write_enhanced_dicom(folder / "one.dcm", frames);
  check_oblique(data::read_image({folder / "one.dcm"}), 4);
  const auto cases = data::cases_to_predict(folder / "one.dcm", 1, ".nii.gz");
  CHECK(cases.at(0).name == "one");
  check_oblique(data::read_image(cases[0].channels), 4);
  write_enhanced_dicom(folder / "gap/one.dcm", {frames[0], frames[1], frames[3]});
  check_oblique(data::read_image({folder / "gap/one.dcm"}), 3);
  write_enhanced_dicom(folder / "gap/one.dcm",
                       {oblique_slice(0), oblique_slice(1), oblique_slice(3)});
  CHECK_THAT(problem_of(folder / "gap/one.dcm"),
             ContainsSubstring("1 slice(s) are missing") && ContainsSubstring("frame 3"));
}

TEST_CASE("a DICOM series that is not one even stack is refused with its files and numbers") {
  if (lacks_dicom()) return;
  const TemporaryFolder folder;
  const fs::path scan = folder / "scan";
  const auto name = [](int z) { return shuffled_name("", z).string(); };
  const auto problem = [&](int slices, const std::function<void(int, DicomSlice&)>& change) {
    write_oblique_series(scan, slices, change);
    return problem_of(scan);
  };
  const auto along_normal = [](DicomSlice& slice, double way) {
    for (std::size_t axis = 0; axis < 3; ++axis)
      slice.position[axis] += way * oblique_directions[3 * axis + 2];
  };
  SECTION("a missing slice") {
    write_oblique_series(scan, 7);
    fs::remove(shuffled_name(scan, 4));
    CHECK_THAT(problem_of(scan), ContainsSubstring("1 slice(s) are missing") &&
                                     ContainsSubstring(name(3) + " and " + name(5)) &&
                                     ContainsSubstring("2.5 mm apart where others are 1.25 mm"));
  }
  SECTION("uneven steps") {
    CHECK_THAT(problem(5, [&](int z, DicomSlice& s) { along_normal(s, z == 2 ? 0.3 : 0); }),
               ContainsSubstring("not evenly spaced") && ContainsSubstring("1.55 mm apart") &&
                   ContainsSubstring(name(1) + " and " + name(2)));
  }
  SECTION("steps uneven by less than a tenth are read") {
    CHECK(problem(5, [&](int z, DicomSlice& s) { along_normal(s, z == 2 ? 0.05 : 0); }) ==
          "was read");
  }
  SECTION("slowly growing steps") {
    CHECK_THAT(problem(9, [&](int z, DicomSlice& s) { along_normal(s, 0.01 * z * z); }),
               ContainsSubstring("off its place in even steps"));
  }
  SECTION("two time points") {
    write_oblique_series(scan, 4);
    for (int z = 0; z < 4; ++z) write_dicom(scan / ("later" + std::to_string(z)), oblique_slice(z));
    CHECK_THAT(problem_of(scan), ContainsSubstring("8 slices at 4 positions"));
  }
  SECTION("gantry tilt") {
    // The column direction is (-0.48, 0.36, 0.8).
    const double tilt = 1.25 * std::tan(12 * 3.14159265358979 / 180);
    CHECK_THAT(problem(5,
                       [&](int z, DicomSlice& s) {
                         for (std::size_t axis = 0; axis < 3; ++axis)
                           s.position[axis] += z * tilt * std::array{-0.48, 0.36, 0.8}[axis];
                       }),
               ContainsSubstring("12 degrees") && ContainsSubstring("gantry tilt"));
  }
  SECTION("a shifted slice") {
    CHECK_THAT(problem(5, [](int z, DicomSlice& s) { s.position[0] += z == 2 ? 3 : 0; }),
               ContainsSubstring(name(2)) && ContainsSubstring("mm"));
  }
  SECTION("another orientation") {
    CHECK_THAT(problem(4,
                       [](int z, DicomSlice& s) {
                         if (z == 3) s.orientation = {1, 0, 0, 0, 1, 0};
                       }),
               ContainsSubstring("orientation (") && ContainsSubstring(name(3)));
  }
  SECTION("another pixel spacing") {
    CHECK_THAT(problem(4, [](int z, DicomSlice& s) { s.pixel_spacing[1] = z == 1 ? 0.51 : 0.5; }),
               ContainsSubstring("(0.75, 0.51) mm instead of (0.75, 0.5) mm") ||
                   ContainsSubstring("(0.75, 0.5) mm instead of (0.75, 0.51) mm"));
  }
  SECTION("another size") {
    CHECK_THAT(problem(4,
                       [](int z, DicomSlice& s) {
                         if (z == 3) std::swap(s.rows, s.columns);
                       }),
               ContainsSubstring("4 x 5") && ContainsSubstring("5 x 4"));
  }
  SECTION("two series") {
    CHECK_THAT(problem(5,
                       [](int z, DicomSlice& s) {
                         if (z < 3) return;
                         s.series += ".9";
                         s.series_number = 12;
                         s.modality = "MR";
                       }),
               ContainsSubstring("2 series") && ContainsSubstring("CT, series 3, 3 slice(s)") &&
                   ContainsSubstring("MR, series 12, 2 slice(s)") &&
                   ContainsSubstring("folder of its own"));
  }
  SECTION("a slice of the series without a place") {
    CHECK_THAT(problem(4, [](int z, DicomSlice& s) { s.has_place = z != 3; }),
               ContainsSubstring(name(3)) && ContainsSubstring("where it lies") ||
                   ContainsSubstring("where they lie"));
  }
  SECTION("a direction that is none") {
    CHECK_THAT(problem(2, [](int, DicomSlice& s) { s.orientation = {1, 0, 0, 1, 0, 0}; }),
               ContainsSubstring("right angle"));
  }
  SECTION("a slope of nothing") {
    CHECK_THAT(problem(2, [](int, DicomSlice& s) { s.slope = 0; }),
               ContainsSubstring("RescaleSlope"));
  }
  SECTION("a single slice of no known thickness") {
    CHECK_THAT(problem(1, {}), ContainsSubstring("the only slice"));
    CHECK_THAT(problem_of(shuffled_name(scan, 0)),
               ContainsSubstring("give the folder of the series"));
  }
}

TEST_CASE("copies of slices in a DICOM series are left out and told") {
  if (lacks_dicom()) return;
  const TemporaryFolder folder;
  const fs::path scan = folder / "scan";
  const auto with_instance = [](int z, DicomSlice& slice) {
    slice.instance = "1.2.3." + std::to_string(z + 1);
  };
  write_oblique_series(scan, 4, with_instance);
  DicomSlice copied = oblique_slice(2);
  with_instance(2, copied);
  write_dicom(scan / "Z copy", copied);
  fs::copy_file(shuffled_name(scan, 1), scan / "Z same bytes");
  std::vector<std::string> warnings;
  Reporter reporter;
  reporter.warning = [&](const std::string& line) { warnings.push_back(line); };
  check_oblique(data::read_image({scan}, {}, reporter), 4);
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0],
             ContainsSubstring("2 file(s) are copies of others and left out") &&
                 ContainsSubstring("Z copy of " + shuffled_name("", 2).string()) &&
                 ContainsSubstring("Z same bytes of " + shuffled_name("", 1).string()));
  SECTION("one of other voxels is an error that names both") {
    copied.stored[3] += 1;
    write_dicom(scan / "Z copy", copied);
    CHECK_THAT(problem_of(scan), ContainsSubstring("Z copy: has SOP Instance UID and place of " +
                                                   shuffled_name("", 2).string()));
  }
  SECTION("one UID for all slices, as a poor anonymiser gives, makes none a copy") {
    fs::remove_all(scan);
    write_oblique_series(scan, 4, [](int, DicomSlice& slice) { slice.instance = "1.2.3"; });
    check_oblique(data::read_image({scan}), 4);
  }
}

TEST_CASE("DICOM that may be no scan for a model of volumes is read with a warning") {
  if (lacks_dicom()) return;
  const TemporaryFolder folder;
  const auto warning_of = [&](int slices, const std::string& modality, bool captured = false) {
    fs::remove_all(folder / "scan");
    write_oblique_series(folder / "scan", slices, [&](int, DicomSlice& slice) {
      slice.modality = modality;
      slice.thickness = 2;
      slice.is_secondary_capture = captured;
    });
    std::string warnings;
    Reporter reporter;
    reporter.warning = [&](const std::string& line) { warnings += line; };
    data::read_image({folder / "scan"}, {}, reporter);
    return warnings;
  };
  CHECK(warning_of(2, "CT").empty());
  CHECK(warning_of(2, "MR").empty());
  CHECK_THAT(warning_of(2, "US"), ContainsSubstring("is of the modality US, not CT, MR or PT;"));
  CHECK_THAT(warning_of(2, "CT", true), ContainsSubstring("scan: is a secondary capture;"));
  CHECK_THAT(warning_of(1, "CT"), ContainsSubstring("scan: is a single slice;"));
  CHECK_THAT(warning_of(1, "OT"), ContainsSubstring("modality OT, not CT, MR or PT and is a sin"));
}

TEST_CASE("DICOM in colours is refused by name") {
  if (lacks_dicom()) return;
  const TemporaryFolder folder;
  DicomSlice slice = oblique_slice(0);
  slice.photometric = "RGB";
  slice.bits_allocated = slice.bits_stored = 8;
  slice.is_signed = false;
  slice.stored.assign(60, 7);
  write_dicom(folder / "scan/a", slice);
  CHECK_THAT(problem_of(folder / "scan"),
             ContainsSubstring("colours (RGB") && ContainsSubstring("scan/a"));
}

TEST_CASE("a DICOM mosaic is refused by name") {
  if (lacks_dicom()) return;
  const TemporaryFolder folder;
  write_oblique_series(folder / "scan", 2, [](int, DicomSlice& slice) {
    slice.image_type = "ORIGINAL\\PRIMARY\\M\\MOSAIC";
  });
  CHECK_THAT(problem_of(folder / "scan"), ContainsSubstring("MOSAIC"));
}

TEST_CASE("localizers and DICOM files without pixels are left out, and that is said") {
  if (lacks_dicom()) return;
  const TemporaryFolder folder;
  write_oblique_series(folder / "scan", 3);
  DicomSlice localizer = oblique_slice(0);
  localizer.image_type = "ORIGINAL\\PRIMARY\\LOCALIZER";
  write_dicom(folder / "scan/localizer", localizer);
  DicomSlice report = oblique_slice(0);
  report.has_pixels = report.has_place = false;
  report.series += ".7";
  write_dicom(folder / "scan/report", report);
  DicomSlice screenshot = oblique_slice(0);
  screenshot.has_place = false;
  screenshot.series += ".8";
  write_dicom(folder / "scan/screenshot", screenshot);
  fs::copy_file(folder / "scan/report", folder / "scan/DICOMDIR");
  std::string warning;
  Reporter reporter;
  reporter.warning = [&](const std::string& text) { warning += text; };
  check_oblique(data::read_image({folder / "scan"}, {}, reporter), 3);
  CHECK_THAT(warning, ContainsSubstring("1 localizer(s), 1 without pixels, 1 without a place"));
  for (int z = 0; z < 3; ++z) fs::remove(shuffled_name(folder / "scan", z));
  CHECK_THAT(problem_of(folder / "scan"), ContainsSubstring("where they lie") ||
                                              ContainsSubstring("where it lies") ||
                                              ContainsSubstring("holds no DICOM slices"));
}

TEST_CASE("folders of DICOM are scans among files, and channels by their names") {
  if (lacks_dicom()) return;
  const TemporaryFolder folder;
  const auto names = [](const std::vector<data::Case>& cases) {
    std::string text;
    for (const auto& one : cases) text += one.name + " ";
    return text;
  };
  const fs::path scans = folder / "scans";
  for (const char* name : {"a", "b_0000", "b_0001", "c_0007"})
    write_oblique_series(scans / name, 2);
  add_file(scans / "empty/notes.txt", "no DICOM");
  add_file(scans / "d.nii.gz", "");
  const auto all = [&](int channels) { return data::cases_to_predict(scans, channels, ".nii.gz"); };
  const auto with_superfluous = all(1);
  CHECK(names(with_superfluous) == "a b c_0007 d ");
  CHECK_THROWS_WITH(data::require_readable(with_superfluous[1]),
                    ContainsSubstring("b_0001") && ContainsSubstring("beyond"));
  fs::remove_all(scans / "b_0001");
  CHECK(names(all(1)) == "a b c_0007 d ");
  CHECK(all(1)[0].channels == std::vector{scans / "a"});
  CHECK(names(data::cases_to_predict(scans / "a/", 1, ".nii.gz")) == "a ");
  CHECK_THROWS_WITH(data::cases_to_predict(scans / "a", 2, ".nii.gz"),
                    ContainsSubstring("one channel") && ContainsSubstring("<case>_0001"));
  write_oblique_series(scans / "b_0001", 2);
  const auto both = data::cases_to_predict(scans / "b_0001", 2, ".nii.gz");
  REQUIRE(both.size() == 1);
  CHECK(both[0].channels == std::vector{scans / "b_0000", scans / "b_0001"});
  CHECK(data::read_image(both[0].channels).data.size(0) == 2);
}
