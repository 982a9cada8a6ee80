#include "seg/train/losses.hpp"

#include <cmath>

#include "oracle.hpp"
#include "seg/plan/error.hpp"

namespace {

using namespace seg;
using namespace seg::train;

train::LossOptions options_of(const Json& recorded_case) {
  LossOptions options;
  options.batch_dice = recorded_case.at("batch_dice");
  options.regions = recorded_case.at("kind") == "DC_and_BCE_loss";
  if (recorded_case.contains("ignore_label") && !recorded_case["ignore_label"].is_null())
    options.ignore_label = recorded_case["ignore_label"].get<int>();
  if (recorded_case.at("target") == "region_target_with_ignore_last") options.ignore_label = 4;
  return options;
}

void compare_with_oracle(const Json& recorded_case) {
  INFO(recorded_case.at("name").get<std::string>());
  const auto options = options_of(recorded_case);
  auto logits = test::recorded(recorded_case.at("logits")).requires_grad_();
  auto target = test::recorded(recorded_case.at("target"));
  if (options.regions) target = target.to(at::kBool);
  const auto loss = head_loss(logits, target, options);
  loss.backward();
  CHECK(loss.item<double>() == Approx(recorded_case.at("value").get<double>()).epsilon(1e-5));
  const auto gradient = recorded_case.at("grad").is_null() ? at::zeros_like(logits)
                                                           : test::recorded(recorded_case["grad"]);
  CHECK(test::relative_deviation(logits.grad(), gradient) < 1e-5);
}

}  // namespace

TEST_CASE("losses and their gradients are nnU-Net's") {
  if (!test::oracles_are_here()) return;
  const Json manifest = read_json(test::loss_oracle() / "manifest.json");
  for (const auto& recorded_case : manifest.at("cases"))
    if (recorded_case.at("kind").get<std::string>().starts_with("DC_and"))
      compare_with_oracle(recorded_case);
}

TEST_CASE("the loss of the first head alone is that of Skeleton Recall's authors") {
  const auto folder = test::shared_data() / "oracles/pipeline/skeleton_recall";
  if (!std::filesystem::exists(folder)) return test::skip("no recorded outputs");
  const auto read = [&](const Json& file) {
    return data::map_npy(folder / file.get<std::string>()).clone();
  };
  const Json examples = read_json(folder / "manifest.json").at("deep_supervision");
  const Json &upstream = examples.at(0), &intended = examples.at(1);
  std::vector<at::Tensor> logits, targets;
  for (int head = 0; head < 3; ++head) {
    logits.push_back(read(upstream.at("logits")[head]).requires_grad_());
    const at::Tensor labels = read(upstream.at("target")[head]);
    const at::Tensor skeleton = read(intended.at("skeleton")[head]).view(labels.sizes());
    targets.push_back(at::cat({labels, skeleton}, 1));
  }
  LossOptions options;
  options.loss = Loss::dice_ce_skeleton;
  CHECK(training_loss(logits, targets, options).item<double>() ==
        Approx(intended.at("value").get<double>()).epsilon(1e-6));
  options.first_head_only = true;
  const auto loss = training_loss(logits, targets, options);
  loss.backward();
  CHECK(loss.item<double>() == Approx(upstream.at("value").get<double>()).epsilon(1e-6));
  CHECK(test::relative_deviation(logits[0].grad(), read(upstream.at("gradient")[0])) < 1e-6);
  CHECK_FALSE(logits[1].grad().defined());
}

TEST_CASE("deep supervision sums the heads as nnU-Net does") {
  if (!test::oracles_are_here()) return;
  const auto example =
      read_json(test::loss_oracle() / "manifest.json").at("deep_supervision_example");
  std::vector<at::Tensor> logits, targets;
  for (const auto& file : example.at("logits"))
    logits.push_back(test::recorded(file).requires_grad_());
  for (const auto& file : example.at("targets")) targets.push_back(test::recorded(file));
  const auto loss = deep_supervision_loss(logits, targets, {});
  loss.backward();
  CHECK(loss.item<double>() == Approx(example.at("value").get<double>()).epsilon(1e-5));
  for (int head : {0, 1})
    CHECK(test::relative_deviation(logits[head].grad(), test::recorded(example.at("grads")[head])) <
          1e-5);
  CHECK_FALSE(logits[2].grad().defined());
}

TEST_CASE("deep supervision weights halve with each head, the last is off") {
  CHECK(deep_supervision_weights(1) == std::vector<double>{1});
  CHECK(deep_supervision_weights(2) == std::vector<double>{1, 0});
  const auto weights = deep_supervision_weights(4);
  CHECK(weights[0] == Approx(4.0 / 7));
  CHECK(weights[1] == Approx(2.0 / 7));
  CHECK(weights[2] == Approx(1.0 / 7));
  CHECK(weights[3] == 0);
}

TEST_CASE("heads and targets are paired from the highest resolution on") {
  const auto logits = at::randn({2, 3, 8, 8});
  const auto target = at::randint(0, 3, {2, 1, 8, 8}, at::kShort);
  const auto one = head_loss(logits, target, {}).item<double>();
  const auto low = at::randn({2, 3, 4, 4});
  CHECK(deep_supervision_loss({logits, low}, {target}, {}).item<double>() == Approx(one));
  CHECK(deep_supervision_loss({logits}, {target, target}, {}).item<double>() == Approx(one));
}

