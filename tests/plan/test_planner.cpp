#include "seg/plan/planner.hpp"

#include <algorithm>

#include "catch.hpp"
#include "json_difference.hpp"
#include "recorded_planner.hpp"
#include "seg/plan/built_in_config.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/image_reader.hpp"
#include "skip.hpp"
#include "test_files.hpp"

namespace {

using seg::Json;
using namespace seg::plan;

Dataset dataset_with(const char* channels = R"({"0": "CT"})") {
  Json json = Json::parse(R"({"labels": {"background": 0, "organ": 1}, "numTraining": 20,
                              "file_ending": ".nii.gz"})");
  json["channel_names"] = Json::parse(channels);
  return dataset_from_json(json, "Dataset001_Made", "dataset.json");
}

Fingerprint fingerprint_of(std::array<std::int64_t, 3> shape, std::array<double, 3> spacing) {
  Fingerprint fingerprint;
  fingerprint.intensities.resize(1);
  fingerprint.shapes_after_crop.assign(20, shape);
  fingerprint.spacings.assign(20, spacing);
  return fingerprint;
}

bool any_contains(const Explanation& lines, const std::string& part) {
  return std::ranges::any_of(
      lines, [&](const auto& line) { return line.find(part) != std::string::npos; });
}

std::string error_of(const Fingerprint& fingerprint, const PlannerOptions& options) {
  try {
    plan_experiment(dataset_with(), fingerprint, options);
  } catch (const seg::Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("every recorded plan of nnU-Net is planned again, to the key order") {
  const auto files = seg::oracles::planner_cases(seg::test::shared_data() / "oracles" / "planner");
  if (files.empty()) seg::test::skip("no recorded outputs");
  for (const auto& file : files) {
    INFO(file.filename().string());
    const Json recorded = seg::read_json(file);
    const auto inputs = seg::oracles::planner_inputs(recorded);
    const Plans plans = plan_experiment(inputs.dataset, inputs.fingerprint, inputs.options);
    CHECK(seg::oracles::json_difference(recorded["plans"], plans.json).fault == "");
  }
}

TEST_CASE("the plan of the real hippocampus data is nnU-Net's") {
  const auto folder = seg::test::shared_data() / "oracles" / "pipeline" / "fingerprint";
  if (!std::filesystem::exists(folder)) {
    seg::test::skip("no recorded outputs");
    return;
  }
  const Dataset dataset = dataset_from_json(seg::read_json(folder / "dataset.json"),
                                            "Dataset004_Hippocampus", "dataset.json");
  const Fingerprint fingerprint = read_fingerprint(folder / "dataset_fingerprint.json");
  const Plans plans = plan_experiment(dataset, fingerprint, {});
  CHECK(seg::oracles::json_difference(seg::read_json(folder / "nnUNetPlans.json"), plans.json)
            .fault == "");
  CHECK(plans.configuration("3d_fullres").patch_size == std::vector<std::int64_t>{40, 56, 40});
}

TEST_CASE("plans that are written and read again are the same") {
  seg::test::TemporaryFolder folder;
  const Plans plans =
      plan_experiment(dataset_with(), fingerprint_of({30, 200, 210}, {3, 1, 1}), {});
  seg::write_json(folder / "plans.json", plans.json);
  CHECK(read_plans(folder / "plans.json").json.dump() == plans.json.dump());
}

TEST_CASE("the explanation names each reduction, the batch size and the low resolution search") {
  Explanation lines;
  plan_experiment(dataset_with(), fingerprint_of({400, 512, 512}, {1, 0.8, 0.8}), {}, &lines);
  CHECK(any_contains(lines, "target spacing: 1 x 0.8 x 0.8 mm, the median"));
  CHECK(any_contains(lines, "3d_fullres: axis 2 covers the largest part of the median shape: "));
  CHECK(any_contains(lines, "3d_fullres: batch size 2: memory allows"));
  CHECK(any_contains(lines, "3d_lowres: a 3d_fullres patch covers"));
  plan_experiment(dataset_with(), fingerprint_of({1, 512, 512}, {999, 1, 1}), {}, &lines);
  CHECK(any_contains(lines, "no 3d configuration: the images have one slice"));
}

TEST_CASE("the user's plans name reaches the data that is not shared") {
  PlannerOptions options;
  options.plans_name = "mine";
  const auto fingerprint = fingerprint_of({30, 200, 210}, {3, 1, 1});
  const Plans own = plan_experiment(dataset_with(), fingerprint, options);
  CHECK(own.plans_name == "mine");
  CHECK(own.configuration("2d").data_identifier == "mine_2d");
  options.preset = "resenc-m";
  CHECK(plan_experiment(dataset_with(), fingerprint, options).configuration("2d").data_identifier ==
        "nnUNetPlans_2d");
}

TEST_CASE("what cannot be planned gives one line that says why") {
  const auto good = fingerprint_of({30, 200, 210}, {3, 1, 1});
  PlannerOptions options;
  options.preset = "resenc-s";
  CHECK(error_of(good, options).find("use default, ") != std::string::npos);
  CHECK(error_of({}, {}).find("describes no cases") != std::string::npos);
  CHECK(error_of(fingerprint_of({3, 2, 1}, {0, 1, 1}), {}).find("not above 0") !=
        std::string::npos);
  auto two_channels = good;
  two_channels.intensities.resize(2);
  CHECK(error_of(two_channels, {}).find("2 channels, dataset.json names 1") != std::string::npos);
  PlannerOptions tiny;
  tiny.gpu_memory_gb = 1e-9;
  CHECK(error_of(good, tiny).find("no patch fits the memory target") != std::string::npos);
}

TEST_CASE("the image reader follows the file ending unless dataset.json asks for one") {
  const auto volume = fingerprint_of({30, 200, 210}, {3, 1, 1});
  const auto picture = fingerprint_of({1, 200, 210}, {999, 1, 1});
  Dataset dataset = dataset_with();
  const auto reader = [&](const char* ending, const Fingerprint& fingerprint) {
    dataset.file_ending = ending;
    return image_reader(dataset, fingerprint);
  };
  CHECK(reader(".nii.gz", volume) == "SimpleITKIO");
  CHECK(reader(".PNG", picture) == "NaturalImage2DIO");
  CHECK(reader(".tif", picture) == "NaturalImage2DIO");
  CHECK(reader(".tif", volume) == "Tiff3DIO");
  dataset.image_reader_writer = "NibabelIO";
  CHECK(reader(".nii.gz", volume) == "NibabelIO");
  dataset.image_reader_writer = "NoSuchReader";
  CHECK_THROWS_WITH(reader(".nii.gz", volume), ContainsSubstring("NoSuchReader"));
}

TEST_CASE("channel names choose the normalisation without regard to case") {
  auto fingerprint = fingerprint_of({30, 200, 210}, {3, 1, 1});
  fingerprint.intensities.resize(3);
  const Dataset dataset = dataset_with(R"({"1": "ct", "0": "NoNorm", "2": "FLAIR"})");
  const auto masks = [&](double kept) {
    fingerprint.median_relative_size_after_cropping = kept;
    return plan_experiment(dataset, fingerprint, {}).configuration("2d").use_mask_for_norm;
  };
  CHECK(masks(0.75) == std::vector<bool>{false, false, false});
  CHECK(masks(0.7499) == std::vector<bool>{false, false, true});
  CHECK(plan_experiment(dataset, fingerprint, {}).configuration("2d").normalization_schemes ==
        std::vector<std::string>{"CTNormalization", "NoNormalization", "ZScoreNormalization"});
}

TEST_CASE("a preset may come from a file of the user's") {
  seg::test::TemporaryFolder folder;
  std::filesystem::create_directories(folder.path());
  Json preset = seg::built_in_config("planners")["default"];
  preset["first_features"] = 8;
  seg::write_json(folder / "small.json", preset);
  PlannerOptions options;
  options.preset = (folder / "small.json").string();
  const Plans plans =
      plan_experiment(dataset_with(), fingerprint_of({30, 200, 210}, {3, 1, 1}), options);
  CHECK(plans.configuration("2d").architecture.arguments["features_per_stage"][1] == 16);
}
