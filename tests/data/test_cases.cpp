#include "seg/data/cases.hpp"

#include <cstdlib>
#include <fstream>

#include "small_dataset.hpp"
#include "test_files.hpp"

#include "catch.hpp"

using namespace seg;
namespace fs = std::filesystem;

namespace {

fs::path touch(const fs::path& file) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << "x";
  return file;
}

std::string names(const std::vector<data::Case>& cases) {
  std::string text;
  for (const auto& scan : cases) text.append(scan.name).append(" ");
  return text;
}

}  // namespace

TEST_CASE("training cases are sorted and have their channels in order and their label") {
  const test::TemporaryFolder folder;
  const test::SmallDataset small(folder.path(), 3, 2);
  touch(folder / "imagesTr/.hidden_0000.nii.gz");
  const auto cases = data::training_cases(folder.path(), small.dataset());
  CHECK(names(cases) == "scan_0 scan_1 scan_2 ");
  CHECK(cases[1].channels == std::vector<fs::path>{small.image(1, 0), small.image(1, 1)});
  CHECK(cases[1].label == small.label(1));
}

TEST_CASE("what is missing is named together with the nearest file") {
  const test::TemporaryFolder folder;
  const test::SmallDataset small(folder.path(), 2, 2);
  SECTION("a channel") {
    fs::rename(small.image(1, 1), folder / "imagesTr/scan_1_001.nii.gz");
    CHECK_THROWS_WITH(data::training_cases(folder.path(), small.dataset()),
                      ContainsSubstring("scan_1_001.nii.gz") && ContainsSubstring("_0000"));
    fs::remove(folder / "imagesTr/scan_1_001.nii.gz");
    CHECK_THROWS_WITH(data::training_cases(folder.path(), small.dataset()),
                      ContainsSubstring("scan_1_0001.nii.gz: the file does not exist") &&
                          ContainsSubstring("nearest file there is scan_0_0001.nii.gz"));
  }
  SECTION("a label that has a channel number") {
    fs::rename(small.label(0), folder / "labelsTr/scan_0_0000.nii.gz");
    CHECK_THROWS_WITH(
        data::training_cases(folder.path(), small.dataset()),
        ContainsSubstring("labelsTr/scan_0.nii.gz") && ContainsSubstring("scan_0_0000.nii.gz"));
  }
  SECTION("the folder") {
    CHECK_THROWS_WITH(data::training_cases(folder / "no", small.dataset()),
                      ContainsSubstring("no/imagesTr") && ContainsSubstring("does not exist"));
  }
  SECTION("scans of the ending that dataset.json gives") {
    auto dataset = small.dataset();
    dataset.file_ending = ".mha";
    CHECK_THROWS_WITH(
        data::training_cases(folder.path(), dataset),
        ContainsSubstring("holds no scans named <case>_0000.mha") && ContainsSubstring(".nii.gz"));
  }
  SECTION("a channel too many") {
    touch(folder / "imagesTr/scan_0_0002.nii.gz");
    CHECK_THROWS_WITH(
        data::training_cases(folder.path(), small.dataset()),
        ContainsSubstring("scan_0_0002") && ContainsSubstring("beyond the 2 channel"));
  }
}

TEST_CASE("dataset.json may list cases with their paths") {
  const test::TemporaryFolder folder;
  test::SmallDataset small(folder.path(), 1);
  const fs::path elsewhere = touch(folder / "other/picture.nii.gz");
  small.json["dataset"] = {
      {"b", {{"images", {elsewhere.string()}}, {"label", "labelsTr/scan_0.nii.gz"}}},
      {"a", {{"images", {"imagesTr/scan_0_0000.nii.gz"}}, {"label", "labelsTr/scan_0.nii.gz"}}}};
  const auto cases = data::training_cases(folder.path(), small.dataset());
  CHECK(names(cases) == "a b ");
  CHECK(cases[0].channels == std::vector<fs::path>{small.image(0)});
  CHECK(cases[1].channels == std::vector<fs::path>{elsewhere});
  // As Python's os.path.expandvars: $NAME, ${NAME}; what is not there stays.
  setenv("SEG_TEST_PLACE", (folder / "other").c_str(), 1);
  for (const auto& [written, meant] : std::vector<std::pair<std::string, fs::path>>{
           {"$SEG_TEST_PLACE/picture.nii.gz", elsewhere},
           {"${SEG_TEST_PLACE}/picture.nii.gz", elsewhere},
           {"imagesTr/$a$.nii.gz", touch(folder / "imagesTr/$a$.nii.gz")},
           {"imagesTr/${a.nii.gz", touch(folder / "imagesTr/${a.nii.gz")}}) {
    small.json["dataset"]["b"]["images"] = {written};
    CHECK(data::training_cases(folder.path(), small.dataset())[1].channels.at(0) == meant);
  }
  unsetenv("SEG_TEST_PLACE");
  small.json["dataset"]["a"]["label"] = "labelsTr/none.nii.gz";
  CHECK_THROWS_WITH(data::training_cases(folder.path(), small.dataset()),
                    ContainsSubstring("none.nii.gz"));
  small.json["dataset"] = {{"a", 7}};
  CHECK_THROWS_WITH(data::training_cases(folder.path(), small.dataset()),
                    ContainsSubstring("\"dataset\" cannot be understood"));
}

