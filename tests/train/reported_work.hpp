#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "seg/data/image.hpp"
#include "seg/plan/labels.hpp"
#include "seg/train/evaluate.hpp"
#include "seg/train/training_log.hpp"
#include "small_model.hpp"
#include "test_files.hpp"

namespace seg::test {

inline const std::string kReportedModel = "nnUNetTrainer__nnUNetPlans__3d_fullres";

/// What a report has to tell, as seg's commands leave it: a dataset, its work folder, and a model
/// of two folds with curves, segmentations and their summaries. Nothing is trained for it.
class ReportedWork {
 public:
  explicit ReportedWork(Json dataset_json = small_dataset())
      : dataset_(std::move(dataset_json)), cases_{"a", "b", "c", "d"} {
    write_json(dataset_folder() / "dataset.json", dataset_);
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      data::write_image(dataset_folder() / "imagesTr" / (cases_[i] + "_0000.nii.gz"),
                        at::rand({12, 20, 24}), {});
      data::write_label_map(reference(cases_[i]), boxes(0), {});
    }
    write_json(work() / "dataset.json", dataset_);
    write_json(work() / "plans.json", small_plans());
    write_json(work() / "records/source.json", {{"dataset_folder", dataset_folder().string()}});
  }

  std::filesystem::path work() const { return folder_ / "work"; }
  std::filesystem::path model() const { return work() / "results" / kReportedModel; }
  std::filesystem::path fold(int number) const {
    return model() / ("fold_" + std::to_string(number));
  }
  std::filesystem::path dataset_folder() const { return folder_ / "Dataset900_Boxes"; }
  std::filesystem::path reference(const std::string& name) const {
    return dataset_folder() / "labelsTr" / (name + ".nii.gz");
  }

  /// Curves of so many epochs, each other than the others.
  static train::TrainingLog log(int epochs) {
    train::TrainingLog log;
    for (int i = 0; i < epochs; ++i)
      train::append(
          log,
          {1.0 / (i + 1), 1.5 / (i + 1), 0.01, 100.0 * i, 100.0 * i + 7, {0.25, 0.5 + 0.001 * i}});
    return log;
  }

  /// A model whose fold 0 validates a and b, fold 1 c and d, a being the best case and d the worst.
  void train(int epochs = 3) const {
    write_json(model() / "dataset.json", dataset_);
    write_json(model() / "plans.json", small_plans());
    for (const int number : {0, 1}) {
      write_json(fold(number) / "progress.json", to_json(log(epochs)));
      write_json(fold(number) / "seg_train.json",
                 {{"command", "train"}, {"started", "2026-01-02T03:04:05Z"}, {"seconds", 61.5}});
    }
  }
  void validate() const {
    for (int i = 0; i < 4; ++i)
      data::write_label_map(validation(i / 2) / (cases_[static_cast<std::size_t>(i)] + ".nii.gz"),
                            boxes(i), {});
    for (const int number : {0, 1}) summarize(number);
  }
  void summarize(int number) const {
    train::EvaluateOptions options;
    options.cases = {cases_.begin() + 2 * number, cases_.begin() + 2 * number + 2};
    train::evaluate_folder({validation(number), dataset_folder() / "labelsTr",
                            plan::labels_of(plan::read_dataset(dataset_folder())), options},
                           validation(number) / "summary.json");
  }
  std::filesystem::path validation(int number) const { return fold(number) / "validation"; }

  /// Two labels, moved by so many voxels.
  static at::Tensor boxes(std::int64_t moved) {
    const at::Tensor labels = at::zeros({12, 20, 24}, at::kShort);
    labels.slice(0, 3, 8).slice(1, 4, 10).slice(2, 4 + moved, 10 + moved).fill_(1);
    labels.slice(0, 3, 8).slice(1, 10, 16).slice(2, 4 + moved, 10 + moved).fill_(2);
    return labels;
  }

 private:
  TemporaryFolder folder_;
  Json dataset_;
  std::vector<std::string> cases_;
};

}  // namespace seg::test
