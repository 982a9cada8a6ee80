#include "seg/train/postprocess.hpp"

#include "base/outcome.hpp"
#include "evaluate/label_maps.hpp"
#include "predict/destination.hpp"
#include "predict/filled_folder.hpp"
#include "predict/label_parts.hpp"
#include "predict/segmentation_record.hpp"
#include "seg/data/image.hpp"
#include "seg/plan/intention.hpp"
#include "seg/plan/output_name.hpp"
#include "seg/plan/same_place.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

SegmentationFiles cleaned_files(const fs::path& output, const std::string& name,
                                const std::string& ending) {
  return Destination{output, {}}.files(name, ending);
}

SegmentationRecord record_of_cleaning(const fs::path& label_map,
                                      const std::vector<KeepLargest>& steps) {
  Json kept = Json::array();
  for (const KeepLargest& step : steps) kept.push_back(step.labels);
  return {{{kPostprocessing.entry, kept}}, made_from({label_map}), {}};
}

}  // namespace

at::Tensor postprocess(const at::Tensor& labels, const std::vector<KeepLargest>& steps) {
  at::Tensor volume = labels.dim() == 4 ? labels[0] : labels;
  for (const KeepLargest& step : steps) volume = with_largest_part(volume, step.labels);
  return volume.view(labels.sizes());
}

void refuse_to_replace_cleaned(const fs::path& input, const fs::path& output,
                               const EvaluateOptions& options) {
  const std::string& ending = options.file_ending;
  for (const std::string& name : cases_in(input, ending))
    refuse_to_lose(cleaned_files(output, name, ending),
                   record_of_cleaning(input / (name + ending), {}));
  refuse_to_lose_descriptions(output, kPostprocessing);
}

std::vector<std::string> postprocess_intentions(const fs::path& input, const fs::path& output,
                                                const EvaluateOptions& options) {
  require_folder_name(output);
  refuse_same_place(output, input, "the folder of the segmentations");
  std::vector<std::string> lines;
  for (const std::string& name : label_maps(input, options.file_ending))
    lines.push_back(to_write(output / name));
  if (fs::exists(input / "dataset.json")) lines.push_back(to_write(output / "dataset.json"));
  return lines;
}

std::vector<std::string> postprocess_folder(const fs::path& input, const fs::path& output,
                                            const std::vector<KeepLargest>& steps,
                                            const EvaluateOptions& options,
                                            const Reporter& reporter) {
  require_folder_name(output);
  refuse_same_place(output, input, "the folder of the segmentations");
  const std::string& ending = options.file_ending;
  const auto names = cases_in(input, ending);
  tell_of_other_formats({output, {}}, ending, names, reporter);
  fs::create_directories(output / "records");  // tells later runs who fills the folder
  if (fs::exists(input / "dataset.json"))
    write_json(output / "dataset.json", read_json(input / "dataset.json"));
  const auto clean = [&](std::size_t i, const Reporter& serialised) {
    const fs::path label_map = input / (names[i] + ending);
    const data::Image segmentation = data::read_label_map(label_map, options.reader, serialised);
    const auto files = cleaned_files(output, names[i], ending);
    const auto record = record_of_cleaning(label_map, steps);
    begin_record(files, record);
    data::write_label_map(files.labels, postprocess(segmentation.data, steps)[0],
                          segmentation.geometry);
    write_record(files, record, {});
  };
  try {
    return finished_cases({names, "post-processing", "post-processed", options.threads}, reporter,
                          clean);
  } catch (const SomeFailed& some) {
    tell_of_earlier(output, ending, some.outcomes().failed, reporter);
    throw;
  }
}

}  // namespace seg::train
