#include "predict/destination.hpp"

#include <set>

#include "seg/data/dicom.hpp"
#include "seg/data/output_format.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/output_name.hpp"
#include "seg/plan/same_place.hpp"

namespace seg::train {
namespace {

namespace fs = std::filesystem;

void refuse_two_types(const fs::path& file, const std::string& output_type) {
  if (!output_type.empty() && data::output_ending(output_type) != data::segmentation_ending(file))
    throw Error(SettingValue{"output_type", output_type},
                "is not what the name of the output says, " + file.string(),
                "leave out `output_type`");
}

void require_folders_above(const fs::path& output) {
  fs::path folder = output.parent_path();
  std::error_code unreadable;
  while (folder.has_relative_path() && !fs::exists(folder, unreadable))
    folder = folder.parent_path();
  if (fs::exists(folder, unreadable) && !fs::is_directory(folder))
    throw Error(folder.string(), "is a file, not a folder", "give another output");
}

/// A single scan's file may be meant.
void require_name_of_folder(const fs::path& output) {
  std::error_code unreadable;
  if (!fs::exists(output, unreadable) && is_written_as_file(output))
    throw Error(
        output.string(), "ends like a file, but in no format of label maps",
        "end it in .nii.gz, .nii, .nrrd, .mha or .dcm; a slash at the end makes it a folder");
  require_folder_name(output);
}

}  // namespace

SegmentationFiles Destination::files(const std::string& name, const std::string& ending) const {
  if (!file)
    return {folder / (name + ending), folder / name, folder / "uncertainty" / (name + ending),
            folder / "probabilities" / (name + ".nii.gz"), folder / "records" / (name + ".json")};
  const std::string text = file->string(), own = data::segmentation_ending(*file),
                    stem = text.substr(0, text.size() - own.size());
  return {*file,
          stem,
          stem + "_uncertainty" + own,
          stem + "_probabilities.nii.gz",
          folder / "records" / (file->filename().string() + ".json"),
          stem + "_statistics"};
}

Destination destination_of(const fs::path& output, const fs::path& scans,
                           const PredictOptions& options) {
  require_folders_above(output);
  if (data::segmentation_ending(output).empty() || fs::is_directory(output)) {
    require_name_of_folder(output);
    refuse_same_place(output.lexically_normal(), scans, "the folder of the scans");
    return {output, {}};
  }
  if (fs::is_directory(scans) && !data::holds_dicom(scans))
    throw Error(output.string(), "names one file, but " + scans.string() + " is a folder",
                "give a folder for the segmentations");
  data::require_writable_name(output);
  refuse_two_types(output, options.output_type);
  return {output.parent_path(), output};
}

std::optional<ErrorParts> taken_name(const fs::path& stem, const PredictOptions& options,
                                     const std::optional<std::string>& first_stage) {
  const std::string name = stem.filename().string();
  const auto is_one_of = [&](const std::set<std::string>& names) { return names.contains(name); };
  const bool is_folder =
      is_one_of({"records", "uncertainty", "probabilities"}) || name == first_stage;
  if (options.split_labels && is_folder)
    return ErrorParts{stem.string(), "is where seg keeps other files than this case's masks",
                      "rename the scan, or leave out `split_labels`"};
  if (options.save_probabilities && is_one_of({"dataset", "plans", "statistics", "seg_predict"}))
    return ErrorParts{stem.string() + ".json",
                      "is another file than that of this case's probabilities",
                      "rename the scan, or leave out `save_probabilities`"};
  return std::nullopt;
}

}  // namespace seg::train
