#include "image/dicom_series.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/some_of.hpp"
#include "image/dicom_copies.hpp"
#include "image/dicom_file.hpp"
#include "image/dicom_frames.hpp"
#include "image/dicom_structure.hpp"
#include "image/file_header.hpp"
#include "image/slice_stack.hpp"
#include "seg/data/dicom.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/joined.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;

using OpenedFile = OpenedDicomFile;

/// The files of a folder that hold slices, and those that do not.
struct FoundFiles {
  std::vector<OpenedFile> slices, without_place;
  std::size_t without_pixels = 0, localizers = 0, segmentations = 0;
};

void refuse_too_few_bytes(const OpenedFile& file) {
  const DicomFile& content = file.content;
  if (content.rows == 0 || content.columns == 0 || content.frames == 0)
    refuse_header(file.path, "it has no rows, columns or frames");
  const double claimed = double(content.rows) * content.columns * content.samples * content.frames *
                         content.bits_allocated / 8;
  if (!file.pixels.encapsulated) require_bytes(file.path, {claimed, double(file.pixels.bytes)});
}

bool is_placed(const DicomFile& content) {
  return std::ranges::all_of(content.placed, [](const DicomFrame& frame) {
    return !frame.position.empty() && !frame.orientation.empty();
  });
}

FoundFiles open_all(const std::vector<fs::path>& files) {
  FoundFiles found;
  for (const fs::path& path : files) {
    DicomPixels pixels = check_dicom_structure(path);
    OpenedFile file{path, read_dicom_content(path), std::move(pixels)};
    if (file.content.modality == "SEG") {
      ++found.segmentations;
      continue;
    }
    if (!file.pixels.there && file.content.is_image) require_bytes(path, {1, 0});
    if (!file.pixels.there) {
      ++found.without_pixels;
      continue;
    }
    if (file.content.is_localizer) {
      ++found.localizers;
      continue;
    }
    refuse_too_few_bytes(file);
    (is_placed(file.content) ? found.slices : found.without_place).push_back(std::move(file));
  }
  return found;
}

/// What may be shown of a text from the file: a code or a number.
std::string shown(const std::string& text) {
  const bool plain =
      text.size() <= 16 && std::ranges::all_of(text, [](unsigned char letter) {
        return std::isdigit(letter) || std::isupper(letter) || letter == '_' || letter == ' ';
      });
  return text.empty() || !plain ? "unknown" : text;
}

/// "CT, series 3, 40 slices"
std::string description(const std::vector<const OpenedFile*>& series) {
  int slices = 0;
  for (const OpenedFile* file : series) slices += file->content.frames;
  const DicomFile& first = series.front()->content;
  return shown(first.modality) + ", series " + shown(first.series_number) + ", " +
         std::to_string(slices) + " slice(s) from " + series.front()->path.filename().string();
}

void refuse_several_series(const fs::path& folder, const FoundFiles& found) {
  std::map<std::string, std::vector<const OpenedFile*>> series;
  for (const OpenedFile& file : found.slices) series[file.content.series].push_back(&file);
  if (series.size() < 2) return;
  std::vector<std::string> all;
  for (const auto& [uid, files] : series) all.push_back(description(files));
  std::sort(all.begin(), all.end());
  throw Error(folder.string(),
              "holds " + std::to_string(all.size()) + " series (" + joined(all, "; ") + ")",
              "give each series a folder of its own");
}

void refuse_unplaced(const fs::path& folder, const FoundFiles& found) {
  if (found.segmentations > 0 && found.slices.empty() && found.without_place.empty())
    throw Error(folder.string(),
                std::string(fs::is_directory(folder) ? "holds nothing but DICOM Segmentations"
                                                     : "is a DICOM Segmentation") +
                    ", which seg writes, but does not read",
                "give the scan, or for a label map what `output_type=nii.gz` writes");
  for (const OpenedFile& file : found.without_place) {
    const bool in_series =
        found.slices.empty() || file.content.series == found.slices.front().content.series;
    if (in_series)
      throw Error(file.path.string(),
                  std::string(file.content.frames > 1 ? "has several frames which do not say"
                                                      : "does not say") +
                      " where they lie in the patient (ImagePositionPatient)",
                  "give slices of a scanner, or convert the scan, for example to .nii.gz");
  }
  if (found.slices.empty())
    throw Error(folder.string(),
                "holds no DICOM slices (" + std::to_string(found.localizers) + " localizer(s), " +
                    std::to_string(found.without_pixels) + " file(s) without pixels)",
                "give the folder of a series");
}

