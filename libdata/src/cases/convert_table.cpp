#include "seg/data/convert_table.hpp"

#include <algorithm>
#include <mutex>
#include <set>

#include "base/some_of.hpp"
#include "cases/case_content.hpp"
#include "cases/converted_labels.hpp"
#include "cases/scan_listing.hpp"
#include "image/image_format.hpp"
#include "image/tiff_spacing.hpp"
#include "image/volume_file.hpp"
#include "seg/data/csv.hpp"
#include "seg/data/parallel_cases.hpp"
#include "seg/plan/dataset.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/files.hpp"
#include "seg/plan/intention.hpp"
#include "seg/plan/output_name.hpp"

namespace seg::data {
namespace fs = std::filesystem;
namespace {

constexpr char common_ending[] = ".nii.gz";

std::vector<fs::path> files_of(const Case& scan) {
  std::vector<fs::path> files = scan.channels;
  if (scan.label) files.push_back(*scan.label);
  return files;
}

/// A format that one file holds alone, or nothing for what has to be rewritten.
std::string ending_to_keep(const fs::path& file) {
  if (fs::is_directory(file) || has_separate_voxels(file)) return "";
  const std::string ending(known_ending(file));
  const bool has_spacing_beside = ending.starts_with(".tif") && (has_tiff_spacing({file, false}) ||
                                                                 has_tiff_spacing({file, true}));
  return has_spacing_beside ? "" : ending;
}

/// How the files are called: as all are called already, or as what they are turned into.
std::string ending_of_all(const CaseTable& table) {
  std::set<std::string> endings;
  for (const Case& scan : table.cases)
    for (const fs::path& file : files_of(scan)) endings.insert(ending_to_keep(file));
  return endings.size() == 1 && !endings.begin()->empty() ? *endings.begin() : common_ending;
}

void require_links_possible(const CaseTable& table, const TableConversion& conversion,
                            const std::string& ending) {
  if (!conversion.link) return;
  if (!conversion.map.empty())
    throw Error(SettingValue{"link", "on"},
                "leaves label maps as they are, and values cannot change",
                "copy, or keep the values");
  for (const Case& scan : table.cases)
    for (const fs::path& file : files_of(scan))
      if (ending_to_keep(file) != ending)
        throw Error(SettingValue{"link", "on"},
                    "would leave " + file.string() + " as it is, but it has to become " + ending,
                    "copy instead");
}

/// Where a file goes.
struct Place {
  fs::path from, to;
};

void rewrite(const Place& place, const Reporter& reporter) {
  const Volume volume = read_volume(place.from, {}, reporter);
  if (volume.voxels.size(0) != 1)
    throw Error(place.from.string(),
                "has " + std::to_string(volume.voxels.size(0)) + " channels in one file",
                "give a file for each channel");
  write_volume(place.to, {volume.voxels[0], volume.geometry});
}

bool is_kept(const Place& place) {
  const std::string ending = ending_to_keep(place.from);
  return !ending.empty() && place.to.string().ends_with(ending);
}

void keep(const Place& place, const TableConversion& conversion) {
  fs::create_directories(place.to.parent_path());
  if (conversion.link)
    fs::create_symlink(fs::canonical(place.from), place.to);
  else
    fs::copy_file(place.from, place.to);
}

void bring(const Place& place, const TableConversion& conversion, const Reporter& reporter) {
  if (is_kept(place))
    keep(place, conversion);
  else
    rewrite(place, reporter);
}

at::Tensor mapped(const at::Tensor& labels, const std::map<int, int>& map) {
  at::Tensor changed = labels.clone();
  for (const auto& [from, to] : map) changed.masked_fill_(labels.eq(from), to);
  return changed;
}

/// Label maps are always looked at, for what they hold decides on dataset.json.
LabelValues bring_label_map(const Place& place, const TableConversion& conversion,
                            const Reporter& reporter) {
  const Image map = read_label_map(place.from, {}, reporter);
  const at::Tensor labels = mapped(map.data[0], conversion.map);
  LabelValues values{label_values(map.data[0]), label_values(labels)};
  if (is_kept(place) && labels.equal(map.data[0]))
    keep(place, conversion);
  else
    write_label_map(place.to, labels, map.geometry);
  return values;
}

Json dataset_json(const CaseTable& table, const Json& labels, const std::string& ending) {
  Json channels = Json::object();
  for (std::size_t i = 0; i < table.channel_names.size(); ++i)
    channels[std::to_string(i)] = table.channel_names[i];
  const auto labelled =
      std::ranges::count_if(table.cases, [](const Case& scan) { return scan.label.has_value(); });
  Json json = {{"channel_names", channels},
               {"labels", labels},
               {"numTraining", labelled},
               {"file_ending", ending}};
  plan::dataset_from_json(json, "", "dataset.json");
  return json;
}

void write_group_table(const fs::path& file, const std::map<std::string, std::string>& groups) {
  std::string text = "case,group\n";
  for (const auto& [name, group] : groups) text += csv_cell(name) + "," + csv_cell(group) + "\n";
  write_text_file(file, text);
}

/// Where a dataset has the files of a case: channels, then the label map.
std::vector<Place> places_of(const Case& scan, const fs::path& dataset, const std::string& ending) {
  std::vector<Place> places;
  const fs::path images = dataset / (scan.label ? "imagesTr" : "imagesTs");
  for (std::size_t channel = 0; channel < scan.channels.size(); ++channel)
    places.push_back(
        {scan.channels[channel], images / (scan.name + channel_number(channel) + ending)});
  if (scan.label) places.push_back({*scan.label, dataset / "labelsTr" / (scan.name + ending)});
  return places;
}

/// @returns the ending of all files.
std::string checked_ending(const CaseTable& table, const TableConversion& conversion) {
  if (std::ranges::none_of(table.cases, [](const Case& scan) { return scan.label.has_value(); }))
    throw Error(table.source, "has no label map", "training needs some");
  const std::string ending = ending_of_all(table);
  require_links_possible(table, conversion, ending);
  return ending;
}

void tell_unlabelled(const CaseTable& table, const Reporter& reporter) {
  std::vector<std::string> names;
  for (const Case& scan : table.cases)
    if (!scan.label) names.push_back(scan.name);
  if (!names.empty())
    reporter.say(std::to_string(names.size()) + " of " + std::to_string(table.cases.size()) +
                 " cases have no label map and go to imagesTs: " + some_of(names));
}

}  // namespace

std::vector<std::string> table_intentions(const CaseTable& table, const fs::path& target,
                                          const TableConversion& conversion) {
  require_folder_name(target);
  const std::string ending = checked_ending(table, conversion);
  require_free_folder(target);
  std::vector<std::string> lines;
  for (const Case& scan : table.cases)
    for (const Place& place : places_of(scan, target, ending)) lines.push_back(to_write(place.to));
  lines.push_back(to_write(target / "dataset.json"));
  if (!table.groups.empty()) lines.push_back(to_write(target / "groups.csv"));
  return lines;
}

void convert_table(const CaseTable& table, const fs::path& target,
                   const TableConversion& conversion, const Reporter& reporter) {
  require_folder_name(target);
  const std::string ending = checked_ending(table, conversion);
  tell_unlabelled(table, reporter);
  write_folder_atomically(target, [&](const fs::path& temporary) {
    LabelValues found;
    std::mutex mutex;
    const auto convert_case = [&](std::size_t i, const Reporter& serialised) {
      const Case& scan = table.cases[i];
      const auto places = places_of(scan, temporary, ending);
      for (std::size_t channel = 0; channel < scan.channels.size(); ++channel)
        bring(places[channel], conversion, serialised);
      if (!scan.label) return;
      auto values = bring_label_map(places.back(), conversion, serialised);
      const std::lock_guard lock(mutex);
      found.own.merge(values.own);
      found.written.merge(values.written);
    };
    for_each_case(table.cases.size(), {conversion.jobs, "converting", reporter}, convert_case);
    tell_unused(conversion, found, reporter);
    const Json labels = labels_json(table.source, conversion, found);
    write_json(temporary / "dataset.json", dataset_json(table, labels, ending));
    if (!table.groups.empty()) write_group_table(temporary / "groups.csv", table.groups);
  });
}

}  // namespace seg::data
