#include <algorithm>

#include "catch.hpp"
#include "decisions.hpp"
#include "order_statistics.hpp"
#include "recorded_planner.hpp"
#include "skip.hpp"
#include "test_files.hpp"

namespace {

using seg::Json;
using namespace seg::plan;

std::filesystem::path recorded_cases() { return seg::test::shared_data() / "oracles" / "planner"; }

/// Recorded inputs and results of one of nnU-Net's helpers; empty where there are none.
Json recorded_helper(const std::string& name) {
  const auto file = recorded_cases() / "topology_helpers.json";
  if (std::filesystem::exists(file)) return seg::read_json(file)[name];
  seg::test::skip("no recorded outputs");
  return Json::array();
}

std::vector<Voxels> voxels_of(const Json& json) { return json.get<std::vector<Voxels>>(); }

void check_trials(const Json& trace, const ConfigurationPlan& plan) {
  if (std::ranges::any_of(trace, [](const Json& trial) { return trial.is_null(); })) return;
  REQUIRE(trace.size() == plan.trials.size());
  for (std::size_t i = 0; i < trace.size(); ++i) {
    CHECK(trace[i][0].get<Voxels>() == plan.trials[i].patch_size);
    CHECK(trace[i][1] == plan.trials[i].memory_estimate);
  }
}

void check_configuration(const Json& debug, const ConfigurationPlan& plan) {
  CHECK(debug["approximate_n_voxels_dataset"].get<double>() ==
        Approx(plan.images.dataset_voxels).epsilon(1e-12));
  CHECK(debug["initial_patch_size"].get<Extents>() == plan.initial_patch_size);
  CHECK(debug["reference"].get<double>() == plan.memory_limit);
  CHECK(debug["batch_size_from_memory"] == plan.batch_size_from_memory);
  CHECK(debug["batch_size_cap_from_dataset"] == plan.batch_size_from_dataset);
  check_trials(debug["trace"], plan);
}

Fingerprint fingerprint_of(const Json& recorded) {
  Fingerprint fingerprint;
  fingerprint.spacings = recorded["spacings"].get<std::vector<std::array<double, 3>>>();
  fingerprint.shapes_after_crop =
      recorded["shapes_after_crop"].get<std::vector<std::array<std::int64_t, 3>>>();
  return fingerprint;
}

}  // namespace

