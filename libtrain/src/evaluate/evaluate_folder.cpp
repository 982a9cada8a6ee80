#include <thread>

#include "evaluate/label_maps.hpp"
#include "seg/data/image.hpp"
#include "seg/data/parallel_cases.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/plans.hpp"
#include "seg/train/evaluate.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

int jobs(const EvaluateOptions& options) {
  return options.threads > 0 ? options.threads
                             : static_cast<int>(std::thread::hardware_concurrency());
}

std::string shape_text(const at::Tensor& image) {
  std::string text;
  for (const auto extent : image.sizes().slice(1))
    text += (text.empty() ? "" : " x ") + std::to_string(extent);
  return text;
}

using Change = std::function<at::Tensor(const at::Tensor&)>;

EvaluatedCase compare_files(const ComparedFolders& folders, const std::string& name,
                            const Change& change, const Reporter& reporter) {
  const fs::path prediction = folders.prediction / name, reference = folders.reference / name;
  if (!fs::exists(reference))
    throw Error(reference.string(), "this reference of " + prediction.string() + " is missing",
                "add it or remove the prediction");
  const data::ImageReader& reader = folders.options.reader;
  const at::Tensor predicted = data::read_label_map(prediction, reader, reporter).data;
  const at::Tensor expected = data::read_label_map(reference, reader, reporter).data;
  if (predicted.sizes() != expected.sizes())
    throw Error(prediction.string(),
                "its shape " + shape_text(predicted) + " differs from the reference's " +
                    shape_text(expected),
                "compare label maps of the same scan");
  return {prediction, reference,
          compare_segmentations(change(predicted), expected, folders.labels)};
}

}  // namespace

data::ImageReader label_map_reader(const fs::path& folder, const plan::Dataset& dataset) {
  if (fs::exists(folder / "plans.json"))
    return data::image_reader(plan::read_plans(folder / "plans.json"));
  if (!dataset.image_reader_writer) return {};
  return data::image_reader(*dataset.image_reader_writer, "dataset.json");
}

Json evaluate_changed(const ComparedFolders& folders, const Change& change,
                      const Reporter& reporter) {
  const auto names = label_maps(folders.prediction, folders.options.file_ending);
  std::vector<EvaluatedCase> cases(names.size());
  data::for_each_case(names.size(), {jobs(folders.options), "comparing", reporter},
                      [&](std::size_t i, const Reporter& serialised) {
                        cases[i] = compare_files(folders, names[i], change, serialised);
                      });
  return summarize(cases, folders.labels);
}

Json evaluate_folder(const ComparedFolders& folders, const std::optional<fs::path>& output,
                     const Reporter& reporter) {
  const Json summary = evaluate_changed(
      folders, [](const at::Tensor& segmentation) { return segmentation; }, reporter);
  if (output) write_json(*output, summary);
  return summary;
}

}  // namespace seg::train
