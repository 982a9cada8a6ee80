#include "seg/train/select.hpp"

#include <algorithm>

#include "catch.hpp"
#include "seg/data/image.hpp"
#include "seg/data/work_folder.hpp"
#include "seg/plan/error.hpp"
#include "seg/train/probabilities.hpp"
#include "text.hpp"
#include "tiny_work.hpp"

namespace fs = std::filesystem;

namespace {

using namespace seg;

/// The ball of a case with `errors` extra voxels in a corner.
at::Tensor with_errors(const fs::path& work, const std::string& name, int errors) {
  const fs::path dataset = data::dataset_folder({work});
  const at::Tensor labels = data::read_label_map(dataset / "labelsTr" / (name + ".nii.gz")).data[0];
  labels[0][0].slice(0, 0, errors).fill_(1);
  return labels;
}

/// Validation results of a configuration as training leaves them: fold 0 and 1 share the cases.
void write_folds(const fs::path& work, const std::string& configuration, int errors) {
  const fs::path model =
      data::WorkFolder{work}.results("nnUNetTrainer", "nnUNetPlans", configuration);
  for (int number = 0; number < test::kTinyCases; ++number) {
    const std::string name = "ball_" + std::to_string(number);
    const fs::path fold = model / ("fold_" + std::to_string(number % 2)) / "validation";
    const at::Tensor labels = with_errors(work, name, errors);
    data::write_label_map(fold / (name + ".nii.gz"), labels, {});
    const at::Tensor ball = labels.to(at::kFloat) * 0.6 + 0.2;
    train::write_probabilities(fold / (name + ".npz"), at::stack({1 - ball, ball}));
  }
}

train::SelectOptions two_folds() {
  train::SelectOptions options;
  options.folds = {"0", "1"};
  return options;
}

/// Plans with a second configuration beside 3d_fullres.
void plan_two_configurations(const fs::path& work) {
  Json plans = read_json(work / "plans.json");
  plans["configurations"]["2d"] = plans["configurations"]["3d_fullres"];
  write_json(work / "plans.json", plans);
}

}  // namespace

TEST_CASE("the better configuration is selected, with the files that nnU-Net writes") {
  const test::TemporaryFolder folder;
  const fs::path work = test::write_tiny_work(folder);
  plan_two_configurations(work);
  write_folds(work, "2d", 8);
  write_folds(work, "3d_fullres", 2);
  const auto selection = train::select_configuration(work, two_folds());

  REQUIRE(selection.candidates.size() == 3);
  CHECK(selection.candidates[selection.best].name == "nnUNetTrainer__nnUNetPlans__3d_fullres");
  CHECK(selection.candidates[0].dice < selection.candidates[1].dice);
  CHECK(selection.dice_after_postprocessing == 1);
  const fs::path results = work / "results";
  const fs::path merged =
      results / "nnUNetTrainer__nnUNetPlans__3d_fullres/crossval_results_folds_0_1";
  for (const char* name : {"ball_3.nii.gz", "summary.json", "dataset.json", "plans.json",
                           "postprocessing.json", "postprocessing.pkl", "postprocessed"})
    CHECK(fs::exists(merged / name));
  CHECK(fs::exists(results / "ensembles" /
                   "ensemble___nnUNetTrainer__nnUNetPlans__2d___nnUNetTrainer__nnUNetPlans__3d_"
                   "fullres___0_1" /
                   "summary.json"));
  const Json information = read_json(results / "inference_information.json");
  CHECK(information["best_model_or_ensemble"]["selected_model_or_models"][0]["configuration"] ==
        "3d_fullres");
  CHECK(information["folds"] == Json{0, 1});
  REQUIRE(selection.inference.members.size() == 1);
  CHECK(selection.inference.members[0] ==
        train::InferenceSteps::Stages{results / "nnUNetTrainer__nnUNetPlans__3d_fullres"});
  CHECK(selection.inference.folds == std::vector<std::string>{"0", "1"});
  CHECK(selection.inference.postprocessing == merged / "postprocessing.json");
}

