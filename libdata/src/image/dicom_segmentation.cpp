#include "seg/data/dicom_segmentation.hpp"

#include <ATen/ATen.h>

#include <mutex>

#include "image/dicom_segmentation_file.hpp"
#include "image/dicom_series.hpp"
#include "image/dicom_structure.hpp"
#include "seg/data/dicom.hpp"
#include "seg/data/image.hpp"
#include "seg/data/plugin.hpp"
#include "seg/plan/error.hpp"

namespace seg::data {
namespace {

namespace fs = std::filesystem;

/// DCMTK keeps variables for the whole process.
std::mutex dicom_writes;

WriteDicomSegmentation* plugin() {
  static auto* const write = reinterpret_cast<WriteDicomSegmentation*>(
      plugin_function("dicom_seg", "seg_write_dicom_segmentation"));
  return write;
}

std::vector<SourceSlice> source_slices(const SliceStack& stack) {
  std::vector<SourceSlice> slices;
  for (const PlacedSlice& slice : stack.slices) {
    const auto& position = slice.place.position;
    slices.push_back({slice.file,
                      slice.is_alone ? 0 : static_cast<int>(slice.frame) + 1,
                      {position.at(0), position.at(1), position.at(2)}});
  }
  return slices;
}

DicomSegmentation content_of(const SliceStack& stack, const at::Tensor& labels,
                             const std::vector<DicomSegment>& segments) {
  const DicomFrame& first = stack.slices.front().place;
  DicomSegmentation content;
  content.slices = source_slices(stack);
  std::copy_n(first.orientation.begin(), 6, content.orientation.begin());
  std::copy_n(first.pixel_spacing.begin(), 2, content.pixel_spacing.begin());
  content.slice_spacing = stack.geometry.spacing[2];
  content.rows = static_cast<int>(labels.size(1));
  content.columns = static_cast<int>(labels.size(2));
  content.segments = segments;
  content.labels = labels.const_data_ptr<std::int16_t>();
  return content;
}

}  // namespace

void require_dicom_segmentation() { plugin(); }

bool is_dicom_scan(const fs::path& scan) {
  return fs::is_directory(scan) ? holds_dicom(scan) : is_dicom_file(scan);
}

bool is_whole_dicom(const fs::path& file) {
  try {
    return is_dicom_file(file) && check_dicom_structure(file).there;
  } catch (const Error&) {
    return false;
  }
}

void write_dicom_segmentation(const fs::path& file, const at::Tensor& labels,
                              const SegmentedSeries& source,
                              const std::vector<DicomSegment>& segments) {
  const at::Tensor stored =
      array_in_stored_order(labels, source.geometry).to(at::kShort).contiguous();
  const SliceStack stack = dicom_slices(source.series);
  if (static_cast<std::int64_t>(stack.slices.size()) != stored.size(0))
    throw Error(source.series.string(),
                "has " + std::to_string(stack.slices.size()) + " slices, but had " +
                    std::to_string(stored.size(0)) + " when it was read",
                "segment it again, and let the series be");
  const DicomSegmentation content = content_of(stack, stored, segments);
  write_atomically(file, [&](const fs::path& temporary) {
    const std::lock_guard lock(dicom_writes);
    if (const char* problem = plugin()(temporary.c_str(), &content))
      throw Error(file.string(), std::string("cannot be written (") + problem + ")",
                  "write the segmentation as nii.gz");
  });
}

}  // namespace seg::data
