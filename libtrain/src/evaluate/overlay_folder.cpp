#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/outcome.hpp"
#include "evaluate/drawn_pictures.hpp"
#include "seg/data/dicom.hpp"
#include "seg/data/image.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/intention.hpp"
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

/// Folders of which every case is drawn.
struct OverlayFolders {
  ImageFolder scans, labels;
  std::optional<ImageFolder> reference;
  std::vector<std::string> cases{};

  OverlayFiles files(const std::string& name) const {
    OverlayFiles files{scan_of(name, scans), label_map_of(name, labels), {}};
    if (reference) files.reference = label_map_of(name, *reference);
    return files;
  }
};

OverlayFolders read_folders(const fs::path& pictures, const OverlayFiles& given) {
  OverlayFolders folders{images_in(given.scan), images_in(given.labels), {}};
  std::set<std::string> cases;
  if (given.reference) folders.reference = images_in(*given.reference);
  std::vector<const ImageFolder*> maps{&folders.labels};
  if (folders.reference) maps.push_back(&*folders.reference);
  refuse_same_place(pictures, folders.scans.path, "what the pictures are made of");
  for (const ImageFolder* folder : maps) {
    refuse_same_place(pictures, folder->path, "what the pictures are made of");
    for (const auto& [name, file] : folder->images) cases.insert(name);
  }
  add_cases(folders.scans, cases);
  folders.cases.assign(cases.begin(), cases.end());
  return folders;
}

fs::path picture_of(const std::string& name, const fs::path& pictures) {
  return pictures / (name + ".png");
}

bool is_folder_of_cases(const fs::path& scan) {
  return fs::is_directory(scan) && !data::holds_dicom(scan);
}

/// Of a case that lacks a file nothing is drawn.
void refuse_to_replace_case(const fs::path& picture, const OverlayFolders& folders,
                            const std::string& name) {
  OverlayFiles files;
  try {
    files = folders.files(name);
  } catch (const Error&) {
    return;
  }
  refuse_to_lose(picture_files(picture), record_of_picture(files));
}

}  // namespace

void refuse_to_replace_pictures(const fs::path& picture, const OverlayFiles& files) {
  if (!is_folder_of_cases(files.scan))
    return refuse_to_lose(picture_files(picture), record_of_picture(files));
  const OverlayFolders folders = read_folders(picture, files);
  for (const std::string& name : folders.cases)
    refuse_to_replace_case(picture_of(name, picture), folders, name);
}

std::vector<std::string> overlay_intentions(const fs::path& pictures, const OverlayFiles& given,
                                            const Reporter& reporter) {
  const OverlayFolders folders = read_folders(pictures, given);
  const auto find = [&](std::size_t i, const Reporter&) { folders.files(folders.cases[i]); };
  std::vector<std::string> lines;
  for (const auto& name : finished_cases({folders.cases, "listing", "drawn"}, reporter, find))
    lines.push_back(to_write(picture_of(name, pictures)));
  return lines;
}

std::size_t write_overlays(const fs::path& pictures, const OverlayFiles& given,
                           const Reporter& reporter) {
  const OverlayFolders folders = read_folders(pictures, given);
  const auto draw = [&](std::size_t i, const Reporter& of_case) {
    const std::string& name = folders.cases[i];
    write_overlay(picture_of(name, pictures), folders.files(name), of_case);
  };
  return finished_cases({folders.cases, "drawing", "drawn"}, reporter, draw).size();
}

}  // namespace seg::train
