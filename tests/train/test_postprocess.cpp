#include "seg/train/postprocess.hpp"

#include <chrono>
#include <fstream>

#include "catch.hpp"
#include "seg/data/image.hpp"
#include "seg/net/checkpoint_file.hpp"
#include "seg/plan/error.hpp"
#include "test_files.hpp"
#include "text.hpp"

namespace {

using seg::train::KeepLargest;

/// A large and a small cube of label 1 and one of label 2 that touches the large one at a corner.
at::Tensor three_cubes() {
  const at::Tensor labels = at::zeros({12, 12, 12}, at::kShort);
  const auto cube = [&](int start, int size, int label) {
    labels.slice(0, start, start + size)
        .slice(1, start, start + size)
        .slice(2, start, start + size)
        .fill_(label);
  };
  cube(0, 4, 1);
  cube(4, 2, 2);
  cube(9, 2, 1);
  return labels;
}

seg::plan::Labels two_classes() {
  seg::plan::Labels labels;
  labels.all = {0, 1, 2};
  labels.foreground_keys = {"1", "2"};
  return labels;
}

std::int64_t voxels(const at::Tensor& labels, int label) {
  return (labels == label).sum().item<std::int64_t>();
}

/// Two cases whose references are the large cube and the cube beside it: the small one is an error.
seg::train::ComparedFolders write_cubes(const seg::test::TemporaryFolder& folder) {
  for (const std::string name : {"case_1.nii.gz", "case_2.nii.gz"}) {
    const at::Tensor labels = three_cubes();
    seg::data::write_label_map(folder / "predictions" / name, labels, {});
    seg::data::write_label_map(folder / "references" / name,
                               seg::train::postprocess(labels, {{{1, 2}}}), {});
  }
  return {folder / "predictions", folder / "references", two_classes(), {".nii.gz", 1}};
}

}  // namespace

TEST_CASE("only the largest part of the named labels stays") {
  const at::Tensor labels = three_cubes();
  const at::Tensor one = seg::train::postprocess(labels, {{{1}}});
  CHECK(voxels(one, 1) == 64);
  CHECK(voxels(one, 2) == 8);
  CHECK(voxels(labels, 1) == 72);
  CHECK(seg::train::postprocess(labels, {}).equal(labels));
  CHECK(seg::train::postprocess(labels, {{{3}}}).equal(labels));
}

TEST_CASE("labels that touch at a corner are one part") {
  const at::Tensor both = seg::train::postprocess(three_cubes(), {{{1, 2}}});
  CHECK(voxels(both, 1) == 64);
  CHECK(voxels(both, 2) == 8);
}

TEST_CASE("post-processing is decided by what improves Dice") {
  const seg::test::TemporaryFolder folder;
  const auto decision = seg::train::decide_postprocessing(write_cubes(folder));
  CHECK((decision.steps == std::vector<KeepLargest>{{{1, 2}}}));
  CHECK(decision.before["foreground_mean"]["Dice"].get<double>() < 1);
  CHECK(decision.after["foreground_mean"]["Dice"].get<double>() == 1);
}

TEST_CASE("a decision is written beside the predictions and read back from both of its files") {
  const seg::test::TemporaryFolder folder;
  const auto folders = write_cubes(folder);
  const auto decision = seg::train::determine_postprocessing(folders);
  for (const char* name : {"postprocessing.json", "postprocessing.pkl"})
    CHECK((seg::train::read_postprocessing(folders.prediction / name) == decision.steps));
  const auto cleaned =
      seg::data::read_label_map(folders.prediction / "postprocessed/case_2.nii.gz");
  CHECK(voxels(cleaned.data, 1) == 64);
  const auto summary = seg::read_json(folders.prediction / "postprocessed/summary.json");
  CHECK(summary["foreground_mean"]["Dice"].get<double>() == 1);
}

TEST_CASE("a decision does not replace files of its names that are none") {
  const seg::test::TemporaryFolder folder;
  const auto folders = write_cubes(folder);
  seg::train::determine_postprocessing(folders);
  CHECK_NOTHROW(seg::train::refuse_to_replace_decision(folders.prediction, folders.reference));
  seg::write_json(folders.prediction / "postprocessing.json", {{"mine", 1}});
  CHECK_THROWS_WITH(seg::train::refuse_to_replace_decision(folders.prediction, folders.reference),
                    ContainsSubstring("postprocessing.json: is there already"));
}

TEST_CASE("a decision leaves an evaluation that measured more, and replaces one of other maps") {
  const seg::test::TemporaryFolder folder;
  auto folders = write_cubes(folder);
  const auto summary = folders.prediction / "summary.json";
  folders.options.further.hd95 = true;
  const seg::Json measured = seg::train::evaluate_folder(folders, summary);
  folders.options.further = {};
  seg::train::determine_postprocessing(folders);
  CHECK(seg::read_json(summary).dump() == measured.dump());
  // It was found to be of these label maps, which were written again later.
  using namespace std::chrono_literals;
  std::filesystem::last_write_time(summary, std::filesystem::last_write_time(summary) - 1h);
  CHECK_FALSE(seg::train::stale_summary(summary, measured).empty());
  seg::train::determine_postprocessing(folders);
  CHECK(seg::read_json(summary).dump() == measured.dump());
  CHECK(seg::train::stale_summary(summary, measured).empty());
  seg::data::write_label_map(folders.prediction / "case_1.nii.gz",
                             at::zeros({12, 12, 12}, at::kShort), {});
  const auto decision = seg::train::determine_postprocessing(folders);
  CHECK(seg::read_json(summary).dump() == decision.before.dump());
  seg::test::write_text(summary, "no summary");
  seg::train::determine_postprocessing(folders);
  CHECK(seg::read_json(summary).dump() == decision.before.dump());
}

