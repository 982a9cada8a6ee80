#include "seg/train/postprocess.hpp"

#include "evaluate/label_maps.hpp"
#include "predict/label_parts.hpp"
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

}  // namespace

at::Tensor postprocess(const at::Tensor& labels, const std::vector<KeepLargest>& steps) {
  at::Tensor volume = labels.dim() == 4 ? labels[0] : labels;
  for (const KeepLargest& step : steps) volume = with_largest_part(volume, step.labels);
  return volume.view(labels.sizes());
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
                        data::write_label_map(output / names[i],
                                              postprocess(segmentation.data, steps)[0],
                                              segmentation.geometry);
                      });
  if (fs::exists(input / "dataset.json"))
    write_json(output / "dataset.json", read_json(input / "dataset.json"));
  return names;
}

}  // namespace seg::train
