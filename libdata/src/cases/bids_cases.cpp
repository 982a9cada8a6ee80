#include <algorithm>

#include "cases/found_files.hpp"
#include "seg/data/case_table.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/joined.hpp"

namespace seg::data {
namespace fs = std::filesystem;
namespace {

std::string bids_stem(const fs::path& file) {
  return without_image_ending(file).filename().string();
}

/// "sub-01" of sub-01_ses-2_T1w; empty where a name has no such part.
std::string part_of(const std::string& stem, const std::string& key) {
  const std::string text = "_" + stem;
  const auto start = text.find("_" + key + "-");
  if (start == std::string::npos) return "";
  return text.substr(start + 1, text.find('_', start + 1) - start - 1);
}

/// Subject, session and run.
std::string bids_case(const std::string& stem) {
  std::vector<std::string> parts;
  for (const char* key : {"sub", "ses", "run"})
    if (const std::string part = part_of(stem, key); !part.empty()) parts.push_back(part);
  return joined(parts, "_");
}

bool is_called(const fs::path& file, const std::string& end) {
  return bids_stem(file).ends_with("_" + end) && !part_of(bids_stem(file), "sub").empty();
}

/// The images below a folder whose names end so.
std::vector<fs::path> images_called(const std::string& end, const std::vector<fs::path>& images,
                                    const fs::path& folder) {
  std::vector<fs::path> found;
  for (const fs::path& image : images) {
    const std::string below = image.lexically_relative(folder).generic_string();
    if (!below.starts_with("..") && is_called(image, end)) found.push_back(image);
  }
  if (found.empty())
    throw Error(ErrorKind::not_found, {folder.string(), "holds no image sub-*_" + end + ".nii.gz",
                                       "name what there is: the end of the names, without ending"});
  return found;
}

bool is_raw(const fs::path& image, const fs::path& folder) {
  return image.lexically_relative(folder).generic_string().starts_with("sub-");
}

}  // namespace

CaseTable bids_cases(const fs::path& folder, const BidsFiles& files) {
  const std::vector<fs::path> images = images_at_any_depth(folder);
  std::vector<fs::path> raw;
  std::ranges::copy_if(images, std::back_inserter(raw),
                       [&](const fs::path& image) { return is_raw(image, folder); });
  FoundFiles found(folder.string(), files.channels);
  for (std::size_t i = 0; i < files.channels.size(); ++i)
    for (const fs::path& image : images_called(files.channels[i], raw, folder)) {
      const std::string stem = bids_stem(image);
      found.add_channel(bids_case(stem), i, image);
      found.add_group(bids_case(stem), part_of(stem, "sub"));
    }
  const fs::path derivatives = folder / "derivatives" / files.derivative;
  for (const fs::path& label : images_called(files.segmentation, images, derivatives))
    found.add_label(bids_case(bids_stem(label)), label);
  return std::move(found).table();
}

}  // namespace seg::data
