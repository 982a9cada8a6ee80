#include "train/step_memory.hpp"

#include "seg/data/memory.hpp"
#include "tiny_training.hpp"

using namespace seg;
using namespace seg::test;

namespace {

/// So that running means are there, which a step changes.
Json plans_with_batch_norm() {
  Json plans = tiny_plans();
  Json& architecture = plans["configurations"]["3d_fullres"]["architecture"]["arch_kwargs"];
  architecture["norm_op"] = "torch.nn.modules.batchnorm.BatchNorm3d";
  return plans;
}

train::Training training_in(const std::filesystem::path& work, const train::TrainOptions& options) {
  train::Task task = train::read_task(work, options);
  train::choose_recipe(task, std::nullopt);
  const std::atomic<bool> stop = false;
  return train::set_up(std::move(task), stop, {});
}

/// Weights, running means and gradients.
std::vector<at::Tensor> state_of(const net::Network& network) {
  std::vector<at::Tensor> state = network.buffers();
  for (const at::Tensor& parameter : network.parameters()) {
    state.push_back(parameter);
    if (parameter.grad().defined()) state.push_back(parameter.grad());
  }
  for (at::Tensor& tensor : state) tensor = tensor.detach().clone();
  return state;
}

}  // namespace

TEST_CASE("a training that cannot fit is refused with the memory that it needs") {
  const TemporaryFolder folder;
  TinyTask tiny;
  tiny.plans = plans_with_batch_norm();
  const auto work = write_tiny_work(folder, tiny);
  train::TrainOptions options = tiny_options();
  options.memory = 1;
  train::Training training = training_in(work, options);
  const auto before = state_of(*training.learner.network);
  CHECK_THROWS_WITH(train::require_memory_for_steps(training),
                    ContainsSubstring("a step needs about ") && ContainsSubstring(" MB of memory"));
  const auto after = state_of(*training.learner.network);
  REQUIRE(after.size() == before.size());
  for (std::size_t i = 0; i < after.size(); ++i) CHECK(after[i].equal(before[i]));
}

TEST_CASE("looking at the memory of a step does not change the training") {
  const TemporaryFolder folder;
  const auto work = write_tiny_work(folder);
  train::TrainOptions options = tiny_options();
  const auto weights = [&](const std::string& name) {
    options.name = name;
    return train_through(work, options).folder / "checkpoint_final.pth";
  };
  const auto free = weights("Free");
  // The patches are so small that it looks below a few hundred MB only.
  const std::int64_t much = std::int64_t{1} << 40;
  options.memory = much - data::memory_to_use(much) + (std::int64_t{64} << 20);
  CHECK(equal_weights(free, weights("Short")));
}
