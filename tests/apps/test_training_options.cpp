#include <algorithm>

#include "catch.hpp"
#include "expect_error.hpp"
#include "seg/net/checkpoint_file.hpp"
#include "seg/plan/files.hpp"
#include "tiny_model.hpp"

namespace fs = std::filesystem;
using namespace seg::test;

namespace {

std::vector<std::string> training_with(const fs::path& work, const std::vector<std::string>& more) {
  auto arguments = tiny_training(work);
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

}  // namespace

TEST_CASE("training takes its recipe from a file and from options") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const fs::path work = folder / "work", file = folder / "recipe.json";
  seg::write_json(file, {{"learning_rat", 0.1}});
  expect_error(run_seg(training_with(work, {"--config-file", file.string()})),
               "there is no setting \"learning_rat\"", folder.path());
  seg::write_json(file, {{"optimizer", "adam"}, {"learning_rate", 0.002}});
  const Outcome outcome =
      run_seg(training_with(work, {"--config-file", file.string(), "--optimizer", "adamw", "--loss",
                                   "ce", "--no-mirroring", "--no-deep-supervision"}));
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  const fs::path fold = model_in(work) / "fold_0";
  CHECK(seg::read_json(fold / "progress.json").at("lrs")[0] == 0.002);
  const seg::Json options = seg::read_json(fold / "seg_train.json").at("options");
  CHECK(options.at("optimizer") == "adamw");
  CHECK(options.at("weight-decay") == 3e-5);

  const Outcome other = run_seg({"train", work.string(), "--config", "3d", "--resume",
                                 "--optimizer", "sgd", "--device", "cpu", "--threads", "1"});
  expect_error(other, "was started with optimizer \"adamw\", not \"sgd\"", folder.path());
  CHECK(run_seg({"train", work.string(), "--config", "3d", "--resume", "--device", "cpu",
                 "--threads", "1"})
            .exit_code == 0);
}

TEST_CASE("every setting has an option, and --print-settings shows where it comes from") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const fs::path work = folder / "work", file = folder / "recipe.json";
  seg::write_json(file, {{"momentum", 0.9}, {"epsilon", 1e-6}});
  std::vector<std::string> arguments{
      "train",       work.string(), "--config", "3d",        "--print-settings", "--config-file",
      file.string(), "--epsilon",   "1e-7",     "--amsgrad", "--no-mirroring"};
  const Outcome outcome = run_seg(arguments);
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  const seg::Json shown = seg::Json::parse(outcome.out);
  const auto is = [&](const std::string& name, const seg::Json& value, const std::string& from) {
    return shown.at(name) == seg::Json{{"value", value}, {"from", from}};
  };
  CHECK(is("epsilon", 1e-7, "command line"));
  CHECK(is("amsgrad", true, "command line"));
  CHECK(is("mirroring", false, "command line"));
  CHECK(is("momentum", 0.9, "config file"));
  CHECK(is("learning_rate", 0.01, "default"));
  CHECK(is("batch_size", shown.at("batch_size").at("value"), "plan"));
  CHECK_FALSE(fs::exists(work / "results"));
  CHECK_FALSE(fs::exists(work / "preprocessed"));

  const std::string help = run_seg({"train", "--help"}).out;
  for (const auto& [name, setting] : shown.items()) {
    std::string option = name;
    std::ranges::replace(option, '_', '-');
    INFO(option);
    CHECK((name == "augmentation" || help.find("--" + option) != std::string::npos));
  }
  for (const std::string wrong : {"--loss=focal", "--momentum=1", "--epochs=0", "--seed=-1"}) {
    const Outcome refused = run_seg(training_with(work, {wrong}));
    INFO(refused.err);
    CHECK(refused.exit_code == 2);
    CHECK(lines_with(refused.err, "error: ").size() == 1);
  }
}

TEST_CASE("plans of another model are taken over so that its weights fit") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const fs::path other = folder / "Dataset002_Other", work = folder / "other";
  write_tiny_dataset(other);
  seg::Json plans = seg::read_json(folder / "work/plans.json");
  plans["configurations"]["3d_fullres"]["spacing"] = {2, 1.25, 1.25};
  seg::write_json(folder / "work/plans.json", plans);
  const Outcome outcome = run_seg({"plan", other.string(), "--work", work.string(), "--like",
                                   (folder / "work/plans.json").string()});
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  const seg::Json moved = seg::read_json(work / "nnUNetPlansFromDataset001_Ball.json");
  CHECK(moved["dataset_name"] == "Dataset002_Other");
  CHECK(moved["plans_name"] == "nnUNetPlansFromDataset001_Ball");
  CHECK(moved["configurations"]["3d_fullres"]["architecture"] ==
        plans["configurations"]["3d_fullres"]["architecture"]);
  CHECK(moved["configurations"]["3d_fullres"]["spacing"][0] == 2);
}

