#include <limits>

#include "catch.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/experiment.hpp"
#include "seg/plan/planner.hpp"
#include "skip.hpp"
#include "test_files.hpp"

namespace {

using seg::Json;
using namespace seg::plan;
namespace fs = std::filesystem;

Dataset two_channels() {
  const Json json = {{"channel_names", {{"0", "CT"}, {"1", "MRI"}}},
                     {"labels", {{"background", 0}, {"organ", 1}}},
                     {"numTraining", 2},
                     {"file_ending", ".nii.gz"}};
  return dataset_from_json(json, "Dataset001_X", "dataset.json");
}

/// Plans of large anisotropic images, with a cascade.
Json planned() {
  Fingerprint fingerprint;
  fingerprint.intensities.resize(2);
  fingerprint.shapes_after_crop.assign(2, {200, 512, 512});
  fingerprint.spacings.assign(2, {2.5, 0.8, 0.8});
  return plan_experiment(two_channels(), fingerprint, {}).json;
}

std::string refusal_of(const Json& plans, const std::string& configuration = "3d_fullres") {
  try {
    make_experiment(two_channels(), plans_from_json(plans, "W/plans.json"), configuration);
  } catch (const seg::Error& error) {
    return error.what();
  }
  return "";
}

/// What is said when a value of 3d_fullres is replaced; `path` is as JSON pointers are.
std::string refusal_with(const std::string& path, const Json& value) {
  Json plans = planned();
  plans[Json::json_pointer("/configurations/3d_fullres" + path)] = value;
  return refusal_of(plans);
}

const std::string kNetwork = "/architecture/arch_kwargs/";

}  // namespace

TEST_CASE("transposes must be orders of the axes that undo each other") {
  Json plans = planned();
  REQUIRE(refusal_of(plans) == "");
  plans["transpose_forward"] = {2, 0, 1};
  CHECK_THAT(refusal_of(plans), ContainsSubstring("W/plans.json: transpose_backward"));
  plans["transpose_backward"] = {1, 2, 0};
  CHECK(refusal_of(plans) == "");
  for (const Json& axes : {Json{0, 0, 1}, Json{1, 2, 3}, Json{-1, 0, 1}}) {
    plans["transpose_forward"] = axes;
    CHECK_THAT(refusal_of(plans),
               ContainsSubstring("W/plans.json: transpose_forward is " + axes.dump()));
  }
}

TEST_CASE("numbers of a configuration out of range are refused, naming the key") {
  const auto refused = [](const std::string& key, const Json& value) {
    CHECK_THAT(refusal_with("/" + key, value),
               ContainsSubstring("W/plans.json, configuration 3d_fullres") &&
                   ContainsSubstring("\"" + key + "\""));
  };
  refused("batch_size", 0);
  refused("patch_size", {0, 128, 128});
  refused("patch_size", {128});
  refused("patch_size", {64.5, 128, 128});
  refused("spacing", {2.5, 0, 0.8});
  refused("spacing", {2.5, -0.8, 0.8});
  refused("spacing", {2.5, 0.8});
  refused("spacing", {2.5, 0.8, std::numeric_limits<double>::infinity()});
  refused("spacing", {2.5, 0.8, std::numeric_limits<double>::quiet_NaN()});
  refused("normalization_schemes", {"CTNormalization", "CtNormalization"});
  refused("use_mask_for_norm", {false});
  refused("resampling_fn_data", "resample_by_magic");
  refused("previous_stage", "3d_lowers");
  refused("next_stage", "3d_lowers");
}

