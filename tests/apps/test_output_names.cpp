#include <ATen/ATen.h>

#include "catch.hpp"
#include "expect_error.hpp"
#include "small_place.hpp"
#include "text.hpp"
#include "tiny_model.hpp"

// Names of inputs that are not there, and of outputs that cannot be meant or are somebody's.

namespace fs = std::filesystem;
using namespace seg;
using namespace seg::test;

namespace {

/// Two label maps with a square each, moved by some voxels from each other.
struct Maps {
  TemporaryFolder folder;

  Maps() {
    write("labels/a.nii.gz", 0);
    write("mine/a.nii.gz", 1);
    write("theirs/a.nii.gz", 2);
    data::write_image(folder / "scans/a.nii.gz", at::rand({3, 9, 9}), {});
  }
  void write(const std::string& name, std::int64_t shift) const {
    at::Tensor map = at::zeros({3, 9, 9}, at::kShort);
    map.slice(1, 2, 5).slice(2, 2 + shift, 5 + shift).fill_(1);
    data::write_label_map(folder / name, map, {});
  }
  std::string path(const std::string& name) const { return (folder / name).string(); }
  void refused(const std::vector<std::string>& command, const std::string& why) const {
    expect_error(run_seg(command), why, folder.path());
  }
  Outcome evaluated(const std::string& prediction, const std::vector<std::string>& more) const {
    std::vector<std::string> command{"evaluate", "-i", path(prediction), "--reference",
                                     path("labels")};
    command.insert(command.end(), more.begin(), more.end());
    return run_seg(command);
  }
};

}  // namespace

TEST_CASE("what is given and not there is told together with what is near it") {
  const Maps maps;
  fs::create_directory(maps.folder / "model");
  const std::string near = "the nearest there is ";
  maps.refused({"inspect", maps.path("scans/b.nii.gz")}, near + "a.nii.gz");
  maps.refused({"evaluate", "-i", maps.path("mines"), "--reference", maps.path("labels")},
               "mines: there is no such folder; " + near + "mine");
  maps.refused({"evaluate", "-i", maps.path("mine"), "--reference", maps.path("label")},
               near + "labels");
  maps.refused(
      {"predict", "-m", maps.path("modle"), "-i", maps.path("scans"), "-o", maps.path("out")},
      near + "model");
  maps.refused({"report", maps.path("theris")}, near + "theirs");
  maps.refused({"plan", maps.path("lables")}, near + "labels");
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"status"},
                                             {"select"},
                                             {"preprocess", "--config", "2d"},
                                             {"train", "--config", "2d"},
                                             {"export", "-o", maps.path("model.zip")}}) {
    auto mistyped = command;
    mistyped.push_back(maps.path("theris"));
    maps.refused(mistyped, near + "theirs");
  }
  maps.refused({"postprocess", "-i", maps.path("theris"), "--reference", maps.path("labels")},
               near + "theirs");
  maps.refused({"overlay", "-i", maps.path("scans/c.nii.gz"), "--labels",
                maps.path("mine/a.nii.gz"), "-o", maps.path("a.png")},
               near + "a.nii.gz");
}

TEST_CASE("seg predict tells a scan that is not there, and refuses names before it computes") {
  const SmallPlace place;
  const auto predict = [&](const std::string& scan, const std::string& output) {
    return run_seg({"predict", "-m", (place.folder / "model").string(), "-i",
                    (place.folder / scan).string(), "-o", (place.folder / output).string(),
                    "--threads", "1"});
  };
  expect_error(predict("scans/a_000.nii.gz", "out"),
               "a_000.nii.gz: the file does not exist; the nearest there is a_0000.nii.gz",
               place.folder.path());
  expect_error(predict("scans/a_0000.nii.gz", "p3.xyz"), "in no format of label maps",
               place.folder.path());
  const Outcome done = predict("scans/a_0000.nii.gz", "one.nii.gz");
  INFO(done.err);
  REQUIRE(done.exit_code == 0);
  const Outcome again = predict("scans/a_0000.nii.gz", "one.nii.gz");
  CHECK(again.exit_code == 0);
  CHECK(contains(again.err, "as it would be now (--overwrite makes it again)"));
  write_small_scan(place.folder / "scans/b_0000.nii.gz");
  const std::string before = bytes_of(place.folder / "one.nii.gz");
  expect_error(predict("scans/b_0000.nii.gz", "one.nii.gz"),
               "give another name, or use --overwrite to replace it", place.folder.path());
  CHECK(bytes_of(place.folder / "one.nii.gz") == before);
}