TEST_CASE("a checkpoint of nnssl is planned for, and training starts from it") {
  const TemporaryFolder folder;
  REQUIRE(plan_tiny_dataset(folder.path()).exit_code == 0);
  const fs::path dataset = folder / "Dataset001_Ball", work = folder / "work";
  const auto text = [](const char* value) { return seg::net::Value{std::string(value)}; };
  const auto dict = [](seg::net::Value::Dict entries) { return seg::net::Value{entries}; };
  const seg::net::Value size{seg::net::Value::List{{std::int64_t{64}}}};
  auto plan = seg::net::Value::Dict{
      {text("architecture_plans"), dict({{text("arch_class_name"), text("ResEncL")}})},
      {text("pretrain_plan"),
       dict({{text("configurations"),
              dict({{text("onemmiso"), dict({{text("patch_size"), size}})}})}})},
      {text("pretrain_num_input_channels"), {std::int64_t{1}}},
      {text("recommended_downstream_patchsize"), size},
      {text("key_to_encoder"), text("encoder.stages")},
      {text("key_to_stem"), text("encoder.stem")},
      {text("keys_to_in_proj"), {seg::net::Value::List{text("encoder.stem.convs.0.conv")}}}};
  const at::Tensor stem = at::rand({32, 1, 3, 3, 3});
  const fs::path file = folder / "openmind.pth";
  const auto write = [&] {
    seg::net::write_checkpoint(
        file,
        dict({{text("network_weights"), dict({{text("encoder.stem.convs.0.conv.weight"), {stem}}})},
              {text("nnssl_adaptation_plan"), dict(plan)}}));
  };
  write();
  const std::vector<std::string> command{"plan",        dataset.string(), "--work",
                                         work.string(), "--like",         file.string()};
  const Outcome outcome = run_seg(command);
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  CHECK(outcome.out.find("--plans-name ptPlans_dynamic__openmind") != std::string::npos);
  const seg::Json plans = seg::read_json(work / "ptPlans_dynamic__openmind.json");
  CHECK(plans["plans_name"] == "ptPlans_dynamic__openmind");
  CHECK(plans["configurations"].size() == 1);
  CHECK(plans["configurations"]["3d_fullres"]["architecture"]["network_class_name"] ==
        "dynamic_network_architectures.architectures.unet.ResidualEncoderUNet");
  CHECK(plans["pretrain_info"]["checkpoint_path"] == file.string());
  CHECK(plans["pretrain_info"]["pt_used_patchsize"] == seg::Json{64});

  const Outcome shown = run_seg({"train", work.string(), "--config", "3d", "--plans-name",
                                 "ptPlans_dynamic__openmind", "--print-settings"});
  INFO(shown.err);
  REQUIRE(shown.exit_code == 0);
  const seg::Json settings = seg::Json::parse(shown.out);
  CHECK(settings["learning_rate"]["value"] == 1e-3);
  CHECK(settings["warm_up_epochs"]["value"] == 50);
  CHECK(settings["deep_supervision"]["value"] == false);

  // What follows is what nnU-Net 2.8.1's preprocess_like_nnssl wrote for such a checkpoint.
  seg::net::Value::List cube(3, {std::int64_t{64}}), spacing{{1.0}, {0.755}, {0.5}};
  plan[1].second = dict(
      {{text("configurations"), dict({{text("custom"), dict({{text("patch_size"), {cube}},
                                                             {text("spacing"), {spacing}}})}})}});
  plan[3].second = {cube};
  write();
  const auto adapted = [&](const std::string& mode) {
    auto arguments = command;
    arguments.insert(arguments.end(), {"--adapt", mode});
    const Outcome done = run_seg(arguments);
    INFO(done.err);
    REQUIRE(done.exit_code == 0);
    return seg::read_json(work / ("ptPlans__openmind__" + mode + ".json"));
  };
  const seg::Json like = adapted("like_pretrained")["configurations"]["3d_fullres"];
  CHECK(like["spacing"] == seg::Json{1.0, 0.755, 0.5});
  CHECK(like["data_identifier"] == "Spacing__1.00_0.76_0.50___Norm__Z");
  CHECK(like["patch_size"] == seg::Json{64, 64, 64});
  CHECK(like["batch_size"] == 2);
  CHECK(like["normalization_schemes"] == seg::Json{"ZScoreNormalization"});
  CHECK(like["architecture"]["arch_kwargs"]["n_blocks_per_stage"] == seg::Json{1, 3, 4, 6, 6, 6});
  const seg::Json own = seg::read_json(work / "plans.json")["configurations"]["3d_fullres"];
  CHECK(like["median_image_size_in_voxels"] == own["median_image_size_in_voxels"]);
  // What the checkpoint decides then is not asked for in vain.
  const auto refused = [&](const std::string& mode, const std::vector<std::string>& options) {
    auto arguments = command;
    arguments.insert(arguments.end(), {"--adapt", mode});
    arguments.insert(arguments.end(), options.begin(), options.end());
    const Outcome outcome = run_seg(arguments);
    INFO(outcome.err);
    CHECK((outcome.exit_code == 2) ==
          (outcome.err.find("would change nothing") != std::string::npos));
    return outcome.exit_code == 2;
  };
  const std::vector<std::string> memory{"--gpu-memory", "4"}, of_two{"--spacing", "2", "2", "2"};
  CHECK(refused("like_pretrained", memory));
  CHECK(refused("like_pretrained", of_two));
  CHECK(refused("default_nnunet", memory));
  CHECK_FALSE(refused("default_nnunet", of_two));
  CHECK_FALSE(refused("keep", memory));
  CHECK_FALSE(refused("keep", of_two));
  const seg::Json usual = adapted("default_nnunet")["configurations"]["3d_fullres"];
  CHECK(usual["spacing"] == own["spacing"]);
  CHECK(usual["architecture"] == like["architecture"]);
  CHECK(run_seg({"train", work.string(), "--config", "3d", "--plans-name",
                 "ptPlans__openmind__like_pretrained", "--print-settings"})
            .exit_code == 0);
  CHECK(run_seg({"plan", dataset.string(), "--work", work.string(), "--adapt", "like_pretrained"})
            .exit_code == 2);

  // A network that its plan describes, by its short name.
  const auto list = [](std::vector<seg::net::Value> entries) {
    return seg::net::Value{seg::net::Value::List(std::move(entries))};
  };
  const auto whole = [](std::int64_t value) { return seg::net::Value{value}; };
  const auto along_axes = [&](std::int64_t length) {
    return list({whole(length), whole(length), whole(length)});
  };
  plan.front().second = dict(
      {{text("arch_class_name"), text("ResEncL")},
       {text("arch_kwargs"), dict({{text("n_stages"), whole(2)},
                                   {text("features_per_stage"), list({whole(32), whole(64)})},
                                   {text("kernel_sizes"), list({along_axes(3), along_axes(3)})},
                                   {text("strides"), list({along_axes(1), along_axes(2)})},
                                   {text("n_blocks_per_stage"), list({whole(1), whole(2)})},
                                   {text("n_conv_per_stage_decoder"), list({whole(1)})}})}});
  write();
  const seg::Json described =
      adapted("like_pretrained")["configurations"]["3d_fullres"]["architecture"];
  CHECK(described["network_class_name"] == like["architecture"]["network_class_name"]);
  CHECK(described["arch_kwargs"]["n_blocks_per_stage"] == seg::Json{1, 2});

  plan.front().second = dict({{text("arch_class_name"), text("PrimusM")}});
  write();
  expect_error(run_seg(command), "holds the weights of PrimusM", folder.path());
}

