#include "devices.hpp"
#include "seg/data/augment.hpp"
#include "seg/data/plan_dataset.hpp"
#include "seg/net/network.hpp"
#include "seg/train/device.hpp"
#include "tiny_training.hpp"

using namespace seg;
using namespace seg::test;
namespace fs = std::filesystem;

namespace {

/// The small ones of each family.
std::string any_small_preset() {
  return GENERATE("stunet-s", "mednext-s-k3", "flexible-resnet10", "flexible-efficientnet-b0",
                  "egeunet");
}

/// Plans the tiny dataset for a network.
plan::Plans plan_for(const fs::path& work, const std::string& preset) {
  data::PlanDatasetOptions options;
  options.planner.preset = preset;
  return data::plan_dataset(data::dataset_folder({work}), {work}, options).plans;
}

void expect_heads_where_the_plan_says(const plan::Configuration& configuration) {
  const torch::NoGradGuard no_gradient;
  const auto network = net::build_network(configuration.architecture, {1, 2, true});
  network->eval();
  std::vector<std::int64_t> shape{1, 1};
  const auto& patch = configuration.patch_size;
  shape.insert(shape.end(), patch.begin(), patch.end());
  const auto heads = network->forward(at::rand(shape));
  const auto scales = data::deep_supervision_scales(configuration);
  REQUIRE(heads.size() >= scales.size());
  for (std::size_t head = 0; head < scales.size(); ++head)
    for (std::size_t axis = 0; axis < patch.size(); ++axis)
      CHECK(static_cast<double>(heads[head].size(static_cast<std::int64_t>(axis) + 2)) ==
            static_cast<double>(patch[axis]) * scales[head][axis]);
}

}  // namespace

TEST_CASE("networks of every family take the patch of their plan and have the heads it says") {
  const TemporaryFolder folder;
  const auto work = write_tiny_work(folder);
  const auto preset = any_small_preset();
  const auto plans = plan_for(work, preset);
  for (const auto& name : plans.configuration_names()) {
    INFO(preset << ", " << name);
    expect_heads_where_the_plan_says(plans.configuration(name));
  }
}

TEST_CASE("networks of every family compute the same on a GPU", "[gpu]") {
  if (without_gpu()) return;
  const TemporaryFolder folder;
  const auto plans = plan_for(write_tiny_work(folder), any_small_preset());
  const auto configuration = plans.configuration(plans.configuration_names().front());
  train::forbid_tf32();
  const auto network = net::build_network(configuration.architecture, {1, 2, true});
  network->eval();
  std::vector<std::int64_t> shape{2, 1};
  const auto& patch = configuration.patch_size;
  shape.insert(shape.end(), patch.begin(), patch.end());
  const at::Tensor x = at::randn(shape);
  const auto norm_of_gradients = [&] {
    std::vector<at::Tensor> norms;
    for (const auto& parameter : network->parameters())
      if (parameter.grad().defined()) norms.push_back(parameter.grad().norm().cpu());
    network->zero_grad();
    return at::stack(norms).norm().item<double>();
  };
  const at::Tensor expected = network->forward(x)[0];
  expected.square().mean().backward();
  const double expected_norm = norm_of_gradients();
  network->to(at::kCUDA);
  const at::Tensor found = network->forward(x.to(at::kCUDA))[0];
  found.square().mean().backward();
  CHECK((found.cpu() - expected).norm().item<double>() < 1e-4 * expected.norm().item<double>());
  CHECK(norm_of_gradients() == Approx(expected_norm).epsilon(1e-2));
}

TEST_CASE("networks of every family train and validate with their own settings", "[gpu]") {
  const TemporaryFolder folder;
  const auto work = write_tiny_work(folder);
  const auto preset = any_small_preset();
  INFO(preset);
  const auto plans = plan_for(work, preset);
  auto options = tiny_options();
  options.configuration = "2d";
  options.plans_name = plans.plans_name;
  const at::Device device = GENERATE(from_range(devices()));
  options.device = device.str();
  const int iterations = device.is_cpu() ? 2 : 6;  // a GPU's work is recorded in the fourth
  options.settings = {
      {"epochs", 1}, {"iterations", iterations}, {"val_iterations", 1}, {"batch_size", 2}};
  data::preprocess_work({work}, {"2d", plans.plans_name, 1});
  const auto result = train_through(work, options);
  CHECK_FALSE(result.interrupted);
  const Json& settings = plans.configuration("2d").training;
  const double expected = settings.value("learning_rate", 0.01);
  CHECK(read_json(result.folder / "progress.json").at("lrs")[0] == expected);
}
