#include <cstdint>
#include <cstring>
#include <fstream>

#include "catch.hpp"
#include "dicom/dicom_writer.hpp"
#include "dicom/read_problem.hpp"
#include "test_files.hpp"
#include "text.hpp"

namespace fs = std::filesystem;
using namespace seg;
using namespace seg::test;

namespace {

/// Where the last fragment of compressed pixels begins, and its length, which stands in front of
/// it.
struct Fragment {
  std::size_t start = 0, size = 0;
};

Fragment last_fragment(const std::string& file) {
  const std::size_t item = file.rfind(std::string("\xFE\xFF\x00\xE0", 4));
  std::uint32_t size = 0;
  std::memcpy(&size, &file[item + 4], sizeof size);
  return {item + 8, size};
}

void put_number(std::string& file, std::size_t place, std::uint32_t number) {
  std::memcpy(&file[place], &number, sizeof number);
}

/// The file with a fragment so short, which says so.
std::string with_short_fragment(std::string file, std::size_t size) {
  const Fragment fragment = last_fragment(file);
  file.erase(fragment.start + size, fragment.size - size);
  put_number(file, fragment.start - 4, static_cast<std::uint32_t>(size));
  return file;
}

/// Of two slices, large enough for what comes after a compressed stream's headers.
void write_compressed_series(const fs::path& folder, const std::string& encoding) {
  write_oblique_series(folder, 2, [&](int z, DicomSlice& slice) {
    slice.encoding = encoding;
    slice.rows = slice.columns = 64;
    slice.stored.clear();
    for (int i = 0; i < 64 * 64; ++i) slice.stored.push_back(i / 5 - 100 * z);
  });
}

/// A whole series, one of whose files is to be damaged.
struct CompressedSeries {
  TemporaryFolder folder;
  fs::path file;
  std::string whole;  ///< the file's content

  explicit CompressedSeries(const std::string& encoding) {
    write_compressed_series(folder / "scan", encoding);
    file = shuffled_name(folder / "scan", 1);
    whole = bytes_of(file);
  }
  std::string problem() const { return problem_of(folder / "scan"); }
};

}  // namespace

TEST_CASE("a DICOM file that is cut off anywhere is an error that names it") {
  if (lacks_dicom()) return;
  const std::string encoding = GENERATE("explicit", "implicit", "big endian", "RLE");
  const TemporaryFolder folder;
  write_oblique_series(folder / "scan", 3,
                       [&](int, DicomSlice& slice) { slice.encoding = encoding; });
  const fs::path file = shuffled_name(folder / "scan", 1);
  const std::string whole = bytes_of(file);
  std::ofstream{file};
  CHECK_THAT(problem_of(folder / "scan"), ContainsSubstring("is empty (0 bytes)"));
  for (std::size_t size = whole.size() - 1; size > 132; --size) {
    CAPTURE(encoding, size);
    std::ofstream(file, std::ios::binary) << whole.substr(0, size);
    const std::string problem = problem_of(folder / "scan");
    REQUIRE(problem != "was read");
    REQUIRE_THAT(problem,
                 ContainsSubstring(file.filename().string()) || ContainsSubstring("DICOM slices"));
  }
}

TEST_CASE("a length in a DICOM file that cannot be is an error, and no request for memory") {
  if (lacks_dicom()) return;
  const std::string encoding = GENERATE("explicit", "implicit");
  const TemporaryFolder folder;
  write_oblique_series(folder / "scan", 3,
                       [&](int, DicomSlice& slice) { slice.encoding = encoding; });
  const fs::path file = shuffled_name(folder / "scan", 1);
  const std::string whole = bytes_of(file);
  for (std::size_t place = 132; place + 4 <= whole.size(); place += 2) {
    CAPTURE(encoding, place);
    std::string damaged = whole;
    damaged.replace(place, 4, "\xF0\xFF\xFF\xFF");
    std::ofstream(file, std::ios::binary) << damaged;
    problem_of(folder / "scan");  // whatever it is, it is one line, or a value that nobody needs
  }
}

TEST_CASE("RLE segments that do not give the pixels of a DICOM slice are an error") {
  if (lacks_dicom()) return;
  const TemporaryFolder folder;
  write_oblique_series(folder / "scan", 3, [&](int, DicomSlice& slice) { slice.encoding = "RLE"; });
  const fs::path file = shuffled_name(folder / "scan", 1);
  const std::string whole = bytes_of(file);
  const Fragment fragment = last_fragment(whole);
  const auto check_refused = [&](const std::string& damaged) {
    std::ofstream(file, std::ios::binary) << damaged;
    REQUIRE_THAT(problem_of(folder / "scan"),
                 ContainsSubstring(file.filename().string()) && ContainsSubstring("RLE"));
  };
  REQUIRE(problem_of(folder / "scan") == "was read");
  SECTION("numbers of segments, and where they begin") {
    for (std::size_t number = 0; number < 3; ++number)
      for (const std::uint32_t wrong : {0U, 1U, 15U, 65U, 10000U, 0xFFFFFFF0U, 0xFFFFFFFFU}) {
        CAPTURE(number, wrong);
        std::string damaged = whole;
        put_number(damaged, fragment.start + 4 * number, wrong);
        check_refused(damaged);
      }
  }
  SECTION("a fragment that is cut off") {
    for (std::size_t size = 0; size + 2 < fragment.size; size += 2) {
      CAPTURE(size);
      check_refused(with_short_fragment(whole, size));
    }
  }
  SECTION("an end that says that it has content") {
    std::string damaged = whole;
    damaged.back() = 'z';
    std::ofstream(file, std::ios::binary) << damaged;
    REQUIRE_THAT(problem_of(folder / "scan"), ContainsSubstring(file.filename().string()));
  }
  SECTION("a run that is too long") {
    std::string damaged = whole;
    damaged[fragment.start + 64] = '\x7F';
    check_refused(damaged);
    damaged[fragment.start + 64] = '\x81';
    check_refused(damaged);
  }
}

TEST_CASE("DICOM whose JPEG is cut off is an error, not a slice that is made up") {
  if (lacks_dicom()) return;
  const std::string encoding = GENERATE("JPEG", "JPEG-LS");
  const CompressedSeries series(encoding);
  REQUIRE(series.problem() == "was read");
  for (std::size_t size = last_fragment(series.whole).size / 2 * 2; size > 2;) {
    size -= 2;
    CAPTURE(encoding, size);
    std::ofstream(series.file, std::ios::binary) << with_short_fragment(series.whole, size);
    REQUIRE_THAT(series.problem(), ContainsSubstring(series.file.filename().string()));
  }
}

TEST_CASE("a JPEG in DICOM that is damaged in its tables is read or an error, and ends nothing") {
  if (lacks_dicom()) return;
  const std::string encoding = GENERATE("JPEG", "JPEG-LS");
  const CompressedSeries series(encoding);
  for (std::size_t i = 0; i < 60; ++i)
    for (const char wrong : {'\x00', '\x03', '\x40', '\xFF'}) {
      CAPTURE(encoding, i, int{wrong});
      std::string damaged = series.whole;
      damaged[last_fragment(series.whole).start + i] = wrong;
      std::ofstream(series.file, std::ios::binary) << damaged;
      REQUIRE_THAT(series.problem(), ContainsSubstring("was read") ||
                                         ContainsSubstring(series.file.filename().string()));
    }
}
