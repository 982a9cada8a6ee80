#include "seg/train/postprocess.hpp"

namespace seg::train {
namespace {

double dice_of(const Json& metrics) { return metrics.at("Dice").get<double>(); }

bool any_class_is_worse(const Json& before, const Json& after) {
  for (const auto& [key, metrics] : after.at("mean").items())
    if (dice_of(metrics) < dice_of(before.at("mean").at(key))) return true;
  return false;
}

/// Tries steps one after the other on top of those that were taken.
class PostprocessingSearch {
 public:
  PostprocessingSearch(const ComparedFolders& folders, const Reporter& reporter)
      : folders_(folders), reporter_(reporter) {
    decision_.before = summary_with({});
    decision_.after = decision_.before;
  }

  void try_whole_foreground() {
    KeepLargest step;
    for (const int label : folders_.labels.all)
      if (label != 0) step.labels.push_back(label);
    const Json now = summary_with({step});
    const bool better =
        dice_of(now.at("foreground_mean")) > dice_of(decision_.after.at("foreground_mean"));
    if (better && !any_class_is_worse(decision_.after, now)) take(step, now, "all foreground");
  }

  void try_class(std::size_t number) {
    const std::string& key = folders_.labels.foreground_keys.at(number);
    const KeepLargest step{folders_.labels.foreground().at(number)};
    std::vector<KeepLargest> steps = decision_.steps;
    steps.push_back(step);
    const Json now = summary_with(steps);
    if (dice_of(now.at("mean").at(key)) > dice_of(decision_.after.at("mean").at(key)))
      take(step, now, "class " + key);
  }

  const PostprocessingDecision& decision() const { return decision_; }

 private:
  Json summary_with(const std::vector<KeepLargest>& steps) const {
    return evaluate_changed(
        folders_, [&](const at::Tensor& labels) { return postprocess(labels, steps); }, reporter_);
  }

  void take(const KeepLargest& step, const Json& summary, const std::string& what) {
    decision_.steps.push_back(step);
    reporter_.say("keeping only the largest part of " + what + " improves the mean Dice from " +
                  std::to_string(dice_of(decision_.after.at("foreground_mean"))) + " to " +
                  std::to_string(dice_of(summary.at("foreground_mean"))));
    decision_.after = summary;
  }

  const ComparedFolders& folders_;
  const Reporter& reporter_;
  PostprocessingDecision decision_;
};

}  // namespace

PostprocessingDecision decide_postprocessing(const ComparedFolders& folders,
                                             const Reporter& reporter) {
  PostprocessingSearch search(folders, reporter);
  search.try_whole_foreground();
  const std::size_t classes = folders.labels.foreground_keys.size();
  for (std::size_t number = 0; classes > 1 && number < classes; ++number) search.try_class(number);
  return search.decision();
}

}  // namespace seg::train
