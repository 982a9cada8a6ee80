#include <ATen/ATen.h>

#include <algorithm>

#include "evaluate/label_maps.hpp"
#include "seg/data/image.hpp"
#include "seg/data/parallel_cases.hpp"
#include "seg/plan/error.hpp"
#include "seg/train/evaluate.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

std::string ending_in(const fs::path& folder) {
  require_folder(folder);
  for (const std::string& name : files_ending_with(folder, ""))
    if (std::string ending = data::image_ending(name); !ending.empty()) return ending;
  throw Error(folder.string(), "there is no label map in this folder",
              "give the folder of reference labels");
}

}  // namespace

FoundLabels labels_found(const fs::path& folder, int jobs, const Reporter& reporter) {
  FoundLabels result{{}, ending_in(folder)};
  const auto names = label_maps(folder, result.file_ending);
  std::vector<at::Tensor> found(names.size());
  data::for_each_case(names.size(), {jobs, "looking for labels", reporter},
                      [&](std::size_t i, const Reporter& serial) {
                        const auto map = data::read_label_map(folder / names[i], {}, serial);
                        found[i] = std::get<0>(at::_unique(map.data));
                      });
  const at::Tensor values = std::get<0>(at::_unique(at::cat(found)));
  plan::Labels& labels = result.labels;
  labels.all = {0};
  for (std::int64_t i = 0; i < values.numel(); ++i)
    if (const int value = values[i].item<int>(); value != 0) {
      labels.all.push_back(value);
      labels.foreground_keys.push_back(std::to_string(value));
    }
  std::ranges::sort(labels.all);
  labels.foreground_names = labels.foreground_keys;
  return result;
}

}  // namespace seg::train