TEST_CASE("scans to predict are a folder or one file with its siblings") {
  const test::TemporaryFolder folder;
  for (const char* name : {"b_0000.nrrd", "b_0001.nrrd", "a_0000.nrrd", "a_0001.nrrd", "notes.txt"})
    touch(folder / name);
  CHECK(names(data::cases_to_predict(folder.path(), 2, ".nrrd")) == "a b ");
  const auto one = data::cases_to_predict(folder / "b_0001.nrrd", 2, ".nrrd");
  REQUIRE(one.size() == 1);
  CHECK(one[0].channels == std::vector<fs::path>{folder / "b_0000.nrrd", folder / "b_0001.nrrd"});
  CHECK_FALSE(one[0].label);

  touch(folder / "plain.nrrd");
  CHECK(names(data::cases_to_predict(folder / "plain.nrrd", 1, ".nrrd")) == "plain ");
  CHECK_THROWS_WITH(data::cases_to_predict(folder / "plain.nrrd", 2, ".nrrd"),
                    ContainsSubstring("no channel number"));
  CHECK_THROWS_WITH(data::cases_to_predict(folder / "notes.txt", 1, ".nrrd"),
                    ContainsSubstring("is no image that seg knows"));
  CHECK_THROWS_WITH(data::cases_to_predict(folder / "none", 1, ".nrrd"),
                    ContainsSubstring("none: the file or folder does not exist"));
  CHECK_THROWS_WITH(data::cases_to_predict(folder / "b_000.nrrd", 2, ".nrrd"),
                    ContainsSubstring("b_000.nrrd: the file does not exist; the nearest there is "
                                      "b_0000.nrrd"));
}

