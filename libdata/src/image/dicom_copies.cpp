#include "image/dicom_copies.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "image/dicom_frames.hpp"
#include "seg/plan/error.hpp"

namespace seg::data {
namespace {

/// Files of one UID at one place, the first of which stays.
using Twins = std::vector<std::size_t>;

std::vector<Twins> twins_in(const std::vector<OpenedDicomFile>& files) {
  std::map<std::pair<std::string, std::vector<double>>, Twins> alike;
  for (std::size_t i = 0; i < files.size(); ++i)
    if (const DicomFile& content = files[i].content; !content.instance.empty())
      alike[{content.instance, content.placed.front().position}].push_back(i);
  std::vector<Twins> twins;
  for (auto& [key, group] : alike)
    if (group.size() > 1) twins.push_back(std::move(group));
  return twins;
}

/// Of the voxels of some of the files.
std::map<std::size_t, std::size_t> checksums(const std::vector<OpenedDicomFile>& files,
                                             const std::vector<Twins>& twins) {
  std::vector<std::size_t> places;
  std::vector<OpenedDicomFile> read;
  for (const Twins& group : twins)
    for (const std::size_t i : group) {
      check_dicom_frames(files[i]);
      places.push_back(i);
      read.push_back(files[i]);
    }
  std::map<std::size_t, std::size_t> sums;
  read_dicom_voxels(read, [&](std::size_t i, const float* values) {
    const DicomFile& content = read[i].content;
    const std::string_view bytes(reinterpret_cast<const char*>(values),
                                 sizeof(float) * static_cast<std::size_t>(content.frames) *
                                     static_cast<std::size_t>(content.rows) *
                                     static_cast<std::size_t>(content.columns));
    sums[places[i]] = std::hash<std::string_view>{}(bytes);
  });
  return sums;
}

}  // namespace

std::vector<DicomCopy> take_out_copies(std::vector<OpenedDicomFile>& files) {
  const auto twins = twins_in(files);
  if (twins.empty()) return {};
  const auto sums = checksums(files, twins);
  std::vector<DicomCopy> copies;
  std::set<std::size_t> out;
  for (const Twins& group : twins)
    for (std::size_t i = 1; i < group.size(); ++i) {
      const auto &file = files[group[i]].path, &first = files[group[0]].path;
      if (sums.at(group[i]) != sums.at(group[0]))
        throw Error(
            file.string(),
            "has SOP Instance UID and place of " + first.filename().string() + ", but other voxels",
            "keep the one that is right");
      copies.push_back({file, first});
      out.insert(group[i]);
    }
  std::vector<OpenedDicomFile> kept;
  for (std::size_t i = 0; i < files.size(); ++i)
    if (!out.contains(i)) kept.push_back(std::move(files[i]));
  files = std::move(kept);
  return copies;
}

}  // namespace seg::data