/// How many files are no DICOM. An empty one may have been a slice.
std::size_t count_others(const fs::path& folder) {
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with('.') || name == "DICOMDIR" || !entry.is_regular_file()) continue;
    if (entry.file_size() == 0)
      throw Error(entry.path().string(), "is empty (0 bytes) among the slices of a DICOM series",
                  "copy it again, or move it elsewhere");
    count += !is_dicom_file(entry.path());
  }
  return count;
}

void tell_left_out(const fs::path& folder, const FoundFiles& found, const Reporter& reporter) {
  std::vector<std::string> kinds;
  const auto add = [&](std::size_t count, const std::string& what) {
    if (count > 0) kinds.push_back(std::to_string(count) + " " + what);
  };
  if (fs::is_directory(folder)) add(count_others(folder), "no DICOM");
  add(found.localizers, "localizer(s)");
  add(found.segmentations, "DICOM Segmentation(s)");
  add(found.without_pixels, "without pixels");
  add(found.without_place.size(), "without a place in the patient");
  if (!kinds.empty()) reporter.warn(folder.string() + ": files are left out: " + joined(kinds));
}

void tell_copies(const fs::path& folder, const std::vector<DicomCopy>& copies,
                 const Reporter& reporter) {
  std::vector<std::string> names;
  for (const DicomCopy& copy : copies)
    names.push_back(copy.file.filename().string() + " of " + copy.of.filename().string());
  if (!names.empty())
    reporter.warn(folder.string() + ": " + std::to_string(names.size()) +
                  " file(s) are copies of others and left out: " + some_of(names));
}

/// What may be no scan for a model that was trained on volumes of a scanner.
void tell_unusual(const fs::path& folder, const std::vector<OpenedFile>& files,
                  const Reporter& reporter) {
  const DicomFile& first = files.front().content;
  std::vector<std::string> doubts;
  if (const std::set<std::string> usual{"CT", "MR", "PT", "NM"}; !usual.contains(first.modality))
    doubts.push_back("is of the modality " + shown(first.modality) + ", not CT, MR or PT");
  if (first.is_secondary_capture) doubts.emplace_back("is a secondary capture");
  if (files.size() == 1 && first.frames == 1) doubts.emplace_back("is a single slice");
  if (!doubts.empty())
    reporter.warn(folder.string() + ": " + joined(doubts, ", ", " and ") +
                  "; make sure that the model is for such scans");
}

void check_kind(const OpenedFile& file) {
  const DicomFile& content = file.content;
  const std::string name = file.path.string();
  const bool gray = content.photometric == "MONOCHROME1" || content.photometric == "MONOCHROME2";
  if (content.samples != 1 || !gray)
    throw Error(name,
                "has colours (" + shown(content.photometric) + ", " +
                    std::to_string(content.samples) + " value(s) a pixel)",
                "give a scan of one value a voxel");
  const bool whole_numbers =
      content.bits_allocated == 8 || content.bits_allocated == 16 || content.bits_allocated == 32;
  if (!whole_numbers || content.bits_stored < 1 || content.bits_stored > content.bits_allocated ||
      content.high_bit != content.bits_stored - 1)
    throw Error(name,
                "stores its values in " + std::to_string(content.bits_stored) + " of " +
                    std::to_string(content.bits_allocated) + " bits up to bit " +
                    std::to_string(content.high_bit) + ", which is not supported",
                "convert the scan, for example to .nii.gz");
  if (content.is_mosaic)
    throw Error(name, "shows many slices side by side (MOSAIC)",
                "convert the scan, for example with dcm2niix");
  if (content.has_lookup_table)
    throw Error(name, "gives its values by a lookup table (ModalityLUTSequence)",
                "convert the scan, for example to .nii.gz");
  for (const DicomFrame& frame : content.placed)
    if (!std::isfinite(frame.slope) || !std::isfinite(frame.intercept) || frame.slope == 0)
      refuse_header(file.path, "RescaleSlope or RescaleIntercept is no number to scale with");
  if (content.placed.size() != static_cast<std::size_t>(content.frames))
    throw Error(name,
                "has " + std::to_string(content.frames) +
                    " frames which do not each say where they lie (no functional groups)",
                "export it as single slices, or convert it to .nii.gz");
}