TEST_CASE("a folder whose scans lie further below tells them, and what to give") {
  const test::TemporaryFolder folder;
  const auto refusal = [&]() -> std::string {
    try {
      data::cases_to_predict(folder.path(), 1, ".nrrd");
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  CHECK_THAT(refusal(), ContainsSubstring("holds no scans named"));
  fs::create_directories(folder / "one/two");
  touch(folder / "one/two/a.nrrd");
  CHECK_THAT(refusal(), ContainsSubstring("1 scan(s) lie further below (one/two/a.nrrd); give " +
                                          (folder / "one/two/a.nrrd").string()));
  fs::create_directories(folder / "one/.hidden");
  touch(folder / "one/two/b.nrrd");
  touch(folder / "one/.hidden/c.nrrd");
  CHECK_THAT(refusal(), ContainsSubstring("2 scan(s)") &&
                            ContainsSubstring("give " + (folder / "one/two").string() + ", or"));
  touch(folder / "one/d.nrrd");
  CHECK_THAT(refusal(), ContainsSubstring("3 scan(s)") && ContainsSubstring("a `list`"));
  touch(folder / "e.nrrd");
  CHECK(names(data::cases_to_predict(folder.path(), 1, ".nrrd")) == "e ");
}

TEST_CASE("files that are missing in a folder of scans cost their own case only") {
  const test::TemporaryFolder folder;
  for (const char* name : {"a_0000.nrrd", "a_0001.nrrd", "b_0000.nrrd"}) touch(folder / name);
  fs::create_symlink("nowhere", folder / "c_0000.nrrd");
  fs::create_symlink("d_0000.nrrd", folder / "d_0000.nrrd");  // to itself
  CHECK(names(data::cases_to_predict(folder.path(), 2, ".nrrd")) == "a b c d ");
  CHECK_THROWS_WITH(data::cases_to_predict(folder / "b_0000.nrrd", 2, ".nrrd"),
                    ContainsSubstring("b_0001.nrrd: the file does not exist"));
  CHECK_THROWS_WITH(data::read_image({folder / "c_0000.nrrd"}),
                    ContainsSubstring("links to nowhere, which is not there"));
  CHECK_THROWS_WITH(data::read_image({folder / "d_0000.nrrd"}), ContainsSubstring("mend the link"));
}

TEST_CASE("a file of a folder that has a wrong name is a case that cannot be read") {
  const test::TemporaryFolder folder;
  for (const char* name : {"a_0000.nrrd", "a_0001.nrrd", "b.nrrd", "a_0002.nrrd"})
    touch(folder / name);
  const auto cases = data::cases_to_predict(folder.path(), 2, ".nrrd");
  CHECK(names(cases) == "a b.nrrd ");
  // Whose channels are others than the model's is not segmented by some of them.
  CHECK_THROWS_WITH(data::require_readable(cases[0]), ContainsSubstring("beyond the 2 channel"));
  CHECK_THROWS_WITH(data::require_readable(cases[1]), ContainsSubstring("no channel number"));
}

TEST_CASE("four digits at the end of a single scan's name are no channel of it, if it has one") {
  const test::TemporaryFolder folder;
  touch(folder / "cell_0007.tif");
  const auto cases = data::cases_to_predict(folder / "cell_0007.tif", 1, ".tif");
  REQUIRE(cases.size() == 1);
  CHECK(cases[0].name == "cell_0007");
  CHECK(cases[0].channels == std::vector<fs::path>{folder / "cell_0007.tif"});
  touch(folder / "cell_0000.tif");
  CHECK(data::cases_to_predict(folder / "cell_0000.tif", 1, ".tif")[0].name == "cell");
}

TEST_CASE("scans of another format than the model's are taken where a folder holds no others") {
  const test::TemporaryFolder folder;
  std::string warning;
  Reporter reporter;
  reporter.warning = [&](const std::string& line) { warning = line; };
  for (const char* name : {"b.mha", "a_0000.mha", "notes.txt"}) touch(folder / name);
  CHECK(names(data::cases_to_predict(folder.path(), 1, ".nii.gz", reporter)) == "a b ");
  CHECK(warning.empty());
  CHECK(names(data::cases_to_predict(folder / "b.mha", 1, ".nii.gz")) == "b ");
  CHECK(names(data::cases_to_predict(folder.path(), 2, ".nii.gz")) == "a b.mha ");

  touch(folder / "c.nrrd");
  CHECK_THROWS_WITH(data::cases_to_predict(folder.path(), 1, ".nii.gz"),
                    ContainsSubstring("several formats (2 .mha, 1 .nrrd)"));
  touch(folder / "d.nii.gz");
  CHECK(names(data::cases_to_predict(folder.path(), 1, ".nii.gz", reporter)) == "d ");
  CHECK_THAT(warning, ContainsSubstring("2 .mha, 1 .nrrd file(s) are left out"));
}

TEST_CASE("channels of another format than the model's are found beside each other") {
  const test::TemporaryFolder folder;
  for (const char* name : {"a_0000.mha", "a_0001.mha"}) touch(folder / name);
  const auto one = data::cases_to_predict(folder / "a_0000.mha", 2, ".nii.gz");
  REQUIRE(one.size() == 1);
  CHECK(one[0].channels == std::vector<fs::path>{folder / "a_0000.mha", folder / "a_0001.mha"});
}

TEST_CASE("two scans that would be one case are named") {
  const test::TemporaryFolder folder;
  for (const char* name : {"a.nii.gz", "a_0000.nii.gz"}) touch(folder / name);
  const auto cases = data::cases_to_predict(folder.path(), 1, ".nii.gz");
  CHECK(names(cases) == "a a_0000.nii.gz ");
  CHECK(cases[0].channels == std::vector<fs::path>{folder / "a.nii.gz"});
  CHECK_THROWS_WITH(data::require_readable(cases[1]),
                    ContainsSubstring("is the case a, as a.nii.gz is"));
}

TEST_CASE("one colour picture may hold all channels") {
  const test::TemporaryFolder folder;
  touch(folder / "a_0000.png");
  CHECK(data::cases_to_predict(folder.path(), 3, ".png")[0].channels.size() == 1);
}
