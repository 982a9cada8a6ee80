#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/outcome.hpp"
#include "seg/data/dicom.hpp"
#include "seg/data/image.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/same_place.hpp"
#include "seg/train/overlay.hpp"

namespace seg::train {
namespace fs = std::filesystem;
namespace {

constexpr const char* first_channel = "_0000";

/// A folder's images by their names without ending; those of DICOM series are folders.
struct ImageFolder {
  fs::path path;
  std::map<std::string, fs::path> images;
};

ImageFolder images_in(const fs::path& path) {
  ImageFolder folder{path, {}};
  for (const auto& entry : fs::directory_iterator(path)) {
    const std::string name = entry.path().filename().string();
    std::error_code unreadable;
    const bool is_series = entry.is_directory(unreadable) && data::holds_dicom(entry.path());
    if (name.starts_with('.') || (!is_series && data::image_ending(name).empty())) continue;
    const std::string stem = is_series ? name : data::without_image_ending(name).string();
    if (const auto [other, is_new] = folder.images.emplace(stem, entry.path()); !is_new)
      throw Error(entry.path().string(), "is " + stem + ", as " + other->second.string() + " is",
                  "move one of them elsewhere");
  }
  if (folder.images.empty()) throw Error(path.string(), "holds no images", "give another folder");
  return folder;
}

/// Without the channel's number; as it is where it has none.
std::string without_channel(const std::string& stem) {
  const bool has_number =
      stem.size() > 5 && stem[stem.size() - 5] == '_' &&
      stem.find_first_not_of("0123456789", stem.size() - 4) == std::string::npos;
  return has_number ? stem.substr(0, stem.size() - 5) : stem;
}

/// Adds the cases of scans; what label maps are called tells whether a number is a channel's.
void add_cases(const ImageFolder& scans, std::set<std::string>& cases) {
  std::set<std::string> others;
  for (const auto& [stem, image] : scans.images) {
    const std::string shorter = without_channel(stem);
    if (cases.contains(stem) || cases.contains(shorter)) continue;
    others.insert(scans.images.contains(shorter + first_channel) ? shorter : stem);
  }
  cases.merge(others);
}

fs::path scan_of(const std::string& name, const ImageFolder& scans) {
  const auto plain = scans.images.find(name), numbered = scans.images.find(name + first_channel);
  if (plain == scans.images.end() && numbered == scans.images.end())
    throw Error(scans.path.string(), "holds no scan of this case");
  if (plain != scans.images.end() && numbered != scans.images.end())
    throw Error(plain->second.string(),
                "is the scan of this case, as " + numbered->second.string() + " is",
                "move one of them elsewhere");
  return plain == scans.images.end() ? numbered->second : plain->second;
}

fs::path label_map_of(const std::string& name, const ImageFolder& maps) {
  const auto found = maps.images.find(name);
  if (found == maps.images.end())
    throw Error(maps.path.string(), "holds no label map of this case");
  return found->second;
}

}  // namespace

std::size_t write_overlays(const fs::path& pictures, const OverlayFiles& folders,
                           const Reporter& reporter) {
  const ImageFolder scans = images_in(folders.scan);
  std::vector<ImageFolder> maps{images_in(folders.labels)};
  if (folders.reference) maps.push_back(images_in(*folders.reference));
  std::set<std::string> cases;
  refuse_same_place(pictures, scans.path, "what the pictures are made of");
  for (const ImageFolder& folder : maps) {
    refuse_same_place(pictures, folder.path, "what the pictures are made of");
    for (const auto& [name, file] : folder.images) cases.insert(name);
  }
  add_cases(scans, cases);
  Outcome outcome(cases.size(), "drawing", reporter);
  for (const std::string& name : cases) {
    const auto drawn = outcome.attempt(name, [&] {
      OverlayFiles files{scan_of(name, scans), label_map_of(name, maps.front()), {}};
      if (folders.reference) files.reference = label_map_of(name, maps.back());
      write_overlay(pictures / (name + ".png"), files);
      return true;
    });
    if (drawn) outcome.finish(name);
  }
  return outcome.finished_or_throw("drawn").size();
}

}  // namespace seg::train
