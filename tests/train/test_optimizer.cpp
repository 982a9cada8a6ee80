#include "seg/train/optimizer.hpp"

#include "oracle.hpp"
#include "seg/plan/error.hpp"

namespace {

using namespace seg;
using namespace seg::train;

void step_with(torch::optim::SGD& optimizer, at::Tensor& weight, const at::Tensor& gradient) {
  weight.mutable_grad() = gradient.clone();
  clip_gradients({weight});
  optimizer.step();
}

}  // namespace

TEST_CASE("the learning rate decays as nnU-Net's polynomial schedule") {
  CHECK(poly_learning_rate(0.01, 0, 1000) == 0.01);
  CHECK(poly_learning_rate(0.01, 500, 1000) == Approx(0.005358867312681466).epsilon(1e-12));
  CHECK(poly_learning_rate(0.01, 14, 15) == Approx(0.0008740129486931664).epsilon(1e-12));
  CHECK(poly_learning_rate(0.001, 49, 50) == Approx(2.9575152732566297e-05).epsilon(1e-12));
}

TEST_CASE("optimiser steps are those recorded from nnU-Net") {
  if (!test::oracles_are_here()) return;
  at::Tensor weight = test::recorded("sgd_w0").requires_grad_();
  const auto gradients = test::recorded("sgd_grads"), truth = test::recorded("sgd_weights");
  auto optimizer = make_optimizer({weight}, {});
  for (int step = 0; step < gradients.size(0); ++step) {
    step_with(optimizer, weight, gradients[step]);
    CHECK(test::relative_deviation(weight.detach(), truth[step]) < 1e-6);
  }
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
  const auto first = at::randn({5}), second = at::randn({5}), start = at::randn({5});
  at::Tensor weight = start.clone().requires_grad_();
  at::Tensor without_gradient = at::ones({2}).requires_grad_();
  auto optimizer = make_optimizer({without_gradient, weight}, {});
  step_with(optimizer, weight, first);
  const auto state = optimizer_state(optimizer);

  at::Tensor other = weight.detach().clone().requires_grad_();
  auto restored = make_optimizer({without_gradient, other}, {});
  load_optimizer_state(restored, state, "checkpoint");
  step_with(optimizer, weight, second);
  step_with(restored, other, second);
  CHECK(at::equal(weight, other));
}

TEST_CASE("momentum of another network is refused") {
  at::Tensor weight = at::ones({3}).requires_grad_(), other = at::ones({4}).requires_grad_();
  auto optimizer = make_optimizer({weight}, {});
  step_with(optimizer, weight, at::ones({3}));
  auto another = make_optimizer({other}, {});
  CHECK_THROWS_AS(load_optimizer_state(another, optimizer_state(optimizer), "x.pth"), Error);
}
