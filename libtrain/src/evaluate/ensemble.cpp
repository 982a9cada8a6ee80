#include "seg/train/ensemble.hpp"

#include <array>

#include "evaluate/merge_cases.hpp"
#include "predict/destination.hpp"
#include "predict/filled_folder.hpp"
#include "predict/label_decision.hpp"
#include "predict/segmentation_record.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/intention.hpp"
#include "seg/plan/output_name.hpp"
#include "seg/plan/same_place.hpp"
#include "seg/train/probabilities.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

plan::Dataset dataset_beside(const fs::path& folder) {
  if (!fs::exists(folder / "dataset.json"))
    throw Error((folder / "dataset.json").string(), "there is no such file",
                "give folders of predictions, seg's or nnU-Net's");
  return plan::read_dataset(folder);
}

void copy_if_there(const fs::path& folder, const fs::path& output, const std::string& name) {
  if (fs::exists(folder / name)) write_json(output / name, read_json(folder / name));
}

/// What is averaged.
struct Ensemble {
  plan::Dataset dataset;
  MemberFiles members;
};

/// Names and values, in whatever order dataset.json has them.
Json label_set(const plan::Dataset& dataset) {
  std::map<std::string, std::vector<int>> labels;
  for (const plan::LabelEntry& label : dataset.labels) labels[label.name] = label.values;
  return {labels, dataset.regions_class_order};
}

void require_same_labels(const std::vector<fs::path>& folders) {
  const Json labels = label_set(dataset_beside(folders.at(0)));
  for (const fs::path& folder : folders)
    if (const fs::path file = folder / "dataset.json";
        fs::exists(file) && label_set(plan::read_dataset(folder)) != labels)
      throw Error(file.string(), "has other labels than " + (folders[0] / "dataset.json").string(),
                  "average predictions of the same labels");
}

fs::path record_beside(const fs::path& stem) {
  return Destination{stem.parent_path(), {}}.files(stem.filename().string(), "").record;
}

/// As far as records tell.
void require_same_scan(const std::vector<fs::path>& stems, std::size_t channels) {
  fs::path first;
  Json scan;
  for (const fs::path& stem : stems) {
    const Json found = recorded_scan(record_beside(stem), channels);
    if (found.is_null()) continue;
    if (!scan.is_null() && found != scan)
      throw Error(stem.string() + ".npz",
                  "was segmented of another scan than " + first.string() + ".npz",
                  "average predictions of the same scans");
    first = stem;
    scan = found;
  }
}

/// What would be lost.
void refuse_to_replace(const Ensemble& ensemble, const fs::path& output, bool probabilities) {
  for (const auto& [name, stems] : ensemble.members) {
    const auto files = Destination{output, {}}.files(name, ensemble.dataset.file_ending);
    refuse_to_lose(files, record_of_average(stems));
    refuse_to_lose_beside(files, {{}, probabilities});
  }
  refuse_to_lose_descriptions(output, kEnsemble);
}

Ensemble checked_ensemble(const std::vector<fs::path>& folders, const fs::path& output,
                          const EnsembleOptions& options) {
  require_folder_name(output);
  std::vector<std::map<std::string, fs::path>> models;
  std::vector<std::string> names;
  for (const fs::path& folder : folders) {
    refuse_same_place(output, folder, "one of the folders to average");
    models.push_back(cases_with_probabilities(folder));
    names.push_back(folder.string());
  }
  Ensemble ensemble{dataset_beside(folders.at(0)), members_of(models, names)};
  require_same_labels(folders);
  for (const auto& [name, stems] : ensemble.members)
    require_same_scan(stems, ensemble.dataset.channel_names.size());
  if (!options.overwrite) refuse_to_replace(ensemble, output, options.save_probabilities);
  return ensemble;
}

/// Probabilities of an earlier ensemble that are not asked for now.
std::vector<fs::path> probabilities_that_go(const Ensemble& ensemble, const fs::path& output,
                                            bool keeps_probabilities) {
  std::vector<fs::path> going;
  if (keeps_probabilities) return going;
  for (const auto& [name, stems] : ensemble.members)
    for (const fs::path& file :
         recorded_beside(Destination{output, {}}.files(name, ensemble.dataset.file_ending)))
      going.push_back(file);
  return going;
}

constexpr std::array<const char*, 2> kCopied{"dataset.json", "plans.json"};

}  // namespace

std::vector<std::string> ensemble_intentions(const std::vector<fs::path>& folders,
                                             const fs::path& output,
                                             const EnsembleOptions& options) {
  const Ensemble ensemble = checked_ensemble(folders, output, options);
  std::vector<std::string> lines;
  for (const auto& [name, files] : ensemble.members) {
    lines.push_back(to_write(output / (name + ensemble.dataset.file_ending)));
    if (options.save_probabilities) lines.push_back(to_write(output / (name + ".npz")));
  }
  for (const fs::path& file : probabilities_that_go(ensemble, output, options.save_probabilities))
    lines.push_back(to_remove(file));
  for (const char* name : kCopied)
    if (fs::exists(folders[0] / name)) lines.push_back(to_write(output / name));
  return lines;
}

at::Tensor average_probabilities(const std::vector<fs::path>& files) {
  at::Tensor sum;
  for (const fs::path& file : files) {
    const at::Tensor probabilities = read_probabilities(file);
    if (sum.defined() && sum.sizes() != probabilities.sizes())
      throw Error(file.string(), "has another shape than " + files.front().string(),
                  "average predictions of the same scan and the same labels");
    sum = sum.defined() ? sum.add_(probabilities) : probabilities;
  }
  if (!sum.defined()) throw std::logic_error("average_probabilities needs at least one file");
  return sum.div_(static_cast<double>(files.size()));
}

at::Tensor probabilities_to_labels(const at::Tensor& probabilities, const plan::Labels& labels) {
  if (probabilities.size(0) != labels.network_outputs())
    throw Error("probabilities",
                "there are " + std::to_string(probabilities.size(0)) + " classes, but " +
                    std::to_string(labels.network_outputs()) + " in dataset.json",
                "average models of the same dataset");
  return labels_of_probabilities(probabilities, labels);
}

std::vector<std::string> ensemble_folders(const std::vector<fs::path>& folders,
                                          const fs::path& output, const EnsembleOptions& options,
                                          const Reporter& reporter) {
  const Ensemble ensemble = checked_ensemble(folders, output, options);
  const auto& [dataset, members] = ensemble;
  if (const auto going = probabilities_that_go(ensemble, output, options.save_probabilities);
      !going.empty())
    reporter.say(std::to_string(going.size()) +
                 " files of probabilities that lie beside segmentations which are made again are "
                 "not asked for now, and go");
  std::vector<std::string> names;
  for (const auto& [name, files] : members) names.push_back(name);
  tell_of_other_formats({output, {}}, dataset.file_ending, names, reporter);
  fs::create_directories(output / "records");  // tells later runs who fills the folder
  for (const char* name : kCopied) copy_if_there(folders[0], output, name);
  try {
    return merge_cases(members, dataset, output, options, reporter);
  } catch (const SomeFailed& some) {
    tell_of_earlier(output, dataset.file_ending, some.outcomes().failed, reporter);
    throw;
  }
}

}  // namespace seg::train
