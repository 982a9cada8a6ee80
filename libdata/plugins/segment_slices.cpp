#include "segment_slices.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace seg::dicom_seg {
namespace {

using data::DicomSegment;
using data::DicomSegmentation;

/// The labels of each slice.
std::vector<std::set<int>> labels_by_slice(const DicomSegmentation& content) {
  std::vector<std::set<int>> present(content.slices.size());
  for (std::size_t z = 0; z < present.size(); ++z) {
    int last = -1;  // neighbours are alike as a rule
    for (std::size_t i = z * pixels(content); i < (z + 1) * pixels(content); ++i)
      if (content.labels[i] != last) present[z].insert(last = content.labels[i]);
  }
  return present;
}

std::vector<std::size_t> slices_with(const DicomSegment& segment,
                                     const std::vector<std::set<int>>& present) {
  std::vector<std::size_t> slices;
  for (std::size_t z = 0; z < present.size(); ++z)
    if (std::ranges::any_of(segment.values, [&](int value) { return present[z].contains(value); }))
      slices.push_back(z);
  return slices.empty() ? std::vector<std::size_t>{0} : slices;
}

}  // namespace

std::size_t pixels(const DicomSegmentation& content) {
  return static_cast<std::size_t>(content.rows) * static_cast<std::size_t>(content.columns);
}

std::vector<std::vector<std::size_t>> slices_of_segments(const DicomSegmentation& content) {
  const auto present = labels_by_slice(content);
  std::vector<std::vector<std::size_t>> slices;
  for (const DicomSegment& segment : content.segments)
    slices.push_back(slices_with(segment, present));
  return slices;
}

bool overlap(const std::vector<DicomSegment>& segments) {
  std::map<int, int> owners;
  for (const DicomSegment& segment : segments)
    for (const int value : segment.values)
      if (++owners[value] > 1) return true;
  return false;
}

}  // namespace seg::dicom_seg
