#include "catch.hpp"
#include "expect_error.hpp"
#include "seg/data/image.hpp"
#include "text.hpp"
#include "tiny_dataset.hpp"

// seg overlay on files and on folders.

namespace fs = std::filesystem;
using namespace seg;
using namespace seg::test;

namespace {

/// Scans of two cases, one with a further channel, and their label maps.
struct TwoCases {
  TemporaryFolder folder;

  TwoCases() {
    scan("images/a_0000.nii.gz", 1);
    scan("images/a_0001.nii.gz", 4);
    scan("images/b_0001.nrrd", 2);  // plain: its label map is called so, too
    labels("labels/a.nii.gz", 1);
    labels("labels/b_0001.nii.gz", 2);
  }
  void scan(const std::string& name, int number) const {
    data::write_image(folder / name, ball(number).image, tiny_geometry());
  }
  void labels(const std::string& name, int number) const {
    data::write_label_map(folder / name, ball(number).label, tiny_geometry());
  }
  Outcome overlay(const std::string& image, const std::string& map, const std::string& output,
                  const std::string& reference = "") const {
    std::vector<std::string> arguments{"overlay",
                                       "-i",
                                       (folder / image).string(),
                                       "--labels",
                                       (folder / map).string(),
                                       "-o",
                                       (folder / output).string()};
    if (!reference.empty())
      arguments.insert(arguments.end(), {"--reference", (folder / reference).string()});
    return run_seg(arguments);
  }
  std::string bytes(const std::string& name) const { return bytes_of(folder / name); }
};

}  // namespace

TEST_CASE("overlay draws of folders what it draws of each case's files") {
  const TwoCases cases;
  cases.labels("reference/a.nii.gz", 2);
  cases.labels("reference/b_0001.nii.gz", 1);
  for (const std::string reference : {"", "reference"}) {
    const Outcome all = cases.overlay("images", "labels", "pictures" + reference, reference);
    INFO(all.err);
    REQUIRE(all.exit_code == 0);
    CHECK(contains(all.out, "(2 cases)"));
    const auto one = [&](const std::string& image, const std::string& name) {
      const std::string map = "/" + name + ".nii.gz", picture = "/" + name + ".png";
      REQUIRE(cases
                  .overlay("images/" + image, "labels" + map, "single" + reference + picture,
                           reference.empty() ? "" : reference + map)
                  .exit_code == 0);
      CHECK(cases.bytes("single" + reference + picture) ==
            cases.bytes("pictures" + reference + picture));
    };
    one("a_0000.nii.gz", "a");
    one("b_0001.nrrd", "b_0001");
  }
  CHECK(cases.bytes("pictures/a.png") != cases.bytes("picturesreference/a.png"));
}

TEST_CASE("overlay tells cases without partner and draws the others") {
  const TwoCases cases;
  cases.scan("images/c_0000.nii.gz", 3);
  cases.labels("labels/d.nii.gz", 3);
  const Outcome outcome = cases.overlay("images", "labels", "pictures");
  expect_error(outcome, "error: 2 of 4 cases were not drawn; the lines above say why",
               cases.folder.path());
  CHECK(
      contains(outcome.err, "case c: " + (cases.folder / "labels").string() + ": holds no label"));
  CHECK(contains(outcome.err, "case d: " + (cases.folder / "images").string() + ": holds no scan"));
  for (const auto& [name, drawn] :
       {std::pair("a", true), {"b_0001", true}, {"c", false}, {"d", false}})
    CHECK(fs::exists(cases.folder / "pictures" / (std::string(name) + ".png")) == drawn);
}

TEST_CASE("overlay replaces what it drew of the same files, and nothing else") {
  const TwoCases cases;
  const std::string scan = "images/a_0000.nii.gz", map = "labels/a.nii.gz";
  for (int i = 0; i < 2; ++i) {
    REQUIRE(cases.overlay(scan, map, "a.png").exit_code == 0);
    REQUIRE(cases.overlay("images", "labels", "pictures").exit_code == 0);
  }
  const std::string before = cases.bytes("a.png");
  expect_error(cases.overlay("images/b_0001.nrrd", "labels/b_0001.nii.gz", "a.png"),
               "a.png: is there already, and is not what seg made of the same files",
               cases.folder.path());
  CHECK(cases.bytes("a.png") == before);
  write_text(cases.folder / "pictures/b_0001.png", "mine");
  fs::remove(cases.folder / "pictures/a.png");
  expect_error(cases.overlay("images", "labels", "pictures"), "b_0001.png: is there already",
               cases.folder.path());
  CHECK_FALSE(fs::exists(cases.folder / "pictures/a.png"));  // told before the first is drawn
  CHECK(cases.bytes("pictures/b_0001.png") == "mine");
  const auto path = [&](const char* name) { return (cases.folder / name).string(); };
  CHECK(run_seg({"overlay", "-i", path("images"), "--labels", path("labels"), "-o",
                 path("pictures"), "--overwrite"})
            .exit_code == 0);
  CHECK(cases.bytes("pictures/b_0001.png") != "mine");
}

TEST_CASE("overlay takes files or folders, not both, and writes over neither") {
  const TwoCases cases;
  const auto refused = [&](const Outcome& outcome, const std::string& named) {
    expect_error(outcome, named, cases.folder.path());
  };
  const std::string scan = "images/a_0000.nii.gz", map = "labels/a.nii.gz";
  refused(cases.overlay("images", map, "out"), "a.nii.gz: is no folder");
  refused(cases.overlay(scan, "labels", "out.png"), "labels: is a folder");
  refused(cases.overlay("images", "labels", "out.png"), "out.png: is no folder");
  refused(cases.overlay(scan, map, "labels"), "labels: is a folder");
  refused(cases.overlay("images", "labels", "out", map), "a.nii.gz: is no folder");
  refused(cases.overlay("images", "labels", "labels"), "is what the pictures are made of");
  refused(cases.overlay("nowhere", "labels", "out"), "nowhere");
  cases.labels("labels/a.nrrd", 1);
  refused(cases.overlay("images", "labels", "out"), "move one of them elsewhere");
  CHECK_FALSE(fs::exists(cases.folder / "out"));
}
