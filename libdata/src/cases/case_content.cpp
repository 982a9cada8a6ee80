#include "cases/case_content.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <sstream>

#include "seg/data/grid.hpp"
#include "seg/data/image_header.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/joined.hpp"

namespace seg::data {
namespace {

std::set<int> named_values(const plan::Dataset& dataset) {
  std::set<int> values;
  for (const auto& entry : dataset.labels) values.insert(entry.values.begin(), entry.values.end());
  return values;
}

/// The file that holds a channel: each has its own, or one holds all.
std::string file_of_channel(const Case& files, std::int64_t channel) {
  const auto last = static_cast<std::int64_t>(files.channels.size()) - 1;
  return files.channels[static_cast<std::size_t>(std::min(channel, last))].string();
}

void find_wrong_channels(const Case& files, const Image& image, const plan::Dataset& dataset,
                         std::vector<Finding>& findings) {
  const auto expected = static_cast<std::int64_t>(dataset.channel_names.size());
  if (image.data.size(0) == expected) return;
  findings.push_back({files.channels[0].string(),
                      "the case has " + std::to_string(image.data.size(0)) +
                          " channel(s), but dataset.json names " + std::to_string(expected),
                      "give one channel a file, or correct channel_names"});
}

/// True for NaN and infinity; undefined when there are none. They carry over to a sum, which is
/// faster to look at than every voxel.
at::Tensor voxels_without_value(const at::Tensor& channel) {
  if (std::isfinite(channel.sum().item<float>())) return {};
  const at::Tensor bad = at::isfinite(channel).logical_not();
  return bad.any().item<bool>() ? bad : at::Tensor();
}

/// "(12, 3, 0)": the first true voxel of [Z, Y, X], x in front.
std::string first_place(const at::Tensor& voxels) {
  const auto index = voxels.flatten().to(at::kByte).argmax().item<std::int64_t>();
  const std::int64_t width = voxels.size(2), height = voxels.size(1);
  std::ostringstream text;
  text << '(' << index % width << ", " << index / width % height << ", " << index / width / height
       << ')';
  return text.str();
}

void find_voxels_without_value(const Case& files, const Image& image,
                               std::vector<Finding>& findings) {
  for (std::int64_t channel = 0; channel < image.data.size(0); ++channel) {
    const at::Tensor bad = voxels_without_value(image.data[channel]);
    if (bad.defined())
      findings.push_back(
          {file_of_channel(files, channel),
           std::to_string(bad.sum().item<std::int64_t>()) +
               " voxel(s) are NaN or infinite, the first at (x, y, z) = " + first_place(bad),
           "replace them by a value that makes sense for the scan, such as 0"});
  }
}

void find_impossible_spacing(const Case& files, const Image& image,
                             std::vector<Finding>& findings) {
  const auto& spacing = image.geometry.spacing;
  std::vector<std::string> texts;
  bool possible = true;
  for (int axis = 0; axis < image.geometry.dimensions; ++axis) {
    texts.push_back(Json(spacing[axis]).dump());
    possible = possible && std::isfinite(spacing[axis]) && spacing[axis] > 0;
  }
  if (!possible)
    findings.push_back({files.channels[0].string(),
                        "its spacing is (" + joined(texts) + ") mm, which must be above 0",
                        "correct the spacing in the header"});
}

std::vector<Finding> scan_findings(const Case& files, const Image& image) {
  std::vector<Finding> findings;
  find_voxels_without_value(files, image, findings);
  find_impossible_spacing(files, image, findings);
  return findings;
}

void refuse_first(const std::vector<Finding>& findings) {
  if (!findings.empty()) throw Error(findings[0].file, findings[0].problem, findings[0].remedy);
}

void find_unnamed_labels(const Case& files, const Image& label, const plan::Dataset& dataset,
                         std::vector<Finding>& findings) {
  const std::set<int> named = named_values(dataset), found = label_values(label.data);
  std::set<int> unnamed;
  std::set_difference(found.begin(), found.end(), named.begin(), named.end(),
                      std::inserter(unnamed, unnamed.end()));
  if (!unnamed.empty())
    findings.push_back({files.label->string(),
                        "holds label value(s) " + listed(unnamed) +
                            " that dataset.json does not name (it names " + listed(named) + ")",
                        "correct the label map, or name the value under \"labels\""});
}

void find_other_shape(const Case& files, const LabelledImage& scan,
                      std::vector<Finding>& findings) {
  if (scan.label.data.sizes().slice(1) == scan.image.data.sizes().slice(1)) return;
  findings.push_back({files.label->string(),
                      grid_difference({scan.label.data.sizes(), scan.label.geometry},
                                      {scan.image.data.sizes(), scan.image.geometry}) +
                          " as its scan has",
                      "draw or resample the label map on the grid of the scan"});
}

std::vector<Finding> misplaced_label(const Case& files, const LabelledImage& scan) {
  if (scan.label.data.sizes().slice(1) != scan.image.data.sizes().slice(1)) return {};
  const std::string difference = grid_difference({scan.label.data.sizes(), scan.label.geometry},
                                                 {scan.image.data.sizes(), scan.image.geometry});
  if (difference.empty()) return {};
  return {{files.label->string(), difference + " as its scan has",
           "copy the scan's header if the voxels belong together, else resample the label map"}};
}

std::vector<Finding> misplaced_channels(const Image& image) {
  std::vector<Finding> findings;
  for (const auto& [file, difference] : image.misplaced)
    findings.push_back(
        {file.string(), difference,
         "copy the first channel's header if the voxels belong together, else resample"});
  return findings;
}

}  // namespace

std::string listed(const std::set<int>& values) {
  std::vector<std::string> texts;
  for (const int value : values) texts.push_back(std::to_string(value));
  return joined(texts);
}

// Neighbours mostly have the same value, so that few voxels need a look-up.
std::set<int> label_values(const at::Tensor& label) {
  const at::Tensor contiguous = label.contiguous();
  const auto* voxels = contiguous.const_data_ptr<std::int16_t>();
  std::set<int> values;
  for (std::int64_t i = 0; i < contiguous.numel(); ++i)
    if (i == 0 || voxels[i] != voxels[i - 1]) values.insert(voxels[i]);
  return values;
}

std::vector<Finding> content_findings(const Case& files, const LabelledImage& scan,
                                      const plan::Dataset& dataset) {
  std::vector<Finding> findings;
  find_wrong_channels(files, scan.image, dataset, findings);
  for (const Finding& finding : scan_findings(files, scan.image)) findings.push_back(finding);
  find_other_shape(files, scan, findings);
  find_unnamed_labels(files, scan.label, dataset, findings);
  return findings;
}

std::vector<Finding> geometry_findings(const Case& files, const LabelledImage& scan) {
  std::vector<Finding> findings = misplaced_channels(scan.image);
  for (auto& finding : misplaced_label(files, scan)) findings.push_back(std::move(finding));
  return findings;
}

void check_scan(const Case& scan, const Image& image) { refuse_first(scan_findings(scan, image)); }

CaseNeed reading_need(const Case& files) {
  const auto header = read_image_header(files.channels);
  return {"case " + files.name, header ? reading_memory(*header) : 0};
}

LabelledImage read_labelled_image(const Case& files, const CaseReading& reading,
                                  const Reporter& reporter) {
  const LabelledImage scan{read_image(files.channels, reading.reader, reporter),
                           read_label_map(*files.label, reading.reader, reporter)};
  refuse_first(content_findings(files, scan, reading.dataset));
  for (const Finding& finding : geometry_findings(files, scan))
    reporter.warn(finding.file + ": " + finding.problem);
  return scan;
}

}  // namespace seg::data
