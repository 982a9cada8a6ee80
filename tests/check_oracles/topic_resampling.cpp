#include "array_difference.hpp"
#include "seg/data/npy.hpp"
#include "seg/data/resample.hpp"
#include "topic.hpp"

namespace seg::oracles {
namespace fs = std::filesystem;
namespace {

using Shape = std::array<std::int64_t, 3>;
using Spacing = std::array<double, 3>;

at::Tensor resampled(const fs::path& folder, const Json& record) {
  return data::resample(data::map_npy(folder / record.at("input")),
                        {record.at("new_shape").get<Shape>(),
                         record.value("current_spacing", Spacing{1, 1, 1}),
                         record.value("new_spacing", Spacing{1, 1, 1}),
                         {"resample_data_or_seg_to_shape", record}});
}

double tolerance(const Json& record) {
  const int order = std::max(record.at("order").get<int>(), record.value("order_z", 0));
  if (record.value("is_seg", false)) return order == 0 ? 0 : 0.002;
  return order == 3 ? 1e-4 : order == 1 ? 1e-5 : 0;
}

void replay_case(const fs::path& folder, const Json& record, Outcome& outcome) {
  const at::Tensor result = resampled(folder, record);
  const at::Tensor expected = data::map_npy(folder / record.at("output"));
  const bool labels = record.at("is_seg");
  judge(outcome,
        labels ? share_of_different_voxels(result, expected) : largest_difference(result, expected),
        tolerance(record));
}

/// Logits: sums that fall half-way between two numbers of half precision may go either way.
void replay_logits(const fs::path& folder, const Json& record, Outcome& outcome) {
  const at::Tensor result = resampled(folder, record);
  judge(outcome, share_of_different_voxels(result, data::map_npy(folder / record.at("output"))),
        0.002);
}

void replay_rule(const Json& record, Outcome& outcome) {
  const Json& force = record.at("force_separate_z");
  const auto axis =
      data::separate_axis(record.at("current_spacing"), record.at("new_spacing"),
                          force.is_null() ? std::nullopt : std::optional<bool>(force.get<bool>()));
  const Json found = {axis.has_value(), axis ? Json(*axis) : Json()};
  if (found != record.at("result")) outcome.fault = "decided " + found.dump();
}

void replay_extent(const Json& record, Outcome& outcome) {
  const Json found = data::resampled_shape(record.at("old_shape"), record.at("old_spacing"),
                                           record.at("new_spacing"));
  if (found != record.at("result")) outcome.fault = "gave " + found.dump();
}

void check_resampling(const fs::path& folder, const Tell& tell) {
  const Json manifest = read_json(folder / "manifest.json");
  const auto each = [&](const char* list, const auto& run) {
    const Json records = manifest.value(list, Json::array());
    for (const auto& [key, record] : records.items())
      tell(attempt(list + (" " + key), [&](Outcome& outcome) { run(record, outcome); }));
  };
  each("cases",
       [&](const Json& record, Outcome& outcome) { replay_case(folder, record, outcome); });
  each("separate_z_rule", replay_rule);
  each("compute_new_shape", replay_extent);
  if (manifest.contains("half_precision_logits"))
    tell(attempt("half_precision_logits", [&](Outcome& outcome) {
      replay_logits(folder, manifest["half_precision_logits"], outcome);
    }));
}

}  // namespace

Topic resampling_topic() {
  return {"resampling", [](const fs::path& folder) { return is_about(folder, "resampling"); },
          check_resampling};
}

}  // namespace seg::oracles
