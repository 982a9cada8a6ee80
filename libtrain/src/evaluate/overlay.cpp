#include "seg/train/overlay.hpp"

#include "evaluate/drawn_pictures.hpp"
#include "evaluate/panels.hpp"
#include "evaluate/patient_planes.hpp"
#include "predict/destination.hpp"
#include "seg/data/grid.hpp"
#include "seg/data/output_format.hpp"
#include "seg/plan/same_place.hpp"

namespace seg::train {

at::Tensor overlay_picture(const OverlayInput& input, std::int64_t panel_size) {
  check_shapes(input);
  const UprightScan shown = upright(input);
  const GreyRange greys = grey_range(input.scan);
  const at::Tensor structure = largest_structure(shown.labels);
  const at::Tensor outlined = shown.reference.defined() ? shown.reference : shown.labels;
  const double scale = panel_size / longest_side(shown);
  std::vector<at::Tensor> panels;
  for (std::int64_t axis = 0; axis < (input.geometry.dimensions == 2 ? 1 : 3); ++axis) {
    const std::int64_t index = slice_to_show(shown, structure, axis);
    const Panel panel{greys.levels(shown.plane(shown.scan, axis, index)),
                      shown.plane(shown.labels, axis, index).to(at::kFloat),
                      shown.plane(outlined, axis, index).to(at::kFloat)};
    const auto spacing = plane_spacing(shown, axis);
    panels.push_back(painted(resized(panel, {pixels(panel.grey.size(0) * spacing[0] * scale),
                                             pixels(panel.grey.size(1) * spacing[1] * scale)})));
  }
  return side_by_side(panels);
}

SegmentationFiles picture_files(const std::filesystem::path& picture) {
  return Destination{picture.parent_path(), picture}.files("", "");
}

SegmentationRecord record_of_picture(const OverlayFiles& files) {
  std::vector<std::filesystem::path> sources{files.scan, files.labels};
  if (files.reference) sources.push_back(*files.reference);
  return {{{"drawn", sources.size()}}, made_from(sources), {}};
}

void write_overlay(const std::filesystem::path& picture, const OverlayFiles& files,
                   const Reporter& reporter) {
  if (std::filesystem::exists(files.scan)) data::require_picture_name(picture);
  for (const auto& input :
       {std::optional(files.scan), std::optional(files.labels), files.reference})
    if (input) refuse_same_place(picture, *input, "what the picture is made of");
  const data::Image scan = data::read_image({files.scan});
  const auto labels = [&](const std::filesystem::path& file) {
    return data::read_label_map_of(scan, file, {}, reporter).data[0];
  };
  OverlayInput input{scan.data[0], labels(files.labels)};
  if (files.reference) input.reference = labels(*files.reference);
  input.geometry = scan.geometry;
  const at::Tensor pixels = overlay_picture(input);
  const SegmentationRecord record = record_of_picture(files);
  begin_record(picture_files(picture), record);
  data::write_picture(picture, pixels);
  write_record(picture_files(picture), record, {});
}

}  // namespace seg::train
