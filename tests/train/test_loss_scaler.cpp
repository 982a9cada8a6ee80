#include "seg/train/loss_scaler.hpp"

#include <limits>

#include "catch.hpp"

using namespace seg;
using namespace seg::train;

namespace {

Optimizer plain_descent(const at::Tensor& weight) {
  OptimizerOptions options;
  options.learning_rate = 1;
  options.weight_decay = options.momentum = 0;
  return make_optimizer({{{weight}}}, options);
}

}  // namespace

TEST_CASE("scaling leaves the step as it would be without") {
  LossScaler scaler{true};
  at::Tensor weight = at::full({1}, 2.0).requires_grad_();
  auto optimizer = plain_descent(weight);
  scaled(scaler, (weight * 3).sum()).backward();
  clip_and_step(scaler, optimizer, {weight});
  CHECK(weight.item<double>() == Approx(-1));
  CHECK(scaler.scale == 65536);
  CHECK(scaler.steps_since_change == 1);
}

TEST_CASE("an overflow halves the scale and leaves the step out") {
  LossScaler scaler{true, 1024, 5};
  at::Tensor weight = at::ones({1}).requires_grad_();
  auto optimizer = plain_descent(weight);
  weight.mutable_grad() = at::full({1}, std::numeric_limits<float>::infinity());
  clip_and_step(scaler, optimizer, {weight});
  CHECK(weight.item<double>() == 1);
  CHECK(scaler.scale == 512);
  CHECK(scaler.steps_since_change == 0);
}

TEST_CASE("2000 steps without overflow double the scale, also over a checkpoint") {
  LossScaler scaler{true, 1024, 1998};
  at::Tensor weight = at::zeros({1}).requires_grad_();
  auto optimizer = plain_descent(weight);
  weight.mutable_grad() = at::zeros({1});
  clip_and_step(scaler, optimizer, {weight});
  LossScaler restored{true};
  load_scaler_state(restored, scaler_state(scaler));
  clip_and_step(restored, optimizer, {weight});
  CHECK(restored.scale == 2048);
}

TEST_CASE("without fp16 nothing is scaled and nothing kept") {
  const LossScaler scaler;
  const auto loss = at::ones({});
  CHECK(scaled(scaler, loss).is_same(loss));
  CHECK(std::holds_alternative<net::Value::None>(scaler_state(scaler).data));
}