TEST_CASE("commands that write a folder or a file refuse a name of the other kind") {
  const Maps maps;
  const std::string scan = maps.path("scans/a.nii.gz"), map = maps.path("mine/a.nii.gz");
  maps.refused({"ensemble", "-i", maps.path("mine"), "-o", maps.path("mean.nii.gz")},
               "named like a file");
  write_text(maps.folder / "decision.json",
             "{\"postprocessing_fns\": [], "
             "\"postprocessing_kwargs\": []}");
  write_text(maps.folder / "dataset.json",
             "{\"channel_names\": {\"0\": \"CT\"}, \"labels\": {\"background\": 0, \"ball\": 1}, "
             "\"numTraining\": 1, \"file_ending\": \".nii.gz\"}");
  maps.refused({"postprocess", "-i", maps.path("mine"), "-o", maps.path("clean.zip"), "--decision",
                maps.path("decision.json"), "--dataset-json", maps.path("dataset.json")},
               "named like a file");
  maps.refused({"convert", "files", maps.folder.path().string(), maps.path("Dataset001.tar"), "-c",
                "CT=scans/{case}.nii.gz", "-l", "labels/{case}.nii.gz"},
               "named like a file");
  maps.refused({"example-data", maps.path("phantoms.zip"), "--cases", "1", "--test-cases", "0"},
               "named like a file");
  maps.refused({"overlay", "-i", maps.path("scans"), "--labels", maps.path("mine"), "-o",
                maps.path("pictures.xyz")},
               "pictures.xyz: is no folder");
  maps.refused({"overlay", "-i", scan, "--labels", map, "-o", maps.path("a.jpg")}, "name it .png");
  for (const char* name : {"results", "results.xlsx"}) {
    expect_error(maps.evaluated("mine", {"-o", maps.path(name)}), "does not end in .json",
                 maps.folder.path());
    expect_error(maps.evaluated("mine", {"--csv", maps.path(name)}), "does not end in .csv",
                 maps.folder.path());
  }
  maps.refused({"report", maps.path("mine"), "-o", maps.path("page.txt")}, "does not end in .html");
  maps.refused({"export", maps.path("mine"), "-o", maps.path("x.tar")}, "does not end in .zip");
  CHECK(std::distance(fs::directory_iterator(maps.folder.path()), {}) == 6);
}

