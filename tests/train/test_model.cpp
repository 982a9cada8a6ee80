#include "seg/train/model.hpp"

#include <fstream>

#include "catch.hpp"
#include "seg/net/weights.hpp"
#include "seg/plan/error.hpp"
#include "skip.hpp"
#include "small_model.hpp"
#include "test_files.hpp"

using Catch::Matchers::Contains;
using seg::train::load_model;

TEST_CASE("a model folder gives one network for each fold") {
  seg::test::TemporaryFolder folder;
  seg::test::write_small_model(folder.path(), {"0", "3"});
  const auto model = load_model(folder.path(), {{"all"}, "final"});
  CHECK(model.networks.size() == 2);
  CHECK(model.configuration.name == "3d_fullres");
  CHECK(model.mirror_axes == std::vector<int>{0, 1, 2});
  CHECK_FALSE(model.networks[0]->is_training());
  CHECK(model.networks[0]->forward(at::zeros({1, 1, 16, 16, 16})).size() == 1);
  CHECK(load_model(folder.path(), {{"3"}, "final"}).networks.size() == 1);
}

TEST_CASE("a model has the weights of its checkpoint") {
  seg::test::TemporaryFolder folder;
  seg::test::write_small_model(folder.path(), {"0"});
  const auto checkpoint = seg::test::small_checkpoint();
  seg::net::write_checkpoint(folder / "fold_0/checkpoint_final.pth", checkpoint);
  const auto model = load_model(folder.path(), {{"0"}, "final"});
  const auto* weights = checkpoint.find("network_weights");
  for (const auto& [name, tensor] : seg::net::state_dict(*model.networks[0]))
    CHECK(at::equal(tensor, weights->find(name)->as<at::Tensor>(name)));
}

TEST_CASE("the folds of a cross-validation come before the fold of all cases") {
  seg::test::TemporaryFolder folder;
  seg::test::write_small_model(folder.path(), {"all"});
  CHECK(load_model(folder.path(), {{"all"}, "final"}).networks.size() == 1);
  seg::test::write_small_model(folder.path(), {"0", "1"});
  CHECK(load_model(folder.path(), {{"all"}, "final"}).networks.size() == 2);
}

TEST_CASE("a model trained by nnU-Net loads") {
  const auto models = seg::test::shared_data() / "oracles/pipeline/inference/models";
  if (!std::filesystem::exists(models)) {
    seg::test::skip("no models of nnU-Net");
    return;
  }
  const auto model =
      load_model(models / "nnUNetTrainer__nnUNetPlans__3d_fullres", {{"all"}, "final"});
  CHECK(model.networks.size() == 2);
  CHECK(model.configuration.name == "3d_fullres");
  CHECK(model.mirror_axes == std::vector<int>{0, 1, 2});
  CHECK(model.labels.foreground_names == std::vector<std::string>{"Anterior", "Posterior"});
}

TEST_CASE("what is wrong with a model folder is said with its name") {
  seg::test::TemporaryFolder folder;
  const auto load = [&](const std::string& fold) {
    load_model(folder / "model", {{fold}, "final"});
  };
  CHECK_THROWS_WITH(load("0"), Contains("no such model folder"));
  std::filesystem::create_directories(folder / "model");
  CHECK_THROWS_WITH(load("0"), Contains("plans.json"));
  seg::test::write_small_model(folder / "model", {});
  CHECK_THROWS_WITH(load("all"), Contains("no fold"));
  seg::test::write_small_model(folder / "model", {"2"});
  CHECK_THROWS_WITH(load("0"), Contains("fold_0") && Contains("folds with one: 2"));
  CHECK_THROWS_WITH(load_model(folder / "model", {{"2", "2"}, "final"}),
                    Contains("names fold 2 more than once"));
  std::ofstream(folder / "model/fold_2/checkpoint_final.pth") << "nothing";
  CHECK_THROWS_AS(load("2"), seg::Error);
  std::ofstream(folder / "model/plans.json") << "{";
  CHECK_THROWS_WITH(load("2"), Contains("plans.json"));
}