TEST_CASE("resampling functions take the arguments that nnU-Net's take") {
  const auto with = [](const std::string& function, const Json& arguments) {
    Json plans = planned();
    Json& configuration = plans["configurations"]["3d_fullres"];
    for (const std::string what : {"data", "seg", "probabilities"}) {
      configuration["resampling_fn_" + what] = function;
      configuration["resampling_fn_" + what + "_kwargs"] = arguments;
    }
    return refusal_of(plans);
  };
  CHECK(with("resample_torch_fornnunet", {{"is_seg", false},
                                          {"num_threads", 4},
                                          {"device", "cpu"},
                                          {"memefficient_seg_resampling", true},
                                          {"force_separate_z", nullptr},
                                          {"separate_z_anisotropy_threshold", 2.5},
                                          {"mode", "bilinear"},
                                          {"aniso_axis_mode", "linear"}}) == "");
  CHECK(with("resample_torch_simple", {{"is_seg", true}, {"mode", "area"}}) == "");
  CHECK(with("no_resampling_hack", Json::object()) == "");
  CHECK_THAT(with("no_resampling_hack", {{"is_seg", true}}), ContainsSubstring("\"is_seg\""));
  CHECK_THAT(with("resample_torch_simple", {{"force_separate_z", false}}),
             ContainsSubstring("\"force_separate_z\" is no argument of resample_torch_simple"));
  CHECK_THAT(with("resample_torch_fornnunet", {{"mode", "cubic"}}),
             ContainsSubstring("\"mode\" is \"cubic\"") && ContainsSubstring("nearest-exact"));
  CHECK_THAT(with("resample_torch_fornnunet", {{"order", 3}}), ContainsSubstring("\"order\""));
  CHECK_THAT(with("resample_data_or_seg_to_shape", {{"order", 2}}), ContainsSubstring("0, 1 or 3"));
  CHECK_THAT(with("resample_torch_for_nnunet", Json::object()),
             ContainsSubstring("resample_torch_for_nnunet") &&
                 ContainsSubstring("use resample_data_or_seg_to_shape"));
  for (const std::string what : {"data", "probabilities"})
    CHECK_THAT(refusal_with("/resampling_fn_" + what + "_kwargs/is_seg", true),
               ContainsSubstring("\"is_seg\" is true in \"resampling_fn_" + what + "_kwargs\""));
  CHECK_THAT(refusal_with("/resampling_fn_seg", "no_resampling_hack"),
             ContainsSubstring("no argument of no_resampling_hack"));
}

TEST_CASE("names in plans cannot lead out of the work folder") {
  CHECK_THAT(refusal_with("/data_identifier", "../../elsewhere"),
             ContainsSubstring("\"data_identifier\" is \"../../elsewhere\""));
  CHECK_THAT(refusal_with("/data_identifier", "a\\b"), ContainsSubstring("data_identifier"));
  Json plans = planned();
  for (const char* name : {"../nnUNetPlans", "/tmp/plans", "..", ""}) {
    plans["plans_name"] = name;
    CHECK_THAT(refusal_of(plans), ContainsSubstring("\"plans_name\""));
  }
}

TEST_CASE("classes of others that prepare scans or labels are refused by name") {
  CHECK_THAT(refusal_with("/preprocessor_name", "PathologyPreprocessor"),
             ContainsSubstring("\"preprocessor_name\" is \"PathologyPreprocessor\""));
  Json plans = planned();
  plans["label_manager"] = "LabelManagerOfOthers";
  CHECK_THAT(refusal_of(plans), ContainsSubstring("\"label_manager\" is \"LabelManagerOfOthers\""));
  plans.erase("label_manager");
  CHECK(refusal_of(plans) == "");
}

TEST_CASE("a network that plans give by its name alone is nnssl's ResEncL, or refused by name") {
  const auto named = [](const char* name) {
    return Json{
        {"network_class_name", name}, {"arch_kwargs", nullptr}, {"_kw_requires_import", nullptr}};
  };
  CHECK_THAT(refusal_with("/architecture", named("PrimusM")),
             ContainsSubstring("\"PrimusM\"") && ContainsSubstring("--like"));
  CHECK(refusal_with("/architecture", named("ResEncL")) == "");
  CHECK_THAT(refusal_with("/spacing", {nullptr, nullptr, nullptr}),
             ContainsSubstring("\"spacing\"") && ContainsSubstring("[null,null,null]"));
}

