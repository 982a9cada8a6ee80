#include "predict/filled_folder.hpp"

#include <algorithm>
#include <map>

#include "base/sorted_entries.hpp"
#include "predict/segmentation_record.hpp"
#include "seg/plan/joined.hpp"
#include "seg/plan/output_name.hpp"

namespace seg::train {
namespace {
namespace fs = std::filesystem;

std::vector<fs::path> records_in(const fs::path& folder) {
  std::vector<fs::path> records = sorted_entries(folder / "records");
  std::erase_if(records, [](const fs::path& file) { return file.extension() != ".json"; });
  return records;
}

}  // namespace

bool is_filled_by(const Maker& maker, const fs::path& folder) {
  if (fs::exists(folder / maker.run_record)) return true;
  const auto records = records_in(folder);
  if (records.empty()) return fs::is_directory(folder / "records");
  return std::ranges::any_of(records, [&](const fs::path& file) {
    const Json made_by = read_record(file).value("made_by", Json());
    return made_by.is_object() && made_by.contains(maker.entry);
  });
}

void refuse_to_lose_descriptions(const fs::path& folder, const Maker& maker,
                                 const std::vector<std::string>& more) {
  std::vector<std::string> names{"dataset.json", "plans.json"};
  names.insert(names.end(), more.begin(), more.end());
  for (const std::string& name : names)
    if (fs::exists(folder / name) && !is_filled_by(maker, folder))
      throw would_be_replaced(folder / name,
                              "is there already, and not beside what seg made here before");
}

void tell_of_earlier(const fs::path& folder, const std::string& file_ending,
                     const std::vector<FailedCase>& failed, const Reporter& reporter) {
  std::vector<std::string> names;
  for (const FailedCase& one : failed)
    if (fs::exists(folder / (one.name + file_ending))) names.push_back(one.name);
  if (!names.empty())
    reporter.warn(folder.string() +
                  ": earlier segmentations stay there of cases that failed now: " + joined(names));
}

void tell_of_other_formats(const Destination& destination, const std::string& file_ending,
                           const std::vector<std::string>& cases, const Reporter& reporter) {
  std::vector<std::string> others;
  for (const std::string& name : cases)
    for (const fs::path& map : recorded_in_other_formats(destination.files(name, file_ending)))
      others.push_back(map.filename().string());
  if (!others.empty())
    reporter.warn(destination.folder.string() +
                  ": label maps of these cases stay there that end otherwise than " + file_ending +
                  ", as they are: " + joined(others));
}

Json recorded_statistics(const fs::path& folder) {
  std::map<std::string, Json> cases;
  for (const fs::path& file : records_in(folder)) {
    const Json statistics = read_record(file).value("statistics", Json());
    if (statistics.is_object()) cases[file.stem().string()] = statistics;
  }
  Json json = Json::object();
  for (const auto& [name, statistics] : cases) json[name] = statistics;
  return json;
}

}  // namespace seg::train