TEST_CASE("a decision is applied to every label map of a folder, on its own grid") {
  const seg::test::TemporaryFolder folder;
  seg::data::Geometry geometry;
  geometry.spacing = {0.5, 1, 2};
  seg::data::write_label_map(folder / "in" / "a.nii.gz", three_cubes(), geometry);
  const auto names =
      seg::train::postprocess_folder(folder / "in", folder / "out", {{{1}}}, {".nii.gz", 1});
  CHECK(names == std::vector<std::string>{"a"});
  const auto result = seg::data::read_label_map(folder / "out" / "a.nii.gz");
  CHECK(voxels(result.data, 1) == 64);
  CHECK(result.geometry.spacing == geometry.spacing);
}

TEST_CASE("post-processing goes on past label maps that cannot be read") {
  const seg::test::TemporaryFolder folder;
  for (const char* name : {"a", "b", "c"})
    seg::data::write_label_map(folder / "in" / (name + std::string(".nii.gz")), three_cubes(), {});
  const auto clean = [&](const seg::Reporter& reporter) {
    return seg::train::postprocess_folder(folder / "in", folder / "out", {{{1}}}, {".nii.gz", 2},
                                          reporter);
  };
  CHECK(clean({}) == std::vector<std::string>{"a", "b", "c"});
  std::filesystem::remove(folder / "out/c.nii.gz");
  seg::test::write_text(folder / "in/b.nii.gz", "no image");
  std::vector<std::string> warnings;
  try {
    clean({.info = {},
           .warning = [&](const auto& line) { warnings.push_back(line); },
           .progress = {}});
    FAIL("b cannot be read");
  } catch (const seg::train::SomeFailed& some) {
    CHECK(some.outcomes().finished == std::vector<std::string>{"a", "c"});
    REQUIRE(some.outcomes().failed.size() == 1);
    CHECK(some.outcomes().failed[0].name == "b");
  }
  CHECK(voxels(seg::data::read_label_map(folder / "out/c.nii.gz").data, 1) == 64);
  REQUIRE(warnings.size() == 2);
  CHECK_THAT(warnings[0], ContainsSubstring("case b: ") && ContainsSubstring("b.nii.gz"));
  CHECK_THAT(warnings[1], ContainsSubstring("earlier segmentations stay there of cases that "
                                            "failed now: b"));
}

TEST_CASE("post-processing tells label maps of another format that stay where it writes") {
  const seg::test::TemporaryFolder folder;
  seg::data::write_label_map(folder / "in/a.nii.gz", three_cubes(), {});
  seg::data::write_label_map(folder / "in/a.nrrd", three_cubes(), {});
  seg::test::write_text(folder / "out/a.png", "a picture of it is no label map");
  std::vector<std::string> warnings;
  for (const char* ending : {".nrrd", ".nii.gz"}) {
    CHECK(warnings.empty());
    seg::train::postprocess_folder(folder / "in", folder / "out", {{{1}}}, {ending, 1},
                                   {.info = {},
                                    .warning = [&](const auto& line) { warnings.push_back(line); },
                                    .progress = {}});
  }
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], ContainsSubstring("otherwise than .nii.gz, as they are: a.nrrd"));
}

TEST_CASE("post-processing does not write over what it reads") {
  const seg::test::TemporaryFolder folder;
  seg::data::write_label_map(folder / "in" / "a.nii.gz", three_cubes(), {});
  CHECK_THROWS_WITH(
      seg::train::postprocess_folder(folder / "in", folder / "in/../in", {{{1}}}, {".nii.gz", 1}),
      ContainsSubstring("is the folder of the segmentations"));
}

TEST_CASE("files that hold no decision are refused") {
  const seg::test::TemporaryFolder folder;
  seg::write_json(folder / "other.json", {{"labels", 1}});
  seg::write_json(folder / "unknown.json",
                  {{"postprocessing_fns", {"fill_holes"}},
                   {"postprocessing_kwargs", {{{"labels_or_regions", 1}}}}});
  seg::net::write_pickle(folder / "number.pkl", {std::int64_t{3}});
  for (const char* name : {"other.json", "unknown.json", "number.pkl", "missing.json"})
    CHECK_THROWS_AS(seg::train::read_postprocessing(folder / name), seg::Error);
  CHECK_THROWS_WITH(seg::train::read_postprocessing(folder / "unknown.json"),
                    ContainsSubstring("fill_holes"));
}
