#include "seg/data/extract_fingerprint.hpp"

#include <algorithm>
#include <cmath>

#include "cases/case_content.hpp"
#include "fingerprint/intensity_statistics.hpp"
#include "seg/data/crop.hpp"
#include "seg/data/parallel_cases.hpp"
#include "seg/plan/error.hpp"

namespace seg::data {
namespace {

/// What one case adds to the fingerprint.
struct CaseMeasures {
  std::array<std::int64_t, 3> shape_after_crop{};
  std::array<double, 3> spacing{};
  double relative_size = 1;
  std::vector<ForegroundIntensities> channels;
};

CaseMeasures measure(const LabelledImage& scan, std::int64_t samples) {
  const Cropped cropped = crop_to_nonzero(scan.image.data, scan.label.data);
  const at::Tensor foreground = cropped.seg[0].gt(0);
  CaseMeasures measures;
  for (int axis = 0; axis < 3; ++axis) measures.shape_after_crop[axis] = foreground.size(axis);
  measures.spacing = scan.image.geometry.array_spacing();
  measures.relative_size =
      static_cast<double>(foreground.numel()) / static_cast<double>(scan.label.data.numel());
  for (const at::Tensor& channel : cropped.data.unbind())
    measures.channels.push_back(foreground_intensities(channel.masked_select(foreground), samples));
  return measures;
}

Json packed(const ForegroundIntensities& of) {
  const auto* bytes = static_cast<const std::uint8_t*>(of.sorted.data_ptr());
  return {of.voxels, of.mean, of.mean_square,
          of.min,    of.max,  Json::binary({bytes, bytes + of.sorted.nbytes()})};
}

ForegroundIntensities unpacked(const Json& of) {
  const std::vector<std::uint8_t>& bytes = of.at(5).get_binary();
  const auto count = static_cast<std::int64_t>(bytes.size() / sizeof(float));
  ForegroundIntensities intensities{of.at(0), of.at(1), of.at(2),
                                    of.at(3), of.at(4), at::empty({count}, at::kFloat)};
  std::ranges::copy(bytes, static_cast<std::uint8_t*>(intensities.sorted.data_ptr()));
  return intensities;
}

/// Of each case, which one of the ranks has measured.
std::vector<CaseMeasures> measures_of_all(const std::vector<CaseMeasures>& own, Ranks& ranks) {
  Json mine = Json::array();
  for (std::size_t i = 0; i < own.size(); ++i) {
    if (own[i].channels.empty()) continue;
    Json channels = Json::array();
    for (const ForegroundIntensities& channel : own[i].channels)
      channels.push_back(packed(channel));
    mine.push_back(
        {i, own[i].shape_after_crop, own[i].spacing, own[i].relative_size, std::move(channels)});
  }
  const std::vector<std::uint8_t> bytes = Json::to_cbor(mine);
  std::vector<CaseMeasures> all(own.size());
  for (const std::string& text : ranks.gather({bytes.begin(), bytes.end()}))
    for (const Json& one : Json::from_cbor(text)) {
      CaseMeasures& measures = all.at(one.at(0).get<std::size_t>());
      measures.shape_after_crop = one.at(1);
      measures.spacing = one.at(2);
      measures.relative_size = one.at(3);
      for (const Json& channel : one.at(4)) measures.channels.push_back(unpacked(channel));
    }
  return all;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 ? values[half] : (values[half - 1] + values[half]) / 2;
}

plan::Fingerprint gather(const std::vector<CaseMeasures>& cases, std::size_t channels) {
  plan::Fingerprint fingerprint;
  std::vector<double> relative_sizes;
  for (const CaseMeasures& measures : cases) {
    fingerprint.shapes_after_crop.push_back(measures.shape_after_crop);
    fingerprint.spacings.push_back(measures.spacing);
    relative_sizes.push_back(measures.relative_size);
  }
  fingerprint.median_relative_size_after_cropping = median(relative_sizes);
  for (std::size_t channel = 0; channel < channels; ++channel) {
    std::vector<ForegroundIntensities> of_channel;
    for (const CaseMeasures& measures : cases) of_channel.push_back(measures.channels[channel]);
    fingerprint.intensities.push_back(intensity_properties(of_channel));
  }
  return fingerprint;
}

void require_foreground(const std::vector<CaseMeasures>& cases, const plan::Dataset& dataset) {
  const bool any = std::ranges::any_of(
      cases, [](const CaseMeasures& measures) { return measures.channels[0].voxels > 0; });
  if (!any)
    throw Error(dataset.name, "no label map has a voxel above 0",
                "there is nothing to learn: check labelsTr");
}

}  // namespace

plan::Fingerprint extract_fingerprint(const std::vector<Case>& cases, const plan::Dataset& dataset,
                                      const FingerprintOptions& options, const Reporter& reporter) {
  if (cases.empty())
    throw Error(dataset.name, "has no training cases", "fill imagesTr and labelsTr");
  const std::int64_t samples = kept_intensities / static_cast<std::int64_t>(cases.size());
  const CaseReading reading{dataset, options.reader};
  std::vector<CaseMeasures> measures(cases.size());
  for_each_case(cases.size(),
                {options.jobs, "fingerprint", reporter, options.memory,
                 [&](std::size_t i) { return reading_need(cases[i]); }, options.ranks},
                [&](std::size_t i, const Reporter& serial) {
                  measures[i] = measure(read_labelled_image(cases[i], reading, serial), samples);
                });
  if (options.ranks) measures = measures_of_all(measures, *options.ranks);
  require_foreground(measures, dataset);
  return gather(measures, dataset.channel_names.size());
}

}  // namespace seg::data