TEST_CASE("an evaluation replaces an earlier one of the same, and nothing else") {
  const Maps maps;
  const std::string summary = maps.path("results.json"), table = maps.path("table.csv");
  const std::vector<std::string> outputs{"-o", summary, "--csv", table};
  for (int i = 0; i < 2; ++i) REQUIRE(maps.evaluated("mine", outputs).exit_code == 0);
  const std::string before = bytes_of(summary), rows = bytes_of(table);
  expect_error(maps.evaluated("theirs", outputs), "use --overwrite to replace it",
               maps.folder.path());
  expect_error(maps.evaluated("theirs", {"--csv", table}),
               "table.csv: is there already, and no table of the same evaluation",
               maps.folder.path());
  CHECK(bytes_of(table) == rows);
  write_text(table, "patient,age\n1,70\n");
  expect_error(maps.evaluated("mine", outputs), "table.csv: is there already, and no table",
               maps.folder.path());
  CHECK(bytes_of(summary) == before);
  auto replacing = outputs;
  replacing.emplace_back("--overwrite");
  CHECK(maps.evaluated("theirs", replacing).exit_code == 0);
  CHECK(bytes_of(summary) != before);

  const std::string comparison = maps.path("comparison.json");
  const auto compared = [&](const std::string& a, const std::string& b) {
    return run_seg({"evaluate", "--compare", maps.path(a), maps.path(b), "--reference",
                    maps.path("labels"), "-o", comparison});
  };
  for (int i = 0; i < 2; ++i) REQUIRE(compared("mine", "theirs").exit_code == 0);
  expect_error(compared("theirs", "mine"), "comparison.json: is there already", maps.folder.path());
  const auto tabulated = [&](const std::string& a, const std::string& b) {
    return run_seg({"evaluate", "--compare", maps.path(a), maps.path(b), "--reference",
                    maps.path("labels"), "--csv", maps.path("compared.csv")});
  };
  for (int i = 0; i < 2; ++i) REQUIRE(tabulated("mine", "theirs").exit_code == 0);
  expect_error(tabulated("theirs", "mine"), "compared.csv: is there already", maps.folder.path());

  // Others may have drawn the same labels.
  REQUIRE(maps.evaluated("mine", {}).exit_code == 0);
  fs::copy(maps.path("labels"), maps.path("other_labels"));
  const auto against_others = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words{"evaluate", "-i", maps.path("mine"), "--reference",
                                   maps.path("other_labels")};
    words.insert(words.end(), more.begin(), more.end());
    return run_seg(words);
  };
  expect_error(against_others({}), "summary.json: is there already, and no evaluation of the same",
               maps.folder.path());
  CHECK(against_others({"-o", maps.path("by_others.json")}).exit_code == 0);
  expect_error(against_others({"-o", maps.path("by_others.json"), "--csv", table}),
               "table.csv: is there already", maps.folder.path());
  fs::rename(maps.path("labels"), maps.path("moved_labels"));
  CHECK(against_others({}).exit_code == 0);
  fs::rename(maps.path("moved_labels"), maps.path("labels"));
  write_text(maps.folder / "mine/summary.json", "my notes");
  expect_error(maps.evaluated("mine", {}), "is there already", maps.folder.path());
  CHECK(bytes_of(maps.folder / "mine/summary.json") == "my notes");
}

TEST_CASE("a summary and a table that moved with their segmentations are replaced all the same") {
  const Maps maps;
  REQUIRE(maps.evaluated("mine", {"--csv", maps.path("mine/table.csv")}).exit_code == 0);
  fs::rename(maps.folder / "mine", maps.folder / "moved");
  CHECK(maps.evaluated("moved", {"--csv", maps.path("moved/table.csv")}).exit_code == 0);
}

TEST_CASE("a zip that is there is exported over only when asked to, a page only if it is one") {
  const SmallPlace place;
  const std::string model = (place.folder / "model").string(),
                    zip = (place.folder / "model.zip").string();
  std::vector<std::string> exporting{"export", model, "-o", zip};
  REQUIRE(run_seg(exporting).exit_code == 0);
  write_text(zip, "somebody's");
  expect_error(run_seg(exporting), "model.zip: is there already", place.folder.path());
  CHECK(bytes_of(zip) == "somebody's");
  exporting.emplace_back("--overwrite");
  CHECK(run_seg(exporting).exit_code == 0);
  CHECK(bytes_of(zip).starts_with("PK"));

  const fs::path page = place.folder / "page.html";
  std::vector<std::string> reporting{"report", model, "-o", page.string()};
  for (int i = 0; i < 2; ++i) REQUIRE(run_seg(reporting).exit_code == 0);
  write_text(page, "<html>my notes</html>");
  expect_error(run_seg(reporting), "and no report of seg", place.folder.path());
  reporting.emplace_back("--overwrite");
  CHECK(run_seg(reporting).exit_code == 0);
}
