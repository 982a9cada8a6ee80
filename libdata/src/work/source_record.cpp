#include "work/source_record.hpp"

#include <map>

#include "base/file_stamp.hpp"
#include "base/some_of.hpp"
#include "seg/data/work_folder.hpp"
#include "seg/plan/error.hpp"

namespace seg::data {
namespace {
namespace fs = std::filesystem;

/// Entries of dataset.json that decide what is planned and trained.
constexpr const char* kDecidingKeys[] = {"channel_names", "modality",
                                         "labels",        "regions_class_order",
                                         "file_ending",   "overwrite_image_reader_writer",
                                         "dataset"};

/// Size and time of scans and label maps by their file, however its path was written.
std::map<fs::path, Json> stamps_by_file(const Json& source) {
  std::map<fs::path, Json> stamps;
  for (const Json& stamp : source.at("files"))
    if (const fs::path file = stamp.at(0).get<std::string>(); file.filename() != "dataset.json")
      stamps[fs::weakly_canonical(file)] = {stamp.at(1), stamp.at(2)};
  return stamps;
}

/// "1 file went (case_001.nii.gz), 2 files changed (...)"
std::string differences(const std::map<fs::path, Json>& planned,
                        const std::map<fs::path, Json>& now) {
  std::vector<std::string> gone, come, changed, parts;
  for (const auto& [file, stamp] : planned) {
    if (!now.contains(file))
      gone.push_back(file.filename().string());
    else if (now.at(file) != stamp)
      changed.push_back(file.filename().string());
  }
  for (const auto& [file, stamp] : now)
    if (!planned.contains(file)) come.push_back(file.filename().string());
  for (const auto& [names, what] :
       {std::pair{gone, " went ("}, {come, " came ("}, {changed, " changed ("}})
    if (!names.empty())
      parts.push_back(std::to_string(names.size()) + (names.size() == 1 ? " file" : " files") +
                      what + some_of(names) + ")");
  return seg::joined(parts);
}

void check_dataset_json(const WorkFolder& work, const fs::path& now) {
  if (!fs::exists(now)) return;
  const Json planned = read_json(work.dataset_json()), found = read_json(now);
  for (const char* key : kDecidingKeys)
    if (planned.value(key, Json()) != found.value(key, Json()))
      throw Error(now.string(),
                  std::string("its \"") + key + "\" is another than when " + work.root.string() +
                      " was planned",
                  "plan the dataset again");
}

}  // namespace

Json source_record(const fs::path& folder, const std::vector<Case>& cases) {
  Json files = Json::array({file_stamp(folder / "dataset.json")});
  for (const Case& entry : cases) {
    for (const fs::path& channel : entry.channels) files.push_back(file_stamp(channel));
    if (entry.label) files.push_back(file_stamp(*entry.label));
  }
  return {{"dataset_folder", fs::canonical(folder).string()}, {"files", files}};
}

void check_dataset_is_as_planned(const WorkFolder& work, const std::vector<Case>& cases,
                                 const Reporter& reporter) {
  const fs::path folder = dataset_folder(work);
  check_dataset_json(work, folder / "dataset.json");
  const Json planned = read_json(work.source());
  if (!planned.contains("files") || !fs::exists(folder / "dataset.json")) return;
  const std::string text =
      differences(stamps_by_file(planned), stamps_by_file(source_record(folder, cases)));
  if (!text.empty())
    reporter.warn(folder.string() + ": since it was planned, " + text +
                  "; planning again takes that into account");
}

}  // namespace seg::data
