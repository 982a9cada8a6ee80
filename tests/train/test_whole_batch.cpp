#include <string>
#include <vector>

#include "catch.hpp"
#include "seg/train/losses.hpp"
#include "seg/train/pseudo_dice.hpp"
#include "seg/train/whole_batch.hpp"
#include "thread_ranks.hpp"

using namespace seg;
using namespace seg::train;
using seg::test::play_ranks;

namespace {

struct Problem {
  std::string name;
  LossOptions options;
};

std::vector<Problem> problems() {
  std::vector<Problem> found;
  for (const std::string& loss : loss_names())
    for (const bool batch_dice : {false, true})
      for (const bool regions : {false, true})
        for (const bool ignore : {false, true}) {
          if (loss == "dice_ce_skeleton" && regions) continue;
          LossOptions options;
          options.batch_dice = batch_dice;
          options.regions = regions;
          if (ignore) options.ignore_label = 3;
          options.loss = loss_named(loss);
          found.push_back({loss + (batch_dice ? ", batch Dice" : "") +
                               (regions ? ", regions" : "") + (ignore ? ", ignore label" : ""),
                           options});
        }
  return found;
}

at::Tensor target_for(const LossOptions& options) {
  if (options.regions) {
    const std::int64_t channels = options.ignore_label ? 4 : 3;
    return at::rand({5, channels, 6, 7}) > 0.7;
  }
  const at::Tensor labels = at::randint(0, options.ignore_label ? 4 : 3, {5, 1, 6, 7}, at::kShort);
  if (options.loss != Loss::dice_ce_skeleton) return labels;
  const at::Tensor skeleton =
      at::where(at::rand({5, 1, 6, 7}) > 0.6, labels.remainder(3), at::zeros_like(labels));
  return at::cat({labels, skeleton.to(at::kShort)}, 1);
}

}  // namespace

TEST_CASE(
    "ranks that share a batch have the whole batch's loss, and its gradients of their items") {
  at::manual_seed(5);
  for (const Problem& problem : problems()) {
    INFO(problem.name);
    const at::Tensor logits = at::randn({5, 3, 6, 7}).requires_grad_();
    const at::Tensor lower =
        at::randn({5, problem.options.loss == Loss::ege_unet ? 1 : 3, 6, 7}).requires_grad_();
    const at::Tensor target = target_for(problem.options);
    const at::Tensor expected = training_loss({logits, lower}, {target, target}, problem.options);
    expected.backward();

    at::Tensor gradients = at::zeros_like(logits), of_lower = at::zeros_like(lower);
    std::vector<double> losses(3);
    play_ranks(3, [&](data::Ranks& ranks) {
      const auto [first, end] = data::share_of(&ranks, 5);
      const auto own = [&](const at::Tensor& whole) {
        return whole.detach().narrow(0, first, end - first).clone();
      };
      const at::Tensor mine = own(logits).requires_grad_(), low = own(lower).requires_grad_();
      LossOptions options = problem.options;
      options.ranks = &ranks;
      const at::Tensor loss = training_loss({mine, low}, {own(target), own(target)}, options);
      loss.backward();
      losses[ranks.rank()] = loss.item<double>();
      gradients.narrow(0, first, end - first).copy_(mine.grad());
      if (low.grad().defined()) of_lower.narrow(0, first, end - first).copy_(low.grad());
    });
    for (const double loss : losses) CHECK(loss == Approx(expected.item<double>()).epsilon(1e-6));
    CHECK(at::allclose(gradients, logits.grad(), 1e-5, 1e-8));
    if (lower.grad().defined()) CHECK(at::allclose(of_lower, lower.grad(), 1e-5, 1e-8));
  }
}

TEST_CASE("ranks share out everything, each about as much as the others") {
  for (const std::int64_t count : {3, 5, 12})
    play_ranks(3, [&](data::Ranks& ranks) {
      const auto [first, end] = data::share_of(&ranks, count);
      const at::Tensor taken = at::zeros({count}, at::kLong);
      taken.narrow(0, first, end - first).fill_(1);
      ranks.sum(taken);
      if (ranks.leads()) CHECK(at::equal(taken, at::ones({count}, at::kLong)));
    });
}
