#include "seg/data/convert_dataset.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "cases/old_dataset_json.hpp"
#include "cases/scan_listing.hpp"
#include "image/volume_file.hpp"
#include "seg/data/parallel_cases.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/intention.hpp"
#include "seg/plan/output_name.hpp"

namespace seg::data {
namespace {
namespace fs = std::filesystem;

constexpr char nifti_ending[] = ".nii.gz";

struct CopiedFile {
  fs::path from, folder;
};
using ConvertFile = std::function<void(const CopiedFile&, const Reporter&)>;

/// How the files of a kind of folder are brought over.
struct FolderRule {
  const char* name;
  bool required;
  ConvertFile convert;
};

void copy(const CopiedFile& file, const Reporter&) {
  fs::create_directories(file.folder);
  fs::copy_file(file.from, file.folder / file.from.filename());
}

void split_channels(const CopiedFile& file, const Reporter& reporter) {
  const std::string name = file.from.filename().string();
  const fs::path stem = file.folder / name.substr(0, name.size() - (sizeof nifti_ending - 1));
  const Volume volume = read_volume(file.from, {}, reporter);
  for (std::int64_t channel = 0; channel < volume.voxels.size(0); ++channel)
    write_volume(stem.string() + channel_number(static_cast<std::size_t>(channel)) + nifti_ending,
                 {volume.voxels[channel], volume.geometry});
}

bool is_image(const fs::path& file) {
  const std::string name = file.filename().string();
  return name.ends_with(nifti_ending) && !name.starts_with(".") && !name.starts_with("_");
}

std::vector<fs::path> images_in(const fs::path& folder) {
  std::vector<fs::path> images;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_regular_file() && is_image(entry.path())) images.push_back(entry.path());
  std::ranges::sort(images);
  return images;
}

struct Step {
  CopiedFile file;
  const ConvertFile* convert;
};

std::vector<Step> all_steps(const fs::path& source, const fs::path& target,
                            const std::vector<FolderRule>& rules) {
  std::vector<Step> steps;
  for (const FolderRule& rule : rules) {
    const fs::path folder = source / rule.name;
    const bool there = fs::is_directory(folder);
    if (there)
      for (const fs::path& image : images_in(folder))
        steps.push_back({{image, target / rule.name}, &rule.convert});
    if (rule.required && (!there || images_in(folder).empty()))
      throw Error(folder.string(), "holds no .nii.gz files",
                  "give the folder that holds dataset.json, imagesTr and labelsTr");
  }
  return steps;
}

std::vector<FolderRule> decathlon_rules() {
  return {{"imagesTr", true, split_channels},
          {"labelsTr", true, copy},
          {"imagesTs", false, split_channels}};
}

std::vector<FolderRule> version_1_rules() {
  std::vector<FolderRule> rules{{"imagesTr", true, copy}, {"labelsTr", true, copy}};
  for (const char* name : {"imagesTs", "labelsTs", "imagesVal", "labelsVal"})
    rules.push_back({name, false, copy});
  return rules;
}

std::vector<std::string> intentions(const fs::path& source, const fs::path& target,
                                    const std::vector<FolderRule>& rules) {
  converted_dataset_json(source / "dataset.json");
  require_folder_name(target);
  require_free_folder(target);
  std::vector<std::string> lines;
  for (const Step& step : all_steps(source, target, rules))
    lines.push_back(to_write(step.file.folder / step.file.from.filename()));
  lines.push_back(to_write(target / "dataset.json"));
  return lines;
}

void convert(const fs::path& source, const fs::path& target, const ParallelCases& parallel,
             const std::vector<FolderRule>& rules) {
  require_folder_name(target);
  const Json dataset = converted_dataset_json(source / "dataset.json");
  write_folder_atomically(target, [&](const fs::path& temporary) {
    const auto steps = all_steps(source, temporary, rules);
    for_each_case(steps.size(), parallel, [&](std::size_t i, const Reporter& serialised) {
      (*steps[i].convert)(steps[i].file, serialised);
    });
    write_json(temporary / "dataset.json", dataset);
  });
}

}  // namespace

void convert_decathlon(const fs::path& source, const fs::path& target, int jobs,
                       const Reporter& reporter) {
  convert(source, target, {jobs, "converting", reporter}, decathlon_rules());
}

std::vector<std::string> decathlon_intentions(const fs::path& source, const fs::path& target) {
  return intentions(source, target, decathlon_rules());
}

void convert_version_1(const fs::path& source, const fs::path& target, int jobs,
                       const Reporter& reporter) {
  convert(source, target, {jobs, "converting", reporter}, version_1_rules());
}

std::vector<std::string> version_1_intentions(const fs::path& source, const fs::path& target) {
  return intentions(source, target, version_1_rules());
}

}  // namespace seg::data
