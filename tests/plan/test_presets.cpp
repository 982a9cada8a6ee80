#include <numeric>

#include "catch.hpp"
#include "plan_configuration.hpp"
#include "planner_preset.hpp"
#include "seg/plan/built_in_config.hpp"
#include "seg/plan/planner.hpp"

using namespace seg;
using namespace seg::plan;

namespace {

/// Shapes and spacings from a small scan to a large CT, thick slices and pictures.
struct Images {
  Extents shape, spacing;
};
const std::vector<Images> kImages{{{36, 50, 35}, {1, 1, 1}},          {{512, 512, 512}, {1, 1, 1}},
                                  {{20, 320, 320}, {5, 0.6, 0.6}},    {{8, 16, 16}, {3, 1, 1}},
                                  {{140, 480, 400}, {2.5, 0.8, 0.8}}, {{3, 700, 256}, {9, 1, 2}}};

PlanningTask task_for(const std::string& name) {
  PlanningTask task;
  task.preset = planner_preset(name);
  task.gpu_memory_gb = task.preset.target_gpu_memory_gb;
  task.outputs = 3;
  task.training_cases = 40;
  return task;
}

ConfigurationImages images_of(const Images& images, std::size_t axes) {
  const auto last = [&](const Extents& values) {
    return Extents(values.end() - static_cast<std::ptrdiff_t>(axes), values.end());
  };
  return {last(images.spacing), last(images.shape), 40 * product(images.shape)};
}

Dataset dataset_of_one_channel() {
  return dataset_from_json({{"channel_names", {{"0", "MRI"}}},
                            {"labels", {{"background", 0}, {"a", 1}, {"b", 2}}},
                            {"numTraining", 40},
                            {"file_ending", ".nii.gz"}},
                           "Dataset001_Any", "dataset.json");
}

Plans planned_with(const std::string& preset) {
  Fingerprint fingerprint;
  fingerprint.spacings.assign(40, {1, 1, 1});
  fingerprint.shapes_after_crop.assign(40, {160, 200, 180});
  fingerprint.intensities.resize(1);
  fingerprint.median_relative_size_after_cropping = 1;
  PlannerOptions options;
  options.preset = preset;
  return plan_experiment(dataset_of_one_channel(), fingerprint, options);
}

void expect_valid(const PlanningTask& task, const ConfigurationPlan& plan) {
  const auto& topology = plan.topology;
  for (std::size_t axis = 0; axis < topology.patch_size.size(); ++axis) {
    std::int64_t divisor = 1;
    for (const auto& stride : topology.strides) divisor *= stride[axis];
    CHECK(topology.divisible_by[axis] == divisor);
    CHECK(topology.patch_size[axis] % divisor == 0);
  }
  CHECK(product(topology.patch_size) > product(topology.divisible_by));
  const auto& reference = task.preset.reference(topology.patch_size.size());
  const double estimate = static_cast<double>(plan.trials.back().memory_estimate);
  const double per_item = estimate / static_cast<double>(reference.batch_size);
  CHECK(plan.batch_size >= 2);
  if (task.preset.shrink_until_smallest_batch_fits)
    CHECK(2 * per_item <= plan.memory_limit);
  else
    CHECK(estimate <= plan.memory_limit);
  // The batch is rounded to the nearest one that fits, as nnU-Net does.
  CHECK((static_cast<double>(plan.batch_size) - 0.5) * per_item <= plan.memory_limit);
}

}  // namespace

TEST_CASE("every preset plans patches that its network takes and that fit the memory target") {
  for (const auto& name : preset_names())
    for (const auto& images : kImages)
      for (const std::size_t axes : {std::size_t{2}, std::size_t{3}}) {
        const auto task = task_for(name);
        if (axes == 3 && task.preset.only_2d) continue;
        INFO(name << " in " << axes << "D, " << images.shape[0] << " slices");
        expect_valid(task, plan_configuration(task, images_of(images, axes)));
      }
}

TEST_CASE("networks with a fixed number of poolings get it whatever the spacing") {
  const auto poolings = [](const std::string& name) {
    return plan_configuration(task_for(name), images_of({{20, 320, 320}, {5, 0.6, 0.6}}, 3))
        .topology.divisible_by;
  };
  CHECK(poolings("mednext-b-k5") == Voxels{16, 16, 16});
  CHECK(poolings("flexible-resnet50") == Voxels{32, 32, 32});
  CHECK(poolings("stunet-b") == Voxels{4, 32, 32});
}

TEST_CASE("the deepest stage of a fixed network keeps two voxels in the smallest image") {
  const auto topology = pooling_topology({1, 1}, {9, 9}, {.fixed = 4});
  CHECK(topology.patch_size == Voxels{16, 32});
}

