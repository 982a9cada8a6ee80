#include "seg/data/verify.hpp"

#include <fstream>
#include <limits>

#include "small_dataset.hpp"
#include "test_files.hpp"

#include "catch.hpp"

using namespace seg;
namespace fs = std::filesystem;

namespace {

std::vector<data::Finding> verify(const test::SmallDataset& small) {
  return data::verify_dataset(small.folder(), small.dataset(), {2});
}

void check_only(const std::vector<data::Finding>& findings, const fs::path& file,
                const std::string& problem) {
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].file == file.string());
  CHECK_THAT(findings[0].problem, ContainsSubstring(problem));
  CHECK_FALSE(findings[0].remedy.empty());
}

}  // namespace

TEST_CASE("a sound dataset has no findings") {
  const test::TemporaryFolder folder;
  CHECK(verify(test::SmallDataset(folder.path(), 3, 2)).empty());
}

TEST_CASE("each kind of fault gives one finding with the right file") {
  const test::TemporaryFolder folder;
  test::SmallDataset small(folder.path(), 3, 2);
  const at::Tensor voxels = small.voxels(), labels = small.labels();
  data::Geometry geometry = small.geometry();
  SECTION("missing channel") {
    fs::remove(small.image(1, 1));
    check_only(verify(small), small.image(1, 1), "does not exist");
  }
  SECTION("missing label") {
    fs::remove(small.label(2));
    check_only(verify(small), small.label(2), "does not exist");
  }
  SECTION("unreadable file") {
    std::ofstream(small.image(0)) << "text";
    check_only(verify(small), small.image(0), "not what its name says");
  }
  SECTION("NaN") {
    data::write_image(small.image(0, 1),
                      voxels.masked_fill(voxels.eq(12), std::numeric_limits<float>::quiet_NaN()),
                      geometry);
    check_only(verify(small), small.image(0, 1), "1 voxel(s) are NaN");
  }
  SECTION("a spacing in micrometres") {
    for (double& spacing : geometry.spacing) spacing *= 1000;
    for (const int channel : {0, 1}) data::write_image(small.image(0, channel), voxels, geometry);
    data::write_label_map(small.label(0), labels, geometry);
    check_only(verify(small), small.image(0), "far from the usual");
  }
  SECTION("unnamed label value") {
    data::write_label_map(small.label(0), labels * 7, geometry);
    check_only(verify(small), small.label(0), "label value(s) 7");
  }
  SECTION("channel shape") {
    data::write_image(small.image(0, 1), voxels.slice(2, 1), geometry);
    check_only(verify(small), small.image(0, 1), "shape 3 x 4 x 4 instead of 3 x 4 x 5");
  }
  SECTION("label shape") {
    data::write_label_map(small.label(0), labels.slice(0, 1), geometry);
    check_only(verify(small), small.label(0), "shape 2 x 4 x 5 instead of 3 x 4 x 5");
  }
  SECTION("label spacing") {
    geometry.spacing[2] = 2.5;
    data::write_label_map(small.label(0), labels, geometry);
    check_only(verify(small), small.label(0), "spacing");
  }
  SECTION("label origin") {
    geometry.origin[1] = 0.5;
    data::write_label_map(small.label(0), labels, geometry);
    check_only(verify(small), small.label(0), "origin");
  }
  SECTION("label direction") {
    geometry.direction = {0, 1, 0, -1, 0, 0, 0, 0, 1};
    data::write_label_map(small.label(0), labels, geometry);
    check_only(verify(small), small.label(0), "direction");
  }
  SECTION("geometry off by rounding is none") {
    geometry.origin[1] = 1e-5;
    geometry.spacing[0] = 1 + 1e-6;
    data::write_label_map(small.label(0), labels, geometry);
    CHECK(verify(small).empty());
  }
  SECTION("labels with a gap") {
    small.json["labels"] = {{"background", 0}, {"organ", 1}, {"lesion", 4}, {"vessel", 6}};
    check_only(verify(small), folder / "dataset.json", "just before 4, 6 of [0,1,4,6]");
  }
  SECTION("labels of regions with a gap") {
    small.json["labels"] = {{"background", 0}, {"whole", {1, 2, 4}}, {"core", {4}}};
    small.json["regions_class_order"] = {1, 4};
    check_only(verify(small), folder / "dataset.json", "just before 4");
  }
  SECTION("a file ending without its dot") {
    small.json["file_ending"] = "nii.gz";
    check_only(verify(small), folder / "dataset.json", "\"file_ending\" is \"nii.gz\"");
    CHECK_THROWS_WITH(data::training_cases(folder.path(), small.dataset()),
                      ContainsSubstring("write it with its dot: \".nii.gz\""));
    CHECK_THROWS_WITH(data::cases_to_predict(folder.path(), 1, "nii.gz"),
                      ContainsSubstring("write it with its dot"));
  }
  SECTION("a link to a file that is not there") {
    fs::remove(small.image(1));
    fs::create_symlink(folder / "gone.nii.gz", small.image(1));
    check_only(verify(small), small.image(1), "links to");
  }
  SECTION("numTraining") {
    small.json["numTraining"] = 4;
    check_only(verify(small), folder / "dataset.json", "numTraining is 4, but 3");
  }
  SECTION("label map without scan") {
    fs::copy(small.label(0), folder / "labelsTr/other.nii.gz");
    check_only(verify(small), folder / "labelsTr/other.nii.gz", "belongs to no scan");
  }
}

TEST_CASE("findings of the whole dataset come together, and an empty folder is one") {
  const test::TemporaryFolder folder;
  const test::SmallDataset small(folder.path(), 3);
  data::write_label_map(small.label(0), small.labels() * 7, small.geometry());
  std::ofstream(small.image(1)) << "text";
  fs::remove(small.label(2));
  CHECK(verify(small).size() == 3);
  const auto nothing = data::verify_dataset(folder / "none", small.dataset(), {1});
  REQUIRE_FALSE(nothing.empty());
  CHECK_THAT(nothing[0].problem, ContainsSubstring("folder does not exist"));
}

TEST_CASE("case names that lead out of their folders or meet another case are found") {
  const test::TemporaryFolder folder;
  test::SmallDataset small(folder.path(), 2);
  const auto named = [&](const std::vector<std::string>& names) {
    small.json["dataset"] = Json::object();
    for (std::size_t i = 0; i < names.size(); ++i)
      small.json["dataset"][names[i]] = {{"images", {small.image(static_cast<int>(i)).string()}},
                                         {"label", small.label(static_cast<int>(i)).string()}};
    return verify(small);
  };
  CHECK(named({"a", "b"}).empty());
  for (const char* name : {"site1/a", "../a", "/tmp/a", "site1\\a", "..", ".a", ""}) {
    INFO(name);
    check_only(named({name, "b"}), folder / "dataset.json", "is no name of a file");
    CHECK_THROWS_WITH(data::training_cases(folder.path(), small.dataset()),
                      ContainsSubstring("is no name of a file"));
  }
  check_only(named({"a", "a_seg"}), folder / "dataset.json", "a and a_seg would be kept");
}
