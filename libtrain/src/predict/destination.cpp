#include "predict/destination.hpp"

#include "seg/data/dicom.hpp"
#include "seg/data/output_format.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/same_place.hpp"

namespace seg::train {
namespace {

namespace fs = std::filesystem;

void refuse_two_types(const fs::path& file, const std::string& output_type) {
  if (!output_type.empty() && data::output_ending(output_type) != data::segmentation_ending(file))
    throw Error(SettingValue{"output_type", output_type},
                "is not what the name of the output says, " + file.string(), "leave one out");
}

}  // namespace

SegmentationFiles Destination::files(const std::string& name, const std::string& ending) const {
  if (!file)
    return {folder / (name + ending), folder / name, folder / "uncertainty" / (name + ending),
            folder / "probabilities" / (name + ".nii.gz")};
  const std::string text = file->string(), own = data::segmentation_ending(*file),
                    stem = text.substr(0, text.size() - own.size());
  return {*file, stem, stem + "_uncertainty" + own, stem + "_probabilities.nii.gz"};
}

Destination destination_of(const fs::path& output, const fs::path& scans,
                           const PredictOptions& options) {
  if (data::segmentation_ending(output).empty() || fs::is_directory(output)) {
    refuse_same_place(output.lexically_normal(), scans, "the folder of the scans");
    return {output, {}};
  }
  if (fs::is_directory(scans) && !data::holds_dicom(scans))
    throw Error(output.string(), "names one file, but " + scans.string() + " is a folder",
                "give a folder for the segmentations");
  refuse_two_types(output, options.output_type);
  return {output.parent_path(), output};
}

}  // namespace seg::train