TEST_CASE("plan knows the networks by name") {
  const TemporaryFolder folder;
  write_tiny_dataset(folder / "Dataset001_Ball");
  const std::vector<std::string> plan{"plan", (folder / "Dataset001_Ball").string(), "--work",
                                      (folder / "work").string(), "--network"};
  auto unknown = plan, known = plan;
  unknown.push_back("mednext");
  known.push_back("mednext-s-k3");
  const Outcome outcome = run_seg(unknown);
  CHECK(outcome.exit_code == 2);
  CHECK(outcome.err.find("mednext-b-k5") != std::string::npos);
  REQUIRE(run_seg(known).exit_code == 0);
  const seg::Json plans = seg::read_json(folder / "work/nnUNetMedNeXtSk3Plans.json");
  CHECK(plans["configurations"]["3d_fullres"]["training"]["optimizer"] == "adamw");
}

TEST_CASE("plan knows nnU-Net's planners by their classes") {
  const TemporaryFolder folder;
  write_tiny_dataset(folder / "Dataset001_Ball");
  REQUIRE(run_seg({"plan", (folder / "Dataset001_Ball").string(), "--work",
                   (folder / "work").string(), "--planner", "nnUNetPlannerResEncL_noResampling"})
              .exit_code == 0);
  const seg::Json plans = seg::read_json(folder / "work/nnUNetResEncUNetLPlans_noResampling.json");
  CHECK(plans["plans_name"] == "nnUNetResEncUNetLPlans_noResampling");
  CHECK(plans["configurations"]["2d"]["resampling_fn_data"] == "no_resampling_hack");
}
