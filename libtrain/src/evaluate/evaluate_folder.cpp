#include <algorithm>
#include <thread>

#include "seg/data/image.hpp"
#include "seg/data/parallel_cases.hpp"
#include "seg/plan/error.hpp"
#include "seg/train/evaluate.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

std::vector<std::string> label_maps(const fs::path& folder, const std::string& file_ending) {
  if (!fs::is_directory(folder))
    throw Error(folder.string(), "there is no such folder", "give the folder of label maps");
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(file_ending) && !name.starts_with(".")) names.push_back(name);
  }
  if (names.empty())
    throw Error(folder.string(), "there is no file that ends with " + file_ending,
                "give the folder of label maps");
  std::ranges::sort(names);
  return names;
}

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

std::vector<Metrics> compare_files(const fs::path& prediction, const fs::path& reference,
                                   const plan::Labels& labels, const Reporter& reporter) {
  if (!fs::exists(reference))
    throw Error(reference.string(), "this reference of " + prediction.string() + " is missing",
                "add it or remove the prediction");
  const at::Tensor predicted = data::read_label_map(prediction, reporter).data;
  const at::Tensor expected = data::read_label_map(reference, reporter).data;
  if (predicted.sizes() != expected.sizes())
    throw Error(prediction.string(),
                "its shape " + shape_text(predicted) + " differs from the reference's " +
                    shape_text(expected),
                "compare label maps of the same scan");
  return compare_segmentations(predicted, expected, labels);
}

}  // namespace

Json evaluate_folder(const fs::path& prediction, const fs::path& reference,
                     const plan::Labels& labels, const EvaluateOptions& options,
                     const std::optional<fs::path>& output, const Reporter& reporter) {
  const auto names = label_maps(prediction, options.file_ending);
  std::vector<EvaluatedCase> cases(names.size());
  data::for_each_case(names.size(), {jobs(options), "comparing", reporter},
                      [&](std::size_t i, const Reporter& serialised) {
                        cases[i] = {prediction / names[i], reference / names[i], {}};
                        cases[i].metrics = compare_files(cases[i].prediction, cases[i].reference,
                                                         labels, serialised);
                      });
  const Json summary = summarize(cases, labels);
  if (output) write_json(*output, summary);
  return summary;
}

}  // namespace seg::train