TEST_CASE("every channel needs intensities and a scheme") {
  Json plans = planned();
  plans["foreground_intensity_properties_per_channel"].erase("1");
  CHECK_THAT(refusal_of(plans), ContainsSubstring("foreground_intensity_properties_per_channel"));
  plans = planned();
  Json& configuration = plans["configurations"]["3d_fullres"];
  configuration["normalization_schemes"] = {"CTNormalization"};
  configuration["use_mask_for_norm"] = {false};
  CHECK_THAT(refusal_of(plans),
             ContainsSubstring("normalization_schemes") && ContainsSubstring("2 channel(s)"));
}

TEST_CASE("lists of a U-Net must fit its stages, its axes and the patch") {
  const Json network = planned()["configurations"]["3d_fullres"]["architecture"]["arch_kwargs"];
  for (const std::string key : {"kernel_sizes", "strides", "features_per_stage", "n_conv_per_stage",
                                "n_conv_per_stage_decoder"}) {
    Json shorter = network[key], wrong = network[key];
    shorter.erase(shorter.size() - 1);
    wrong[0] = 0;
    CHECK_THAT(refusal_with(kNetwork + key, shorter), ContainsSubstring("\"" + key + "\""));
    CHECK_THAT(refusal_with(kNetwork + key, wrong), ContainsSubstring("\"" + key + "\""));
  }
  CHECK_THAT(refusal_with(kNetwork + "n_stages", 3), ContainsSubstring("3 entries"));
  CHECK_THAT(refusal_with(kNetwork + "strides/0", {2, 2, 2}),
             ContainsSubstring("\"strides\"") && ContainsSubstring("first stage"));
  CHECK_THAT(refusal_with(kNetwork + "strides/1", {2, 2}), ContainsSubstring("\"strides\""));
  CHECK_THAT(refusal_with(kNetwork + "strides/1", {3, 3, 3}), ContainsSubstring("\"strides\""));
  CHECK_THAT(refusal_with(kNetwork + "conv_op", "torch.nn.modules.conv.Conv2d"),
             ContainsSubstring("\"conv_op\""));
  CHECK_THAT(refusal_with("/patch_size", {64, 100, 128}),
             ContainsSubstring("\"strides\"") && ContainsSubstring("axis 1 of patch_size"));
}

TEST_CASE("what users of nnU-Net edit by hand is taken") {
  CHECK(refusal_with("/batch_size", 7) == "");
  CHECK(refusal_with("/patch_size", {32, 64, 256}) == "");
  CHECK(refusal_with("/spacing", {5, 1, 1}) == "");
  CHECK(refusal_with("/normalization_schemes", {"RescaleTo01Normalization", "NoNormalization"}) ==
        "");
  CHECK(refusal_with(kNetwork + "n_conv_per_stage", 3) == "");
  CHECK(refusal_with(kNetwork + "kernel_sizes", 3) == "");
  CHECK(refusal_with(kNetwork + "features_per_stage", 16) == "");
  Json plans = planned();
  plans["configurations"]["larger"] = {{"inherits_from", "3d_fullres"}, {"batch_size", 8}};
  CHECK(refusal_of(plans, "larger") == "");
  // One configuration that is broken does not keep another from use.
  plans["configurations"]["larger"]["patch_size"] = {1, 2, 3};
  CHECK(refusal_of(plans) == "");
  CHECK_FALSE(refusal_of(plans, "larger").empty());
}

TEST_CASE("all plans that nnU-Net wrote pass") {
  const fs::path folder = seg::test::shared_data() / "oracles";
  if (!fs::exists(folder)) {
    seg::test::skip("no recorded outputs");
    return;
  }
  int passed = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    const Json json = seg::read_json(entry.path());
    if (!json.is_object() || !json.contains("transpose_forward")) continue;
    const Plans plans = plans_from_json(json, entry.path().string());
    for (const std::string& name : plans.configuration_names()) {
      CHECK_NOTHROW(plans.configuration(name));
      ++passed;
    }
  }
  CHECK(passed > 30);
}
