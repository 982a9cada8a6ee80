#include "seg/plan/nearest_entry.hpp"

#include <fstream>

#include "catch.hpp"
#include "test_files.hpp"

namespace fs = std::filesystem;
using namespace seg;

TEST_CASE("what is near a missing path is told, as far up as its folders are missing") {
  const test::TemporaryFolder folder;
  CHECK_THAT(nearest_entry(folder / "scan.nii.gz"), ContainsSubstring("holds nothing"));
  fs::create_directories(folder / "scans");
  for (const char* name : {"scan_1.nrrd", "other.nii.gz", ".scan.nii.gz"})
    std::ofstream(folder / name) << "";
  CHECK(nearest_entry(folder / "scan.nii.gz") == "the nearest there is scan_1.nrrd");
  CHECK(nearest_entry(folder / "scnas") == "the nearest there is scans");
  CHECK(nearest_entry(folder / "scnas/") == "the nearest there is scans");
  CHECK(nearest_entry(folder / "scnas/a/b.nii.gz") ==
        "there is no " + (folder / "scnas").string() + " either; the nearest there is scans");
  CHECK(nearest_entry(folder / "other.nii.gz/a.nii.gz") ==
        (folder / "other.nii.gz").string() + " holds nothing");
}

TEST_CASE("a name of which most letters differ is not near") {
  const test::TemporaryFolder folder;
  for (const char* name : {"e", "dataset.json"}) std::ofstream(folder / name) << "";
  CHECK(nearest_entry(folder / "nope.nii").empty());
  CHECK(nearest_entry(folder / "7/a") == "there is no " + (folder / "7").string() + " either");
}

TEST_CASE("a name that begins alike is nearer than one with fewer letters to change") {
  CHECK(nearest_name("a.nii.gz", {"a_0000_long_name.nrrd", "b.nii.gz"}) == "a_0000_long_name.nrrd");
  CHECK(nearest_name("imges", {"labels", "images"}) == "images");
  CHECK(nearest_name("case_7_0000.nii.gz", {"dataset.json", "readme"}).empty());
  CHECK(nearest_name("a", {}).empty());
}