TEST_CASE("a larger memory target never makes patch and batch smaller together") {
  for (const std::string name : {"stunet-l", "mednext-m-k5", "flexible-efficientnet-b4"}) {
    double earlier = 0;
    for (const double memory : {8.0, 12.0, 16.0, 24.0, 48.0}) {
      auto task = task_for(name);
      task.gpu_memory_gb = memory;
      const auto plan = plan_configuration(task, images_of(kImages[1], 3));
      const double voxels = product(plan.patch_size()) * static_cast<double>(plan.batch_size);
      CHECK(voxels >= 0.8 * earlier);
      earlier = voxels;
    }
  }
}

TEST_CASE("weights that leave no memory for patches are said so") {
  auto task = task_for("stunet-h");
  task.gpu_memory_gb = 12;
  CHECK_THROWS_WITH(plan_configuration(task, images_of(kImages[0], 3)),
                    Catch::Matchers::Contains("plan for more GPU memory"));
}

TEST_CASE("presets that are like others differ in what they say") {
  const auto small = planner_preset("stunet-s"), huge = planner_preset("stunet-h");
  CHECK(small.network_class_name == huge.network_class_name);
  CHECK(huge.arch_kwargs->at("dims")[5] == 1536);
  CHECK(planner_preset("mednext-l-k5").arch_kwargs->at("kernel_size") == 5);
  CHECK(planner_preset("mednext-l-k5").arch_kwargs->at("block_counts")[4] == 8);
  CHECK(planner_preset("resenc-xl").in_3d.memory_estimate == 3.6e9);
  CHECK(planner_preset("resenc-xl").in_3d.batch_size == 2);
  CHECK_THROWS_WITH(planner_preset("mednext"), Catch::Matchers::Contains("mednext-b-k5"));
}

TEST_CASE("plans say what a network's heads and its training need") {
  const auto mednext = planned_with("mednext-b-k5").configuration("3d_fullres");
  CHECK(mednext.architecture.arguments["dim"] == "3d");
  CHECK(mednext.architecture.arguments["exp_r"][1] == 3);
  REQUIRE(mednext.head_scales.size() == 5);
  CHECK(mednext.head_scales[4] == std::vector<double>(3, 0.0625));
  CHECK(std::accumulate(mednext.head_weights.begin(), mednext.head_weights.end(), 0.0) ==
        Approx(1));
  CHECK(mednext.training["optimizer"] == "adamw");

  const auto stunet = planned_with("stunet-b");
  CHECK(stunet.configuration("2d").architecture.arguments["strides"].size() == 6);
  CHECK(stunet.configuration("2d").head_scales.empty());

  const auto ege = planned_with("egeunet");
  CHECK(ege.configuration_names() == std::vector<std::string>{"2d"});
  CHECK(ege.configuration("2d").head_scales == std::vector<std::vector<double>>{{1, 1}});
  CHECK(ege.configuration("2d").training["loss"] == "ege_unet");

  const auto unet = planned_with("default").configuration("2d");
  for (const char* key : {"head_scales", "head_weights", "training"})
    CHECK_FALSE(unet.json.contains(key));
}

TEST_CASE("plans move to another dataset with everything that weights depend on") {
  const auto source = planned_with("default");
  auto dataset = dataset_of_one_channel();
  dataset.name = "Dataset002_Other";
  const auto moved = move_plans(source, dataset, {std::nullopt, "Tiff3DIO"});
  CHECK(moved.dataset_name == "Dataset002_Other");
  CHECK(moved.plans_name == "nnUNetPlansFromDataset001_Any");
  CHECK(moved.image_reader_writer == "Tiff3DIO");
  const auto before = source.configuration("3d_fullres"), after = moved.configuration("3d_fullres");
  CHECK(after.data_identifier == "nnUNetPlansFromDataset001_Any_3d_fullres");
  CHECK(after.architecture.arguments == before.architecture.arguments);
  CHECK(after.spacing == before.spacing);
  CHECK(after.patch_size == before.patch_size);
  CHECK(move_plans(source, dataset, {"mine", {}}).configuration("2d").data_identifier == "mine_2d");
  dataset.channel_names.push_back("T2");
  CHECK_THROWS_WITH(move_plans(source, dataset, {}),
                    Catch::Matchers::Contains("is for 1 channels, Dataset002_Other has 2"));
}

TEST_CASE("nnU-Net's planners are known by their presets and by their classes") {
  for (const auto& [name, planner_class] :
       {std::pair{"default", "ExperimentPlanner"},
        {"resenc-xl", "nnUNetPlannerResEncXL"},
        {"default-torchres", "nnUNetPlanner_torchres"},
        {"resenc-l-torchres-sepz", "nnUNetPlannerResEncL_torchres_sepz"},
        {"resenc-l-no-resampling", "nnUNetPlannerResEncL_noResampling"}}) {
    CHECK(planner_preset(name).planner_class == planner_class);
    CHECK(planner_preset(planner_class).plans_name == planner_preset(name).plans_name);
  }
  const auto names = planner_names();
  CHECK(std::ranges::find(names, "nnUNetPlannerResEncL_torchres") != names.end());
  CHECK(std::ranges::find(names, "mednext-b-k5") == names.end());
}
