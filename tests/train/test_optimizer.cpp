#include "seg/train/optimizer.hpp"

#include <torch/optim/sgd.h>

#include "devices.hpp"
#include "oracle.hpp"
#include "seg/plan/error.hpp"
#include "seg/train/schedule.hpp"

namespace {

using namespace seg;
using namespace seg::train;

void step_with(Optimizer& optimizer, at::Tensor& weight, const at::Tensor& gradient) {
  weight.mutable_grad() = gradient.clone();
  clip_gradients({weight});
  take_step(optimizer);
}

Optimizer optimizer_of(const at::Tensor& weight, const OptimizerOptions& options = {}) {
  return make_optimizer({{{weight}}}, options);
}

OptimizerOptions adam_options(const std::string& name) {
  OptimizerOptions options;
  options.name = name;
  options.weight_decay = 0.1;
  return options;
}

/// Three steps with gradients that are not clipped.
at::Tensor after_three_steps(const OptimizerOptions& options) {
  at::Tensor weight = at::tensor({1.0f, -2.0f, 0.5f}).requires_grad_();
  auto optimizer = optimizer_of(weight, options);
  step_with(optimizer, weight, at::tensor({0.5f, -1.0f, 2.0f}));
  step_with(optimizer, weight, at::tensor({0.1f, 3.0f, -2.0f}));
  step_with(optimizer, weight, at::tensor({-4.0f, 0.25f, 0.0f}));
  return weight.detach();
}

}  // namespace

TEST_CASE("the learning rate decays as nnU-Net's polynomial schedule") {
  const auto rate = [](double initial, std::int64_t epoch, std::int64_t epochs) {
    return learning_rate_at({"poly", initial, epochs, 0}, epoch);
  };
  CHECK(rate(0.01, 0, 1000) == 0.01);
  CHECK(rate(0.01, 500, 1000) == Approx(0.005358867312681466).epsilon(1e-12));
  CHECK(rate(0.01, 14, 15) == Approx(0.0008740129486931664).epsilon(1e-12));
  CHECK(rate(0.001, 49, 50) == Approx(2.9575152732566297e-05).epsilon(1e-12));
}

TEST_CASE("the learning rate follows PyTorch's cosine annealing") {
  const Schedule schedule{"cosine", 0.01, 10, 0};
  CHECK(learning_rate_at(schedule, 0) == 0.01);
  CHECK(learning_rate_at(schedule, 3) == Approx(0.007938926261462366).epsilon(1e-12));
  CHECK(learning_rate_at(schedule, 9) == Approx(0.00024471741852423234).epsilon(1e-12));
}

TEST_CASE("warm-up rises to the learning rate, from which the schedule then falls") {
  const std::string name = GENERATE("poly", "cosine");
  const Schedule schedule{name, 0.01, 14, 4};
  for (int epoch = 0; epoch < 4; ++epoch)
    CHECK(learning_rate_at(schedule, epoch) == Approx(0.0025 * (epoch + 1)));
  for (int epoch = 4; epoch < 14; ++epoch)
    CHECK(learning_rate_at(schedule, epoch) ==
          Approx(learning_rate_at({name, 0.01, 10, 0}, epoch - 4)));
}

TEST_CASE("optimiser steps are those recorded from nnU-Net") {
  if (!test::oracles_are_here()) return;
  at::Tensor weight = test::recorded("sgd_w0").requires_grad_();
  const auto gradients = test::recorded("sgd_grads"), truth = test::recorded("sgd_weights");
  auto optimizer = optimizer_of(weight);
  for (int step = 0; step < gradients.size(0); ++step) {
    step_with(optimizer, weight, gradients[step]);
    CHECK(test::relative_deviation(weight.detach(), truth[step]) < 1e-6);
  }
}

TEST_CASE("Adam and AdamW take the steps of Python's PyTorch") {
  const auto expect = [](const OptimizerOptions& options, const std::vector<float>& weights) {
    CHECK(at::allclose(after_three_steps(options), at::tensor(weights), 1e-6, 1e-7));
  };
  expect(adam_options("adam"), {0.9865279197692871f, -1.9975576400756836f, 0.4903835356235504f});
  auto options = adam_options("adamw");
  options.epsilon = 1e-4;
  expect(options, {0.9845573902130127f, -1.99327552318573f, 0.48945456743240356f});
  options.epsilon = 1e-8;
  options.amsgrad = true;
  expect(options, {0.9845534563064575f, -1.9932750463485718f, 0.4894539415836334f});
}

