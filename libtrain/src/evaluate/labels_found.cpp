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

std::set<int> values_if_readable(const fs::path& map) {
  try {
    return values_in(data::read_label_map(map).data);
  } catch (const Error&) {
    return {};
  }
}

}  // namespace

FoundLabels labels_found(const std::vector<fs::path>& folders, int jobs, const Reporter& reporter) {
  FoundLabels result{{}, ending_in(folders.at(0))};
  std::vector<fs::path> maps;
  for (const fs::path& folder : folders) {
    require_folder(folder);
    for (const std::string& name : files_ending_with(folder, result.file_ending))
      maps.push_back(folder / name);
  }
  std::vector<std::set<int>> found(maps.size());
  data::for_each_case(
      maps.size(), {jobs, "looking for labels", reporter},
      [&](std::size_t i, const Reporter&) { found[i] = values_if_readable(maps[i]); });
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
