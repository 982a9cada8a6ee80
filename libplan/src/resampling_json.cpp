#include "resampling_json.hpp"

namespace seg::plan {
namespace {

Json arguments(bool segmentation, int order) {
  return {
      {"is_seg", segmentation}, {"order", order}, {"order_z", 0}, {"force_separate_z", nullptr}};
}

}  // namespace

void add_default_resampling(Json& configuration) {
  constexpr auto standard_function = "resample_data_or_seg_to_shape";
  configuration["resampling_fn_data"] = standard_function;
  configuration["resampling_fn_seg"] = standard_function;
  configuration["resampling_fn_data_kwargs"] = arguments(false, 3);
  configuration["resampling_fn_seg_kwargs"] = arguments(true, 1);
  configuration["resampling_fn_probabilities"] = standard_function;
  configuration["resampling_fn_probabilities_kwargs"] = arguments(false, 1);
}

void add_resampling(Json& configuration, const Json& method) {
  add_default_resampling(configuration);  // for nnU-Net's order of the keys
  for (const std::string what : {"data", "seg", "probabilities"}) {
    const std::string key = "resampling_fn_" + what;
    Json arguments = Json::object();
    if (method.contains("arguments")) {
      arguments["is_seg"] = what == "seg";
      arguments.update(method["arguments"]);
    }
    configuration[key] = method.at("function");
    configuration[key + "_kwargs"] = arguments;
  }
}

}  // namespace seg::plan
