#include <ATen/ATen.h>

#include <algorithm>
#include <set>

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

/// Without sorting its voxels, as at::_unique would.
std::set<int> values_in(const at::Tensor& map) {
  const at::Tensor labels = map.contiguous();
  const auto* voxels = labels.const_data_ptr<std::int16_t>();
  std::vector<std::uint8_t> held(1 << 16);
  for (std::int64_t i = 0; i < labels.numel(); ++i) held[static_cast<std::uint16_t>(voxels[i])] = 1;
  std::set<int> values;
  for (std::size_t value = 0; value < held.size(); ++value)
    if (held[value] != 0) values.insert(static_cast<std::int16_t>(value));
  return values;
}

}  // namespace

FoundLabels labels_found(const fs::path& folder, int jobs, const Reporter& reporter) {
  FoundLabels result{{}, ending_in(folder)};
  const auto names = label_maps(folder, result.file_ending);
  std::vector<std::set<int>> found(names.size());
  data::for_each_case(names.size(), {jobs, "looking for labels", reporter},
                      [&](std::size_t i, const Reporter& serial) {
                        found[i] =
                            values_in(data::read_label_map(folder / names[i], {}, serial).data);
                      });
  plan::Labels& labels = result.labels;
  labels.all = {0};
  std::set<int> values;
  for (const std::set<int>& of_map : found) values.insert(of_map.begin(), of_map.end());
  for (const int value : values)
    if (value != 0) {
      labels.all.push_back(value);
      labels.foreground_keys.push_back(std::to_string(value));
    }
  std::ranges::sort(labels.all);
  labels.foreground_names = labels.foreground_keys;
  return result;
}

}  // namespace seg::train