TEST_CASE("gradients longer than 12 are scaled to 12, shorter ones stay") {
  at::Tensor a = at::zeros({1}).requires_grad_(), b = at::zeros({1}).requires_grad_();
  a.mutable_grad() = at::full({1}, 30.0);
  b.mutable_grad() = at::full({1}, 40.0);
  CHECK(clip_gradients({a, b}) == Approx(50));
  CHECK(a.grad().item<double>() == Approx(12 * 0.6));
  CHECK(b.grad().item<double>() == Approx(12 * 0.8));
  CHECK(clip_gradients({a, b}) == Approx(12));
  CHECK(a.grad().item<double>() == Approx(12 * 0.6));
}

TEST_CASE("an optimiser restored from its state goes on bit for bit") {
  auto options = adam_options(GENERATE("sgd", "adam", "adamw"));
  options.amsgrad = GENERATE(false, true);
  const auto first = at::randn({5}), second = at::randn({5}), start = at::randn({5});
  at::Tensor weight = start.clone().requires_grad_();
  at::Tensor without_gradient = at::ones({2}).requires_grad_();
  auto optimizer = make_optimizer({{{without_gradient, weight}}}, options);
  step_with(optimizer, weight, first);
  const auto state = optimizer_state(optimizer);

  at::Tensor other = weight.detach().clone().requires_grad_();
  auto restored = make_optimizer({{{without_gradient, other}}}, options);
  load_optimizer_state(restored, state, "checkpoint");
  step_with(optimizer, weight, second);
  step_with(restored, other, second);
  CHECK(at::equal(weight, other));
}

TEST_CASE("momentum that was stored with its channels last moves the same weights") {
  const at::NoGradGuard no_gradient;
  const at::Tensor start = at::randn({4, 3, 2, 2}), gradient = at::randn(start.sizes());
  const auto moved = [&](at::MemoryFormat layout) {
    at::Tensor weight = start.clone();
    auto before = optimizer_of(weight);
    step_with(before, weight, gradient);
    for (auto& entry : before.method->state()) {
      auto& state = static_cast<torch::optim::SGDParamState&>(*entry.second);
      state.momentum_buffer(state.momentum_buffer().contiguous(layout));
    }
    auto after = optimizer_of(weight);
    load_optimizer_state(after, optimizer_state(before), "checkpoint");
    step_with(after, weight, gradient);
    return weight;
  };
  CHECK(at::equal(moved(at::MemoryFormat::ChannelsLast), moved(at::MemoryFormat::Contiguous)));
}

TEST_CASE("a GPU takes the steps of SGD that the CPU takes", "[gpu]") {
  if (test::without_gpu()) return;
  const auto start = at::randn({40, 3});
  at::Tensor here = start.clone().requires_grad_(), there = start.to(at::kCUDA).requires_grad_();
  auto optimizer = optimizer_of(here), other = optimizer_of(there);
  for (int step = 0; step < 4; ++step) {
    const auto gradient = at::randn({40, 3});
    step_with(optimizer, here, gradient);
    step_with(other, there, gradient.to(at::kCUDA));
  }
  CHECK(at::allclose(there.cpu(), here, 1e-5, 1e-6));
}

TEST_CASE("groups of parameters keep their part of the learning rate through a resume") {
  at::Tensor body = at::zeros({1}).requires_grad_(), head = at::zeros({1}).requires_grad_();
  OptimizerOptions options;
  options.weight_decay = options.momentum = 0;
  const std::vector<ParameterGroup> groups{{{body}, 0.1}, {{}, 3}, {{head}, 1}};
  auto optimizer = make_optimizer(groups, options);
  auto restored = make_optimizer(groups, options);
  load_optimizer_state(restored, optimizer_state(optimizer), "checkpoint");
  set_learning_rate(restored, 0.5);
  body.mutable_grad() = at::ones({1});
  head.mutable_grad() = at::ones({1});
  take_step(restored);
  CHECK(body.item<double>() == Approx(-0.05));
  CHECK(head.item<double>() == Approx(-0.5));
  auto one_group = make_optimizer({{{body, head}, 1}}, options);
  CHECK_THROWS_AS(load_optimizer_state(one_group, optimizer_state(optimizer), "x.pth"), Error);
}

TEST_CASE("optimiser state of another network or another optimiser is refused") {
  at::Tensor weight = at::ones({3}).requires_grad_(), other = at::ones({4}).requires_grad_();
  auto optimizer = optimizer_of(weight);
  step_with(optimizer, weight, at::ones({3}));
  const auto state = optimizer_state(optimizer);
  auto another = optimizer_of(other);
  CHECK_THROWS_AS(load_optimizer_state(another, state, "x.pth"), Error);
  auto adam = optimizer_of(weight, adam_options("adam"));
  CHECK_THROWS_AS(load_optimizer_state(adam, state, "x.pth"), Error);
}
