#include "array_difference.hpp"
#include "augment/skeleton.hpp"
#include "seg/data/npy.hpp"
#include "seg/train/losses.hpp"
#include "topic.hpp"

namespace seg::oracles {
namespace fs = std::filesystem;
namespace {

constexpr double kTolerance = 1e-6;

struct RecordedSkeletons {
  fs::path folder;
  Json manifest;

  at::Tensor array(const Json& file) const {
    return data::map_npy(folder / file.get<std::string>()).clone();
  }
};

void replay_transform(const RecordedSkeletons& recorded, const Json& one, Outcome& outcome) {
  const at::Tensor labels = recorded.array(one.at("segmentation"))[0];
  const at::Tensor bare = data::thinned(labels > 0);
  if (!at::equal(bare, recorded.array(one.at("bare_skeleton")).to(at::kBool)))
    outcome.fault = "another skeleton";
  const at::Tensor result =
      data::label_skeleton(labels, {.tube = one.at("do_tube").get<bool>()}).unsqueeze(0);
  judge(outcome, largest_difference(result, recorded.array(one.at("skeleton"))), 0);
}

void judge_value(const at::Tensor& loss, double value, Outcome& outcome) {
  judge(outcome, std::abs(loss.item<double>() - value) / std::max(1.0, std::abs(value)),
        kTolerance);
}

train::LossOptions options_of(const Json& one) {
  train::LossOptions options;
  options.loss = train::Loss::dice_ce_skeleton;
  options.batch_dice = one.value("batch_dice", false);
  options.skeleton_weight = one.value("weight_srec", 1.0);
  if (one.contains("ignore_label") && !one.at("ignore_label").is_null())
    options.ignore_label = one.at("ignore_label");
  options.head_weights = one.value("weights", std::vector<double>{});
  return options;
}

void replay_loss(const RecordedSkeletons& recorded, const Json& one, Outcome& outcome) {
  const at::Tensor logits = recorded.array(one.at("logits")).requires_grad_();
  const at::Tensor target = recorded.array(one.at("target"));
  const at::Tensor skeleton = recorded.array(one.at("skeleton"));
  const auto options = options_of(one);
  const at::Tensor loss =
      one.at("kind") == "SoftSkeletonRecall"
          ? train::skeleton_recall_loss(logits.softmax(1), skeleton, {}, options)
          : train::head_loss(logits, at::cat({target, skeleton}, 1), options);
  loss.backward();
  judge_value(loss, one.at("value"), outcome);
  judge(outcome, largest_difference(logits.grad(), recorded.array(one.at("gradient"))), kTolerance);
}

/// Upstream's run has a skeleton for the first head only, and so no loss of the others, which are
/// given their labels in its place.
void replay_heads(const RecordedSkeletons& recorded, const Json& one, Outcome& outcome) {
  std::vector<at::Tensor> logits, targets;
  const Json& skeletons = one.at("skeleton");
  const std::size_t heads = one.at("target").size();
  for (std::size_t head = 0; head < heads; ++head) {
    const at::Tensor target = recorded.array(one.at("target")[head]);
    const at::Tensor skeleton =
        head < skeletons.size() ? recorded.array(skeletons[head]).view(target.sizes()) : target;
    targets.push_back(at::cat({target, skeleton}, 1));
    logits.push_back(recorded.array(one.at("logits")[head]).requires_grad_());
  }
  train::LossOptions options = options_of(one);
  options.first_head_only = skeletons.size() < heads;
  const at::Tensor loss = train::training_loss(logits, targets, options);
  loss.backward();
  judge_value(loss, one.at("value"), outcome);
  for (std::size_t head = 0; head < heads; ++head)
    if (const Json& gradient = one.at("gradient")[head]; gradient.is_string())
      judge(outcome, largest_difference(logits[head].grad(), recorded.array(gradient)), kTolerance);
    else if (logits[head].grad().defined())
      outcome.fault = "head " + std::to_string(head) + " has a gradient";
}

void check_skeletons(const fs::path& folder, const Tell& tell) {
  const RecordedSkeletons recorded{folder, read_json(folder / "manifest.json")};
  for (const Json& one : recorded.manifest.at("transform"))
    tell(attempt(one.at("name").get<std::string>() + (one.at("do_tube") ? ", tube" : ", line"),
                 [&](Outcome& outcome) { replay_transform(recorded, one, outcome); }));
  for (const Json& one : recorded.manifest.at("losses"))
    tell(attempt(one.at("kind").get<std::string>() + " " + one.at("gradient").get<std::string>(),
                 [&](Outcome& outcome) { replay_loss(recorded, one, outcome); }));
  for (const Json& one : recorded.manifest.at("deep_supervision"))
    tell(attempt("deep supervision, " + one.at("name").get<std::string>(),
                 [&](Outcome& outcome) { replay_heads(recorded, one, outcome); }));
}

}  // namespace

Topic skeleton_recall_topic() {
  return {"skeleton_recall",
          [](const fs::path& folder) { return is_about(folder, "skeleton_recall"); },
          check_skeletons};
}

}  // namespace seg::oracles
