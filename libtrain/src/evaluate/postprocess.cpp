#include "seg/train/postprocess.hpp"

#include "evaluate/label_maps.hpp"
#include "predict/destination.hpp"
#include "predict/filled_folder.hpp"
#include "predict/label_parts.hpp"
#include "predict/segmentation_record.hpp"
#include "seg/data/cores.hpp"
#include "seg/data/image.hpp"
#include "seg/data/parallel_cases.hpp"
#include "seg/plan/intention.hpp"
#include "seg/plan/output_name.hpp"
#include "seg/plan/same_place.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

int cases_at_a_time(const EvaluateOptions& options) {
  return options.threads > 0 ? options.threads : data::all_cores();
}

SegmentationFiles cleaned_files(const fs::path& output, const std::string& label_map,
                                const std::string& ending) {
  const std::string name = label_map.substr(0, label_map.size() - ending.size());
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
  for (const std::string& name : label_maps(input, options.file_ending))
    refuse_to_lose(cleaned_files(output, name, options.file_ending),
                   record_of_cleaning(input / name, {}));
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
  const auto names = label_maps(input, options.file_ending);
  data::for_each_case(names.size(), {cases_at_a_time(options), "post-processing", reporter},
                      [&](std::size_t i, const Reporter& serialised) {
                        const data::Image segmentation =
                            data::read_label_map(input / names[i], options.reader, serialised);
                        const auto files = cleaned_files(output, names[i], options.file_ending);
                        const auto record = record_of_cleaning(input / names[i], steps);
                        begin_record(files, record);
                        data::write_label_map(files.labels,
                                              postprocess(segmentation.data, steps)[0],
                                              segmentation.geometry);
                        write_record(files, record, {});
                      });
  if (fs::exists(input / "dataset.json"))
    write_json(output / "dataset.json", read_json(input / "dataset.json"));
  return names;
}

}  // namespace seg::train