void check_size(const OpenedFile& file, const OpenedFile& first) {
  const auto size = [](const DicomFile& content) {
    return std::to_string(content.rows) + " x " + std::to_string(content.columns);
  };
  if (size(file.content) != size(first.content))
    throw Error(file.path.string(),
                "has " + size(file.content) + " pixels instead of " + size(first.content) + " in " +
                    first.path.filename().string(),
                "give each stack of slices a folder of its own");
}

std::vector<PlacedSlice> slices_of(const std::vector<OpenedFile>& files) {
  std::vector<PlacedSlice> slices;
  for (const OpenedFile& file : files)
    for (std::size_t frame = 0; frame < file.content.placed.size(); ++frame)
      slices.push_back({file.path, frame, file.content.frames == 1, file.content.placed[frame],
                        file.content.slice_spacing});
  return slices;
}

/// Where each frame of a file goes.
std::map<fs::path, std::vector<std::pair<std::size_t, std::size_t>>> places_by_file(
    const SliceStack& stack) {
  std::map<fs::path, std::vector<std::pair<std::size_t, std::size_t>>> places;
  for (std::size_t z = 0; z < stack.slices.size(); ++z)
    places[stack.slices[z].file].emplace_back(stack.slices[z].frame, z);
  return places;
}

at::Tensor read_voxels(std::vector<OpenedFile>& files, const SliceStack& stack) {
  const std::int64_t rows = files.front().content.rows, columns = files.front().content.columns;
  const auto depth = static_cast<std::int64_t>(stack.slices.size());
  const at::Tensor voxels = at::empty({1, depth, rows, columns}, at::kFloat);
  const auto places = places_by_file(stack);
  for (const OpenedFile& file : files) check_dicom_frames(file);
  read_dicom_voxels(files, [&](std::size_t i, const float* values) {
    const at::Tensor frames = at::from_blob(const_cast<float*>(values),
                                            {files[i].content.frames, rows, columns}, at::kFloat);
    for (const auto& [frame, z] : places.at(files[i].path))
      voxels[0][static_cast<std::int64_t>(z)].copy_(frames[static_cast<std::int64_t>(frame)]);
  });
  return voxels;
}

/// The files of the one series, looked at.
std::vector<OpenedFile> opened_series(const fs::path& folder_or_file, const Reporter& reporter) {
  const bool is_folder = fs::is_directory(folder_or_file);
  FoundFiles found =
      open_all(is_folder ? dicom_files(folder_or_file) : std::vector{folder_or_file});
  refuse_several_series(folder_or_file, found);
  refuse_unplaced(folder_or_file, found);
  tell_left_out(folder_or_file, found, reporter);
  if (!is_folder && found.slices.front().content.frames == 1)
    throw Error(folder_or_file.string(), "is one slice of a DICOM series",
                "give the folder of the series");
  for (const OpenedFile& file : found.slices) {
    check_kind(file);
    check_size(file, found.slices.front());
  }
  tell_copies(folder_or_file, take_out_copies(found.slices), reporter);
  tell_unusual(folder_or_file, found.slices, reporter);
  return std::move(found.slices);
}

}  // namespace

SliceStack dicom_slices(const fs::path& folder_or_file) {
  return stacked(slices_of(opened_series(folder_or_file, {})));
}

Volume read_dicom(const fs::path& folder_or_file, const Reporter& reporter) {
  std::vector<OpenedFile> files = opened_series(folder_or_file, reporter);
  const SliceStack stack = stacked(slices_of(files));
  return {read_voxels(files, stack), stack.geometry};
}

}  // namespace seg::data