TEST_CASE("a perfect prediction costs nothing but the Dice of minus one") {
  const auto target = at::randint(0, 3, {2, 1, 6, 6, 6}, at::kShort);
  const auto logits = at::zeros({2, 3, 6, 6, 6}).scatter_(1, target.to(at::kLong), 50.0);
  CHECK(head_loss(logits, target, {}).item<double>() == Approx(-1));
}

TEST_CASE("uniform logits cost log of the number of classes in cross-entropy") {
  const auto target = at::zeros({1, 1, 4, 4}, at::kShort);
  // No foreground is annotated, so Dice is 1e-5 / (16/4 + 1e-5) for each of three classes.
  const double expected = std::log(4.0) - 1e-5 / (4 + 1e-5);
  CHECK(head_loss(at::zeros({1, 4, 4, 4}), target, {}).item<double>() == Approx(expected));
}

TEST_CASE("without any annotated voxel the loss is -1 and pulls nowhere") {
  for (const bool regions : {false, true}) {
    auto logits = at::randn({1, 3, 4, 4}).requires_grad_();
    const auto target =
        regions ? at::ones({1, 4, 4, 4}, at::kBool) : at::full({1, 1, 4, 4}, 3, at::kShort);
    const auto loss = head_loss(logits, target, {false, regions, 3});
    loss.backward();
    CHECK(loss.item<double>() == Approx(-1));
    CHECK(logits.grad().abs().max().item<double>() == 0);
  }
}

TEST_CASE("EGE-UNet's loss weighs the lower heads by 0.5 to 0.1 and leaves out what is ignored") {
  const std::vector<at::Tensor> logits(6, at::zeros({1, 1, 4, 4}));
  auto target = at::zeros({1, 1, 4, 4}, at::kBool);
  target.narrow(2, 0, 2).fill_(true);
  const double one_head = std::log(2.0) + 1 - (2 * 4 + 1) / (8 + 8 + 1.0);
  LossOptions options;
  options.regions = true;
  CHECK(ege_unet_loss(logits, target, options).item<double>() == Approx(2.5 * one_head));
  const auto ignored = at::cat({target, at::ones_like(target)}, 1);
  ignored.narrow(1, 1, 1).narrow(2, 0, 2).fill_(false);
  const double counted = std::log(2.0) + 1 - (2 * 4 + 1) / (4 + 8 + 1.0);
  options.ignore_label = 2;
  CHECK(ege_unet_loss(logits, ignored, options).item<double>() == Approx(2.5 * counted));
}

TEST_CASE("EGE-UNet's lower heads learn the foreground of several classes") {
  auto labels = at::zeros({1, 1, 4, 4}, at::kInt);
  labels.narrow(2, 0, 1).fill_(1);
  labels.narrow(2, 1, 1).fill_(2);
  const std::vector<at::Tensor> logits{at::zeros({1, 3, 4, 4}), at::zeros({1, 1, 4, 4})};
  const double foreground = std::log(2.0) + 1 - (2 * 4 + 1) / (8 + 8 + 1.0);
  const double classes = head_loss(logits[0], labels, {}).item<double>();
  CHECK(ege_unet_loss(logits, labels, {}).item<double>() == Approx(classes + 0.1 * foreground));
}

TEST_CASE("cross-entropy, Dice and top-k alone are nnU-Net's") {
  const auto logits =
      (at::arange(60) * 7919).remainder(13).to(at::kFloat).view({1, 3, 4, 5}) / 5 - 1;
  const auto value = [&](Loss loss, int classes, const std::optional<int>& ignore) {
    const auto target = (at::arange(20) * 31).remainder(classes).to(at::kShort).view({1, 1, 4, 5});
    return head_loss(logits, target, {false, false, ignore, loss}).item<double>();
  };
  CHECK(value(Loss::topk, 3, {}) == Approx(1.9477449655532837));
  CHECK(value(Loss::ce, 3, {}) == Approx(1.1158157587051392));
  CHECK(value(Loss::dice, 3, {}) == Approx(-0.33900564908981323));
  CHECK(value(Loss::dice_ce, 3, {}) == Approx(1.1158157587051392 - 0.33900564908981323));
  CHECK(value(Loss::topk, 4, 3) == Approx(2.483588218688965));
  CHECK(value(Loss::ce, 4, 3) == Approx(1.2771204710006714));
}

TEST_CASE("with regions cross-entropy is binary, and top-k is its largest tenth") {
  const auto logits = at::linspace(-3, 3, 40).view({1, 2, 4, 5});
  const auto target = at::zeros({1, 2, 4, 5}, at::kBool);
  const auto losses = at::softplus(logits);  // of voxels outside
  const auto value = [&](Loss loss) {
    return head_loss(logits, target, {false, true, {}, loss}).item<double>();
  };
  CHECK(value(Loss::ce) == Approx(losses.mean().item<double>()));
  CHECK(value(Loss::topk) == Approx(losses.flatten().slice(0, 36).mean().item<double>()));
}

TEST_CASE("given weights of heads replace nnU-Net's") {
  const auto logits = at::randn({1, 2, 4, 4}), target = at::zeros({1, 1, 4, 4}, at::kShort);
  LossOptions options;
  options.head_weights = {0.75, 0.25, 0.125};
  const auto one = head_loss(logits, target, options).item<double>();
  CHECK(deep_supervision_loss({logits, logits}, {target, target}, options).item<double>() ==
        Approx(one));
  CHECK(deep_supervision_loss({logits}, {target}, options).item<double>() == Approx(one));
}

TEST_CASE("losses are known by name") {
  CHECK(loss_named("topk") == Loss::topk);
  CHECK_THROWS_AS(loss_named("focal"), seg::Error);
}