TEST_CASE("a checkpoint of another network is refused") {
  seg::test::TemporaryFolder folder;
  seg::test::write_small_model(folder.path(), {"0"});
  auto plans = seg::test::small_plans();
  auto& network = plans["configurations"]["3d_fullres"]["architecture"];
  network["arch_kwargs"]["features_per_stage"] = {4, 16};
  seg::write_json(folder / "plans.json", plans);
  CHECK_THROWS_WITH(load_model(folder.path(), {{"0"}, "final"}), Contains("checkpoint_final.pth"));
  network["network_class_name"] = "a.package.UnheardOfNet";
  seg::write_json(folder / "plans.json", plans);
  CHECK_THROWS_WITH(load_model(folder.path(), {{"0"}, "final"}), Contains("UnheardOfNet"));
  CHECK_THROWS_WITH(load_model(folder.path(), {{"all"}, "epoch_7.pth"}),
                    Contains("no fold has a epoch_7.pth"));
}

TEST_CASE(
    "a model of an unknown trainer predicts with the network of its plans, and a line says so") {
  const seg::test::TemporaryFolder folder;
  seg::test::write_small_model(folder.path(), {"0"});
  const auto file = folder / "fold_0/checkpoint_final.pth";
  auto checkpoint = seg::net::read_checkpoint(file);
  for (auto& [key, value] : std::get<seg::net::Value::Dict>(checkpoint.data))
    if (key.as<std::string>("key") == "trainer_name") value = {std::string("MyTrainer")};
  seg::net::write_checkpoint(file, checkpoint);
  std::string said;
  seg::Reporter reporter;
  reporter.info = [&](const std::string& line) { said += line; };
  CHECK(load_model(folder.path(), {}, reporter).networks.size() == 1);
  CHECK_THAT(said, Contains("MyTrainer"));
}

TEST_CASE("mirror axes of a checkpoint are taken, or refused with its name") {
  using seg::net::Value;
  const seg::test::TemporaryFolder folder;
  seg::test::write_small_model(folder.path(), {"0"});
  const auto file = folder / "fold_0/checkpoint_final.pth";
  const auto axes_of = [&](const Value& axes) {
    auto checkpoint = seg::net::read_checkpoint(file);
    for (auto& [key, value] : std::get<Value::Dict>(checkpoint.data))
      if (key.as<std::string>("key") == "inference_allowed_mirroring_axes") value = axes;
    seg::net::write_checkpoint(file, checkpoint);
    return seg::train::describe_model(folder.path()).mirror_axes;
  };
  const auto list = [](const std::vector<std::int64_t>& numbers) {
    Value::List axes;
    for (const std::int64_t number : numbers) axes.push_back({number});
    return Value{axes};
  };
  CHECK(axes_of({}).empty());
  CHECK(axes_of(list({})).empty());
  CHECK(axes_of(list({0, 2})) == std::vector<int>{0, 2});
  for (const Value& wrong : {list({0, 3}), list({-1}), list({1, 1}), Value{std::int64_t{1}},
                             Value{std::string("012")}, Value{at::tensor({0, 1})}})
    CHECK_THROWS_WITH(axes_of(wrong),
                      Contains("checkpoint_final.pth") && Contains("mirroring_axes is"));
}

TEST_CASE("a model is described without its weights") {
  const seg::test::TemporaryFolder folder;
  seg::test::write_small_model(folder.path(), {"0", "1"});
  auto model = seg::train::describe_model(folder.path());
  CHECK(model.networks.empty());
  CHECK(model.checkpoints.size() == 2);
  CHECK(model.mirror_axes == std::vector<int>{0, 1, 2});
  seg::train::load_networks(model);
  CHECK(model.networks.size() == 2);
}
