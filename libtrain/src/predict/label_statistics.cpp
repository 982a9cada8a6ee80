#include "predict/label_statistics.hpp"

#include <algorithm>
#include <array>

#include "base/csv_cell.hpp"
#include "predict/label_parts.hpp"
#include "seg/plan/error.hpp"
#include "seg/plan/files.hpp"

namespace seg::train {
namespace {

namespace fs = std::filesystem;

struct Percentile {
  const char* name;
  double percent;
};
constexpr std::array<Percentile, 6> percentiles{{{"percentile_00_5", 0.5},
                                                 {"percentile_10", 10},
                                                 {"percentile_25", 25},
                                                 {"percentile_75", 75},
                                                 {"percentile_90", 90},
                                                 {"percentile_99_5", 99.5}}};

/// @param sorted float64, not empty.
double percentile(const at::Tensor& sorted, double percent) {
  const double place = static_cast<double>(sorted.numel() - 1) * percent / 100;
  const auto below = static_cast<std::int64_t>(place);
  const std::int64_t above = std::min(below + 1, sorted.numel() - 1);
  const auto* values = sorted.const_data_ptr<double>();
  return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
}

Json statistics_of(const at::Tensor& intensities, double voxel_volume) {
  const std::int64_t voxels = intensities.numel();
  Json json = {{"volume", static_cast<double>(voxels) * voxel_volume},
               {"intensity", nullptr},
               {"voxels", voxels},
               {"std", nullptr},
               {"median", nullptr}};
  for (const auto& [name, percent] : percentiles) json[name] = nullptr;
  if (voxels == 0) return json;
  const at::Tensor sorted = std::get<0>(intensities.to(at::kDouble).sort());
  json["intensity"] = sorted.mean().item<double>();
  json["std"] = sorted.std(/*unbiased=*/false).item<double>();
  json["median"] = percentile(sorted, 50);
  for (const auto& [name, percent] : percentiles) json[name] = percentile(sorted, percent);
  return json;
}

std::string table_of(const Json& cases) {
  std::string header, lines;
  for (const auto& [name, labels] : cases.items())
    for (const auto& [label, numbers] : labels.items()) {
      header = "case,label";
      lines += csv_cell(name) + ',' + csv_cell(label);
      for (const auto& [key, value] : numbers.items()) {
        header += ',' + key;
        lines += ',' + csv_cell(value);
      }
      lines += "\r\n";
    }
  return header + "\r\n" + lines;
}

}  // namespace

Json label_statistics(const data::Image& chosen, const at::Tensor& scan,
                      const std::vector<NamedLabel>& labels) {
  if (chosen.geometry.dimensions != 3)
    throw Error("the scan", "is a slice, whose labels have no volume", "ask for no statistics");
  const auto& step = chosen.geometry.step();
  const double voxel_volume = step[0] * step[1] * step[2];
  Json statistics = Json::object();
  for (const NamedLabel& label : labels) {
    const at::Tensor mask = voxels_with(chosen.data, label.values);
    statistics[label.name] = statistics_of(scan.masked_select(mask), voxel_volume);
  }
  return statistics;
}

void write_statistics(const fs::path& stem, const Json& cases) {
  write_json(stem.string() + ".json", cases);
  write_text_file(stem.string() + ".csv", table_of(cases));
}

}  // namespace seg::train
