#include "seg/plan/plans.hpp"

#include "catch.hpp"
#include "seg/plan/error.hpp"
#include "skip.hpp"
#include "test_files.hpp"
#include "text.hpp"

namespace {

using seg::Json;
using seg::test::contains;
using namespace seg::plan;

Json resampling_entries() {
  Json json;
  for (const char* target : {"data", "seg", "probabilities"}) {
    const std::string key = std::string("resampling_fn_") + target;
    json[key] = "resample_data_or_seg_to_shape";
    json[key + "_kwargs"] = {{"is_seg", false}, {"order", 3}};
  }
  return json;
}

/// A configuration as nnU-Net 2.1 wrote it: the network is described by loose entries.
Json old_configuration() {
  Json json = Json::parse(R"({"data_identifier": "nnUNetPlans_3d_fullres",
    "preprocessor_name": "DefaultPreprocessor", "batch_size": 2, "patch_size": [16, 32, 32],
    "median_image_size_in_voxels": [20.5, 40, 40], "spacing": [3, 1, 1],
    "normalization_schemes": ["CTNormalization"], "use_mask_for_norm": [false],
    "UNet_class_name": "PlainConvUNet", "UNet_base_num_features": 32, "unet_max_num_features": 100,
    "n_conv_per_stage_encoder": [2, 2, 2], "n_conv_per_stage_decoder": [2, 2],
    "num_pool_per_axis": [1, 2, 2], "pool_op_kernel_sizes": [[1, 1, 1], [1, 2, 2], [2, 2, 2]],
    "conv_kernel_sizes": [[1, 3, 3], [3, 3, 3], [3, 3, 3]], "batch_dice": true})");
  json.update(resampling_entries());
  return json;
}

Json small_plans() {
  Json json = Json::parse(R"({"dataset_name": "Dataset001_X", "plans_name": "nnUNetPlans",
    "original_median_spacing_after_transp": [3, 1, 1],
    "original_median_shape_after_transp": [20, 40, 40], "image_reader_writer": "SimpleITKIO",
    "transpose_forward": [0, 1, 2], "transpose_backward": [0, 1, 2], "configurations": {},
    "foreground_intensity_properties_by_modality": {"0": {"max": 1, "mean": 2, "median": 3,
      "min": 4, "percentile_00_5": 5, "percentile_99_5": 6, "std": 7}}})");
  json["configurations"]["3d_fullres"] = old_configuration();
  json["configurations"]["larger"] = {{"inherits_from", "cascade"}, {"batch_size", 9}};
  json["configurations"]["cascade"] = {{"inherits_from", "3d_fullres"},
                                       {"previous_stage", "3d_lowres"}};
  json["configurations"]["3d_lowres"] = {{"inherits_from", "3d_fullres"},
                                         {"next_stage", {"cascade"}}};
  return json;
}

Plans plans_of(const Json& json) { return plans_from_json(json, "p.json"); }

std::string error_of(const Json& json, const std::string& configuration) {
  try {
    plans_of(json).configuration(configuration);
  } catch (const seg::Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a configuration inherits what it does not say itself") {
  const Configuration larger = plans_of(small_plans()).configuration("larger");
  CHECK(larger.batch_size == 9);
  CHECK(larger.previous_stage == "3d_lowres");
  CHECK(larger.patch_size == std::vector<std::int64_t>{16, 32, 32});
  CHECK(larger.median_image_size_in_voxels[0] == 20.5);
  CHECK_FALSE(larger.next_stage);
  CHECK_FALSE(larger.is_2d());
}

TEST_CASE("networks of old plans are described as in today's") {
  const Configuration old = plans_of(small_plans()).configuration("3d_fullres");
  CHECK(old.architecture.class_name ==
        "dynamic_network_architectures.architectures.unet.PlainConvUNet");
  const Json& arguments = old.architecture.arguments;
  CHECK(arguments["n_stages"] == 3);
  CHECK(arguments["features_per_stage"] == Json({32, 64, 100}));
  CHECK(arguments["strides"] == Json::parse("[[1,1,1],[1,2,2],[2,2,2]]"));
  CHECK(arguments["n_conv_per_stage"] == Json({2, 2, 2}));
  CHECK(arguments["norm_op"] == "torch.nn.modules.instancenorm.InstanceNorm3d");
  CHECK_FALSE(old.json.contains("UNet_class_name"));
}

TEST_CASE("intensities under their old name are found") {
  const Plans plans = plans_of(small_plans());
  REQUIRE(plans.intensities.size() == 1);
  CHECK(plans.intensities[0].max == 1);
  CHECK(plans.intensities[0].std == 7);
}

TEST_CASE("bad plans give one line that says what to do") {
  Json json = small_plans();
  CHECK(contains(error_of(json, "2d"), "p.json: has no configuration \"2d\"; it has 3d_fullres,"));
  json["configurations"]["3d_fullres"]["UNet_class_name"] = "SwinUNETR";
  CHECK(contains(error_of(json, "3d_fullres"), "unknown UNet_class_name \"SwinUNETR\""));
  json["configurations"]["3d_fullres"] = {{"inherits_from", "larger"}};
  CHECK(contains(error_of(json, "larger"), "inherits from itself"));
  json = small_plans();
  json["configurations"]["3d_fullres"]["batch_size"] = "two";
  CHECK(contains(error_of(json, "cascade"), "\"batch_size\" has an unexpected value \"two\""));
  json["configurations"]["3d_fullres"].erase("batch_size");
  CHECK(contains(error_of(json, "cascade"), "\"batch_size\" is missing"));
  json["configurations"]["3d_fullres"]["batch_size"] = 0;
  CHECK(contains(error_of(json, "cascade"), "\"batch_size\" is 0"));
  json.erase("transpose_forward");
  CHECK(contains(error_of(json, "cascade"), "p.json: the entry \"transpose_forward\" is missing"));
}

TEST_CASE("plans that nnU-Net wrote for real data are read in full") {
  const auto folder = seg::test::shared_data() / "oracles" / "pipeline" / "fingerprint";
  if (!std::filesystem::exists(folder)) {
    seg::test::skip("no recorded outputs");
    return;
  }
  const Plans plans = read_plans(folder / "nnUNetPlans.json");
  const Configuration flat = plans.configuration("2d");
  CHECK(flat.patch_size == std::vector<std::int64_t>{56, 40});
  CHECK(flat.batch_size == 292);
  CHECK(flat.batch_dice);
  CHECK(plans.configuration("3d_fullres").resampling_data.arguments["order"] == 3);
}
