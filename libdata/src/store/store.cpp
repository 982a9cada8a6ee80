#include "seg/data/store.hpp"

#include <algorithm>
#include <numeric>

#include "seg/data/npy.hpp"
#include "seg/plan/error.hpp"
#include "store/case_record.hpp"

namespace seg::data {
namespace fs = std::filesystem;
namespace {

void check(const CaseFiles& files, const StoredCase& stored) {
  const auto refuse = [](const fs::path& file, const std::string& problem) {
    throw Error(file.string(), problem, "remove the case's files and preprocess again");
  };
  if (stored.data.dim() != 4 || stored.data.scalar_type() != at::kFloat)
    refuse(files.data, "is no float32 array [C, Z, Y, X]");
  if (stored.seg.dim() != 4 || stored.seg.scalar_type() != at::kShort)
    refuse(files.seg, "is no int16 array [1, Z, Y, X]");
  if (stored.seg.sizes().slice(1) != stored.data.sizes().slice(1))
    refuse(files.seg, "has another shape than " + files.data.filename().string());
}

void note_files(const CaseFiles& files, const fs::path& previous_stage, StoredCase& stored) {
  for (const fs::path& file : {files.data, files.seg, files.locations})
    stored.files.push_back(mapped_file(file));
  if (stored.previous_stage.defined())
    stored.files.push_back(mapped_file(previous_stage / (stored.name + ".npy")));
}

std::vector<at::Tensor> split_locations(const CaseFiles& files,
                                        const std::vector<std::int64_t>& counts) {
  const at::Tensor all = map_npy(files.locations);
  const std::int64_t rows = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  if (all.dim() != 2 || all.size(0) != rows || all.size(1) != 3 || all.scalar_type() != at::kInt)
    throw Error(files.locations.string(), "does not fit to " + files.record.filename().string(),
                "remove the case's files and preprocess again");
  return all.split_with_sizes(counts);
}

at::Tensor previous_stage_labels(const fs::path& folder, const StoredCase& stored) {
  if (folder.empty()) return {};
  const fs::path file = folder / (stored.name + ".npy");
  const at::Tensor labels = map_npy(file);
  if (labels.scalar_type() != at::kShort || labels.sizes() != stored.seg.sizes())
    throw Error(file.string(), "does not lie on the grid of the preprocessed case",
                "train the previous stage again with the same plans");
  return labels;
}

}  // namespace

StoredCase open_case(const fs::path& folder, const std::string& name,
                     const fs::path& previous_stage) {
  const CaseFiles files = case_files(folder, name);
  if (!fs::exists(files.record))
    throw Error(ErrorKind::not_preprocessed,
                {files.record.string(), "the case is not preprocessed", "preprocess it first"});
  const CaseRecord record = read_case_record(files.record);
  StoredCase stored;
  stored.name = name;
  stored.data = map_npy(files.data);
  stored.seg = map_npy(files.seg);
  check(files, stored);
  stored.class_locations = split_locations(files, record.location_counts);
  stored.properties = record.properties;
  stored.previous_stage = previous_stage_labels(previous_stage, stored);
  note_files(files, previous_stage, stored);
  return stored;
}

void require_whole(const StoredCase& stored) {
  for (const MappedFile& file : stored.files) require_whole(file);
}

std::vector<std::string> stored_cases(const fs::path& folder) {
  std::vector<std::string> names;
  if (!fs::is_directory(folder)) return names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const fs::path& file = entry.path();
    const bool record = file.extension() == ".json" && !file.filename().string().starts_with('.');
    if (record && fs::exists(case_files(folder, file.stem().string()).data))
      names.push_back(file.stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace seg::data
