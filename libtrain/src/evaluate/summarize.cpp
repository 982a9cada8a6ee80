#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "seg/train/evaluate.hpp"

namespace seg::train {
namespace {

struct Field {
  const char* name;
  double Metrics::*value;
  bool voxels;  // a count, written as an integer
};

// In the order of their names, as nnU-Net's file has them.
constexpr Field fields[] = {
    {"Dice", &Metrics::dice, false},    {"FN", &Metrics::fn, true},
    {"FP", &Metrics::fp, true},         {"IoU", &Metrics::iou, false},
    {"TN", &Metrics::tn, true},         {"TP", &Metrics::tp, true},
    {"n_pred", &Metrics::n_pred, true}, {"n_ref", &Metrics::n_ref, true},
};

Json counts_to_json(const Metrics& metrics) {
  Json json;
  for (const Field& field : fields) {
    const double value = metrics.*field.value;
    json[field.name] = field.voxels ? Json(std::llround(value)) : Json(value);
  }
  for (const auto& [name, value] : metrics.further) json[name] = value;
  return json;
}

Json means_to_json(const Metrics& metrics) {
  Json json;
  for (const Field& field : fields) json[field.name] = metrics.*field.value;
  for (const auto& [name, value] : metrics.further) json[name] = value;
  return json;
}

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? std::numeric_limits<double>::quiet_NaN() : sum / values.size();
}

// Of each value over several cases or classes.
template <typename Mean>
Metrics mean_of_each(const std::vector<Metrics>& all, Mean mean) {
  Metrics result;
  const auto mean_of = [&](auto value_of) {
    std::vector<double> values;
    for (const Metrics& one : all) values.push_back(value_of(one));
    return mean(values);
  };
  for (const Field& field : fields)
    result.*field.value = mean_of([&](const Metrics& one) { return one.*field.value; });
  if (all.empty()) return result;
  for (std::size_t i = 0; i < all.front().further.size(); ++i)
    result.further.emplace_back(all.front().further[i].first,
                                mean_of([&](const Metrics& one) { return one.further[i].second; }));
  return result;
}

// Over cases; classes that a case does not have are left out.
Metrics mean_over_cases(const std::vector<std::vector<Metrics>>& cases, std::size_t index) {
  std::vector<Metrics> of_class;
  for (const auto& metrics : cases) of_class.push_back(metrics[index]);
  return mean_of_each(of_class, [](std::vector<double> values) {
    std::erase_if(values, [](double value) { return std::isnan(value); });
    return mean(values);
  });
}

// Over classes; a class that is NaN makes the mean NaN, as nnU-Net has it.
Metrics mean_over_classes(const std::vector<Metrics>& classes) {
  return mean_of_each(classes, mean);
}

// Classes in the order of their keys, as text.
template <typename ToJson>
Json by_class(const std::vector<std::string>& keys, const std::vector<Metrics>& classes,
              ToJson to_json) {
  std::map<std::string, Json> sorted;
  for (std::size_t i = 0; i < keys.size(); ++i) sorted[keys[i]] = to_json(classes[i]);
  return Json(sorted);
}

}  // namespace

Json summarize(const std::vector<EvaluatedCase>& cases, const plan::Labels& labels) {
  const auto& keys = labels.foreground_keys;
  std::vector<std::vector<Metrics>> metrics;
  Json per_case = Json::array();
  for (const auto& one : cases) {
    metrics.push_back(one.metrics);
    per_case.push_back({{"metrics", by_class(keys, one.metrics, counts_to_json)},
                        {"prediction_file", one.prediction.string()},
                        {"reference_file", one.reference.string()}});
  }
  std::vector<Metrics> means;
  for (std::size_t i = 0; i < keys.size(); ++i) means.push_back(mean_over_cases(metrics, i));
  return {{"foreground_mean", means_to_json(mean_over_classes(means))},
          {"mean", by_class(keys, means, means_to_json)},
          {"metric_per_case", per_case}};
}

Json cases_left_out(const Json& summary) {
  Json left_out = Json::object();
  for (const Json& one : summary.at("metric_per_case"))
    for (const auto& [key, metrics] : one.at("metrics").items())
      for (const auto& [name, value] : metrics.items()) {
        const bool undefined =
            value.is_null() || (value.is_number() && std::isnan(value.get<double>()));
        if (!undefined) continue;
        Json& count = left_out[key][name];
        count = count.is_null() ? 1 : count.get<int>() + 1;
      }
  return left_out;
}

}  // namespace seg::train
