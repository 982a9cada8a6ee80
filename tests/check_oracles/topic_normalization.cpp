#include "array_difference.hpp"
#include "normalization_rule.hpp"
#include "seg/data/normalize.hpp"
#include "seg/data/npy.hpp"
#include "seg/plan/error.hpp"
#include "topic.hpp"

namespace seg::oracles {
namespace fs = std::filesystem;
namespace {

plan::IntensityProperties intensities_of(const Json& json) {
  plan::IntensityProperties properties;
  json.at("mean").get_to(properties.mean);
  json.at("std").get_to(properties.std);
  json.at("percentile_00_5").get_to(properties.percentile_00_5);
  json.at("percentile_99_5").get_to(properties.percentile_99_5);
  return properties;
}

at::Tensor normalized(const fs::path& folder, const Json& manifest, const Json& record) {
  return data::normalize(data::map_npy(folder / record.at("input")),
                         data::map_npy(folder / manifest.at("seg_for_mask")),
                         {record.at("scheme"), record.value("use_mask_for_norm", false),
                          intensities_of(manifest.at("intensity_properties"))});
}

void expect_refusal(const fs::path& folder, const Json& manifest, const Json& record,
                    Outcome& outcome) {
  try {
    normalized(folder, manifest, record);
    outcome.fault = "was not refused";
  } catch (const Error&) {
  }
}

void replay_channel_name(const std::string& name, const std::string& scheme, Outcome& outcome) {
  plan::Dataset dataset;
  dataset.channel_names = {name};
  plan::Fingerprint fingerprint;
  const auto rule = plan::normalization_rule(dataset, fingerprint);
  if (rule.schemes.at(0) != scheme) outcome.fault = "got " + rule.schemes.at(0);
}

void check_normalization(const fs::path& folder, const Tell& tell) {
  const Json manifest = read_json(folder / "manifest.json");
  for (const Json& record : manifest.at("cases"))
    tell(attempt(record.at("scheme").get<std::string>() + " " + record.at("id").dump(),
                 [&](Outcome& outcome) {
                   const auto expected = data::map_npy(folder / record.at("output"));
                   judge(outcome,
                         largest_difference(normalized(folder, manifest, record), expected), 1e-5);
                 }));
  for (const Json& record : manifest.value("error_cases", Json::array()))
    tell(attempt(record.at("scheme").get<std::string>() + " must refuse",
                 [&](Outcome& outcome) { expect_refusal(folder, manifest, record, outcome); }));
  const Json channels = manifest.value("channel_name_to_scheme", Json::object());
  for (const auto& [name, scheme] : channels.items())
    tell(attempt("channel " + name,
                 [&](Outcome& outcome) { replay_channel_name(name, scheme, outcome); }));
}

}  // namespace

Topic normalization_topic() {
  return {"normalization", [](const fs::path& folder) { return is_about(folder, "normalization"); },
          check_normalization};
}

}  // namespace seg::oracles
