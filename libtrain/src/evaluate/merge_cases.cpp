#include "evaluate/merge_cases.hpp"

#include "base/outcome.hpp"
#include "evaluate/label_maps.hpp"
#include "predict/case_probabilities.hpp"
#include "predict/destination.hpp"
#include "predict/filled_folder.hpp"
#include "seg/plan/error.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

void require_case(const std::map<std::string, fs::path>& cases, const std::string& name,
                  const std::string& model) {
  if (!cases.contains(name))
    throw Error(model, "has no probabilities of the case " + name,
                "predict the same scans with every model, with `save_probabilities`");
}

std::vector<fs::path> probabilities_of(const std::vector<fs::path>& stems) {
  std::vector<fs::path> files;
  for (const fs::path& stem : stems) files.push_back(stem.string() + ".npz");
  return files;
}

void write_average(const at::Tensor& probabilities, const std::vector<fs::path>& members,
                   const fs::path& stem) {
  write_probabilities(stem.string() + ".npz", probabilities);
  for (const std::string properties : {".json", ".pkl"})
    if (fs::exists(members.front().string() + properties))
      fs::copy_file(members.front().string() + properties, stem.string() + properties,
                    fs::copy_options::overwrite_existing);
}

void merge_case(const std::vector<fs::path>& members, const plan::Dataset& dataset,
                const SegmentationFiles& files, bool save_probabilities) {
  const at::Tensor probabilities = average_probabilities(probabilities_of(members));
  const data::Geometry geometry = read_case_geometry(members.front(), dataset.file_ending);
  const at::Tensor labels = probabilities_to_labels(probabilities, plan::labels_of(dataset));
  const SegmentationRecord record = record_of_average(members);
  begin_record(files, record);
  data::write_label_map(files.labels, labels, geometry);
  if (save_probabilities) write_average(probabilities, members, files.stem);
  WrittenBeside beside;
  beside.probabilities = save_probabilities;
  write_record(files, record, beside);
}

}  // namespace

std::map<std::string, fs::path> cases_with_probabilities(const fs::path& folder) {
  require_folder(folder);
  std::map<std::string, fs::path> cases;
  for (const std::string& file : files_ending_with(folder, ".npz")) {
    const std::string name = file.substr(0, file.size() - 4);
    cases[name] = folder / name;
  }
  if (cases.empty())
    throw Error(folder.string(), "holds no probabilities (.npz)",
                "predict again with `save_probabilities`");
  return cases;
}

SegmentationRecord record_of_average(const std::vector<fs::path>& stems) {
  return {{{kEnsemble.entry, stems.size()}}, made_from(probabilities_of(stems)), {}};
}

MemberFiles members_of(const std::vector<std::map<std::string, fs::path>>& models,
                       const std::vector<std::string>& names) {
  for (std::size_t i = 0; i < models.size(); ++i)
    for (const auto& other : models)
      for (const auto& [name, stem] : other) require_case(models[i], name, names.at(i));
  MemberFiles members;
  for (const auto& model : models)
    for (const auto& [name, stem] : model) members[name].push_back(stem);
  return members;
}

std::vector<std::string> merge_cases(const MemberFiles& members, const plan::Dataset& dataset,
                                     const fs::path& output, const EnsembleOptions& options,
                                     const Reporter& reporter) {
  const std::vector<MemberFiles::value_type> cases(members.begin(), members.end());
  std::vector<std::string> names;
  for (const auto& [name, stems] : cases) names.push_back(name);
  const auto merge = [&](std::size_t i, const Reporter&) {
    const auto& [name, stems] = cases[i];
    merge_case(stems, dataset, Destination{output, {}}.files(name, dataset.file_ending),
               options.save_probabilities);
  };
  return finished_cases({names, "averaging", "averaged", options.jobs}, reporter, merge);
}

}  // namespace seg::train