TEST_CASE("of equal candidates the first wins, so that a single model beats an ensemble") {
  const test::TemporaryFolder folder;
  const fs::path work = test::write_tiny_work(folder);
  plan_two_configurations(work);
  for (const char* configuration : {"2d", "3d_fullres"}) write_folds(work, configuration, 3);
  const auto selection = train::select_configuration(work, two_folds());
  CHECK(selection.best == 0);
  CHECK(selection.candidates[2].dice == selection.candidates[0].dice);
}

TEST_CASE("selection says what is missing") {
  const test::TemporaryFolder folder;
  const fs::path work = test::write_tiny_work(folder);
  plan_two_configurations(work);
  const auto select = [&](const train::SelectOptions& options) {
    train::select_configuration(work, options);
  };
  CHECK_THROWS_WITH(select({}), ContainsSubstring("no configuration is trained"));
  write_folds(work, "2d", 3);
  CHECK_THROWS_WITH(select({}), ContainsSubstring("fold 2 is not trained"));
  write_folds(work, "3d_fullres", 3);
  const fs::path fold =
      data::WorkFolder{work}.results("nnUNetTrainer", "nnUNetPlans", "2d") / "fold_0/validation";
  for (const char* name : {"ball_0.npz", "ball_2.npz", "ball_4.npz"}) fs::remove(fold / name);
  CHECK_THROWS_WITH(select(two_folds()), ContainsSubstring("`save_probabilities`"));
  auto options = two_folds();
  options.ensembling = false;
  CHECK(train::select_configuration(work, options).candidates.size() == 2);
  fs::copy_file(fold / "ball_2.nii.gz", fold / "../../fold_1/validation/ball_2.nii.gz");
  CHECK_THROWS_WITH(select(options), ContainsSubstring("more than one fold"));
}

TEST_CASE("the folds of a split file by hand are all that selection takes, whatever their number") {
  const test::TemporaryFolder folder;
  const fs::path work = test::write_tiny_work(folder);
  write_folds(work, "3d_fullres", 2);
  const auto named = [](const std::vector<int>& numbers) {
    Json names = Json::array();
    for (const int number : numbers) names.push_back("ball_" + std::to_string(number));
    return names;
  };
  const auto splits = [&](const Json& first, const Json& second) {
    write_json(data::WorkFolder{work}.splits(), Json::array({{{"train", second}, {"val", first}},
                                                             {{"train", first}, {"val", second}}}));
  };
  std::vector<std::string> said;
  Reporter reporter;
  reporter.warning = [&](const std::string& line) { said.push_back(line); };
  const auto mentioned = [&](const std::string& text) {
    return std::ranges::any_of(said, [&](const auto& line) { return test::contains(line, text); });
  };
  splits(named({0, 2, 4}), named({1, 3, 5}));
  const auto selection = train::select_configuration(work, {}, reporter);
  CHECK(selection.inference.folds == std::vector<std::string>{"0", "1"});
  CHECK(mentioned("it has 2 fold(s)"));
  CHECK_FALSE(mentioned("no fold validates"));
  SECTION("a case that the splits leave out does not count") {
    splits(named({0, 2}), named({1, 3, 5}));
    const auto candidate = train::select_configuration(work, {}, reporter).candidates[0];
    CHECK_FALSE(fs::exists(candidate.folder / "ball_4.nii.gz"));
    CHECK(fs::exists(candidate.folder / "ball_2.nii.gz"));
    CHECK(mentioned("no fold validates ball_4"));
  }
  SECTION("a segmentation that is missing is named") {
    fs::remove(data::WorkFolder{work}.results("nnUNetTrainer", "nnUNetPlans", "3d_fullres") /
               "fold_1/validation/ball_3.nii.gz");
    CHECK_THROWS_WITH(train::select_configuration(work, {}, reporter),
                      ContainsSubstring("1 segmentation(s) of fold 1 are missing: ball_3"));
  }
}
