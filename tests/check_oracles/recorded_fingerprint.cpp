#include "recorded_fingerprint.hpp"

#include <cmath>

#include "seg/plan/dataset.hpp"
#include "seg/plan/error.hpp"

namespace seg::oracles {
namespace {

constexpr double sampling_tolerance = 0.01;

bool is_exact(const std::string& statistic) { return statistic == "min" || statistic == "max"; }

void compare_intensities(const Json& expected, const Json& found, Outcome& outcome) {
  for (const auto& [channel, statistics] : expected.items())
    for (const auto& [name, value] : statistics.items()) {
      const double deviation = relative_deviation_of(found.at(channel).at(name), value);
      judge(outcome, deviation, is_exact(name) ? 0 : sampling_tolerance);
    }
}

}  // namespace

double relative_deviation_of(double found, double expected) {
  return std::abs(found - expected) / (expected != 0 ? std::abs(expected) : 1);
}

std::vector<data::Case> named_cases(const std::filesystem::path& dataset_folder,
                                    const Json& recorded) {
  std::vector<data::Case> cases;
  for (const auto& one : data::training_cases(dataset_folder, plan::read_dataset(dataset_folder)))
    if (recorded.contains(one.name)) cases.push_back(one);
  if (cases.size() != recorded.size())
    throw Error(dataset_folder.string(), "has " + std::to_string(cases.size()) + " of the " +
                                             std::to_string(recorded.size()) + " recorded cases");
  return cases;
}

void compare_fingerprints(const Json& expected, const plan::Fingerprint& found, Outcome& outcome) {
  const Json json = plan::to_json(found);
  const std::string intensities = "foreground_intensity_properties_per_channel";
  compare_intensities(expected.at(intensities), json.at(intensities), outcome);
  if (found.spacings != expected.at("spacings").get<decltype(found.spacings)>())
    outcome.fault = "other spacings";
  if (found.shapes_after_crop !=
      expected.at("shapes_after_crop").get<decltype(found.shapes_after_crop)>())
    outcome.fault = "other shapes";
  judge(outcome,
        relative_deviation_of(found.median_relative_size_after_cropping,
                              expected.at("median_relative_size_after_cropping")),
        1e-9);
}

}  // namespace seg::oracles