TEST_CASE("percentile and median interpolate between the middle values") {
  CHECK(percentile({4, 1, 3, 2}, 50) == 2.5);
  CHECK(percentile({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, 10) == 2);
  CHECK(percentile({7}, 10) == 7);
  CHECK(median({3, 1, 2}) == 2);
  CHECK(median({1, 2}) == 1.5);
}

TEST_CASE("pooling topology is nnU-Net's") {
  for (const Json& recorded : recorded_helper("get_pool_and_conv_props")) {
    const Topology topology = pooling_topology(recorded["spacing"], recorded["patch_size"]);
    CHECK(topology.strides == voxels_of(recorded["pool_op_kernel_sizes"]));
    CHECK(topology.kernel_sizes == voxels_of(recorded["conv_kernel_sizes"]));
    CHECK(topology.patch_size == recorded["padded_patch_size"].get<Voxels>());
    CHECK(topology.divisible_by == recorded["must_be_divisible_by"].get<Voxels>());
  }
  for (const Json& recorded : recorded_helper("pad_shape"))
    CHECK(pad_to_multiple(recorded["shape"], recorded["must_be_divisible_by"]) ==
          recorded["result"].get<Voxels>());
}

TEST_CASE("an axis under 8 voxels is never pooled, and nothing is left to pool of a tiny image") {
  const Topology flat = pooling_topology({1, 1, 1}, {7, 64, 64});
  for (const auto& stride : flat.strides) CHECK(stride[0] == 1);
  CHECK(pooling_topology({1, 1, 1}, {7, 5, 3}).stages() == 1);
}

TEST_CASE("extents are resampled and spacings chosen as by nnU-Net") {
  for (const Json& recorded : recorded_helper("compute_new_shape"))
    for (int axis = 0; axis < 3; ++axis)
      CHECK(resampled_extent(recorded["old_shape"][axis], recorded["old_spacing"][axis],
                             recorded["new_spacing"][axis]) == recorded["result"][axis]);
  for (const Json& recorded : recorded_helper("fullres_target_spacing")) {
    const auto spacing = target_spacing(fingerprint_of(recorded)).spacing;
    CHECK(spacing == recorded["result"].get<std::array<double, 3>>());
    const Transpose transpose = coarsest_axis_first(spacing);
    CHECK(transpose.forward == recorded["transpose_forward"].get<std::array<int, 3>>());
    CHECK(transpose.backward == recorded["transpose_backward"].get<std::array<int, 3>>());
  }
}

TEST_CASE("the memory estimate is nnU-Net's") {
  for (const Json& recorded : recorded_helper("conv_feature_map_size")) {
    const NetworkSize network{recorded["network"] == "ResidualEncoderUNet",
                              voxels_of(recorded["strides"]),
                              recorded["features_per_stage"],
                              recorded["blocks_per_stage_encoder"],
                              recorded["blocks_per_stage_decoder"],
                              recorded["output_channels"]};
    CHECK(conv_feature_map_size(network, recorded["patch_size"]) == recorded["result"]);
  }
}

TEST_CASE("the memory estimate of a two-stage network is what one counts by hand") {
  const std::vector<Voxels> strides{{1, 1}, {2, 2}};
  // Encoder 2 x 4 x 64 + 2 x 8 x 16, decoder 2 x 4 x 64 + up-convolution 4 x 64, output 3 x 64.
  CHECK(conv_feature_map_size({false, strides, {4, 8}, {2, 2}, {2}, 3}, {8, 8}) == 1728);
  // Stem 4 x 64, encoder 2 x 4 x 64 + (2 + shortcut) x 8 x 16, the rest as above with one block.
  CHECK(conv_feature_map_size({true, strides, {4, 8}, {1, 1}, {1}, 3}, {8, 8}) == 1856);
}

TEST_CASE("the low resolution search goes nnU-Net's way") {
  for (const Json& recorded : recorded_helper("lowres_search")) {
    INFO(recorded["from_case"].get<std::string>());
    const PlanningTask task{planner_preset(seg::oracles::preset_of(recorded["planner"])),
                            recorded["gpu_memory_target_in_gb"], recorded["output_channels"],
                            recorded["numTraining"]};
    const Extents shape = recorded["fullres_median_shape"];
    const auto fullres = plan_configuration(
        task, {recorded["fullres_spacing"], shape, product(shape) * task.training_cases});
    CHECK(fullres.patch_size() == recorded["fullres_patch_size"].get<Voxels>());
    const LowresSearch search = search_lowres(task, fullres);
    CHECK(search.rounds == recorded["n_iterations"]);
    CHECK(search.kept() == recorded["kept"]);
    CHECK(search.plan->images.spacing == recorded["last_spacing"].get<Extents>());
    CHECK(search.plan->patch_size() == recorded["last_patch_size"].get<Voxels>());
    CHECK(search.plan->images.median_shape == recorded["last_median_shape"].get<Extents>());
    CHECK(search.plan->batch_size == recorded["last_batch_size"]);
  }
}

TEST_CASE("every step of the recorded cases is nnU-Net's") {
  for (const auto& file : seg::oracles::planner_cases(recorded_cases())) {
    INFO(file.filename().string());
    const Json recorded = seg::read_json(file);
    const Json& debug = recorded["debug"];
    const auto inputs = seg::oracles::planner_inputs(recorded);
    const Decisions decisions = decide(inputs.dataset, inputs.fingerprint, inputs.options);
    CHECK(decisions.spacing == debug["fullres_target_spacing"].get<std::array<double, 3>>());
    CHECK(decisions.median_shape == debug["new_median_shape"].get<std::array<double, 3>>());
    const Json& configurations = debug["configurations"];
    check_configuration(configurations["2d"], decisions.in_2d);
    CHECK(configurations.contains("3d_fullres") == decisions.fullres.has_value());
    if (decisions.fullres) check_configuration(configurations["3d_fullres"], *decisions.fullres);
    CHECK(configurations.contains("3d_lowres") == decisions.lowres.plan.has_value());
    if (decisions.lowres.plan)
      CHECK(configurations["3d_lowres"]["search"]["n_iterations"] == decisions.lowres.rounds);
  }
}
