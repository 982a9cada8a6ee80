#include "normalization_rule.hpp"

#include <algorithm>
#include <cctype>
#include <map>

namespace seg::plan {
namespace {

constexpr auto default_scheme = "ZScoreNormalization";

std::string scheme_of(std::string channel) {
  static const std::map<std::string, std::string> schemes{
      {"ct", "CTNormalization"},
      {"nonorm", "NoNormalization"},
      {"zscore", default_scheme},
      {"rescale_to_0_1", "RescaleTo01Normalization"},
      {"rgb_to_0_1", "RGBTo01Normalization"}};
  std::ranges::transform(channel, channel.begin(), [](unsigned char c) { return std::tolower(c); });
  const auto scheme = schemes.find(channel);
  return scheme == schemes.end() ? default_scheme : scheme->second;
}

}  // namespace

NormalizationRule normalization_rule(const Dataset& dataset, const Fingerprint& fingerprint) {
  const bool cropped = fingerprint.median_relative_size_after_cropping < 0.75;
  NormalizationRule rule;
  for (const auto& channel : dataset.channel_names) {
    rule.schemes.push_back(scheme_of(channel));
    rule.use_mask.push_back(cropped && rule.schemes.back() == default_scheme);
  }
  return rule;
}

}  // namespace seg::plan
