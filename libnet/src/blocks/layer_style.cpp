#include "blocks/layer_style.hpp"

#include <map>

#include "blocks/norm.hpp"

namespace seg::net {
namespace {

template <typename Made>
using Table = std::map<std::string, std::function<Made(const Arguments&)>>;

template <typename Made>
Made choose(const Table<Made>& table, const Arguments& arguments, const std::string& key) {
  const auto name = class_name(arguments, key);
  if (name.empty()) return {};
  if (const auto found = table.find(name); found != table.end()) {
    return found->second(nested(arguments, key + "_kwargs"));
  }
  std::vector<std::string> known;
  for (const auto& [entry, maker] : table) known.push_back(entry);
  throw Error(arguments.owner, key + " \"" + name + "\" is not known here",
              "possible are " + c10::Join(", ", known));
}

NormOptions norm_options(const Arguments& arguments, bool default_on) {
  refuse_unknown(arguments, {"eps", "momentum", "affine", "track_running_stats"});
  NormOptions options;
  options.eps = optional(arguments, "eps", options.eps);
  options.momentum = optional(arguments, "momentum", options.momentum);
  options.affine = optional(arguments, "affine", default_on);
  options.track_running_stats = optional(arguments, "track_running_stats", default_on);
  return options;
}

NormMaker instance_norm(const Arguments& arguments) {
  const auto options = norm_options(arguments, false);
  if (options.track_running_stats) {
    throw Error(arguments.owner, "instance norm with running statistics is not available",
                "set track_running_stats to false");
  }
  return [options](std::int64_t channels) {
    return std::make_shared<InstanceNorm>(channels, options);
  };
}

NormMaker batch_norm(const Arguments& arguments) {
  const auto options = norm_options(arguments, true);
  return
      [options](std::int64_t channels) { return std::make_shared<BatchNorm>(channels, options); };
}

double dropout_rate(const Arguments& arguments) {
  refuse_unknown(arguments, {"p", "inplace"});
  const double rate = optional(arguments, "p", 0.5);
  if (rate < 0 || rate > 1) throw Error(arguments.owner, "p must be between 0 and 1");
  return rate;
}

Dropout element_dropout(const Arguments& arguments) {
  return [rate = dropout_rate(arguments)](const at::Tensor& x, bool training) {
    return at::dropout(x, rate, training);
  };
}

Dropout channel_dropout(const Arguments& arguments) {
  return [rate = dropout_rate(arguments)](const at::Tensor& x, bool training) {
    return at::feature_dropout(x, rate, training);
  };
}

Activation leaky_relu(const Arguments& arguments) {
  refuse_unknown(arguments, {"negative_slope", "inplace"});
  const double slope = optional(arguments, "negative_slope", 0.01);
  return [slope](at::Tensor x) { return at::leaky_relu_(x, slope); };
}

Activation relu(const Arguments& arguments) {
  refuse_unknown(arguments, {"inplace"});
  return [](at::Tensor x) { return at::relu_(x); };
}

std::size_t dimensions_of(const Arguments& arguments) {
  static const Table<std::size_t> table{{"Conv2d", [](const Arguments&) { return 2; }},
                                        {"Conv3d", [](const Arguments&) { return 3; }}};
  required<std::string>(arguments, "conv_op");
  return choose(table, arguments, "conv_op");
}

Table<NormMaker> norms(const std::string& suffix) {
  return {{"InstanceNorm" + suffix, instance_norm}, {"BatchNorm" + suffix, batch_norm}};
}

Table<Dropout> dropouts(const std::string& suffix) {
  return {{"Dropout", element_dropout}, {"Dropout" + suffix, channel_dropout}};
}

}  // namespace

LayerStyle layer_style(const Arguments& arguments) {
  static const Table<Activation> activations{{"LeakyReLU", leaky_relu}, {"ReLU", relu}};
  LayerStyle style;
  style.dimensions = dimensions_of(arguments);
  const std::string suffix = std::to_string(style.dimensions) + "d";
  style.conv_bias = optional(arguments, "conv_bias", false);
  style.norm = choose(norms(suffix), arguments, "norm_op");
  style.dropout = choose(dropouts(suffix), arguments, "dropout_op");
  style.activation = choose(activations, arguments, "nonlin");
  style.activation_first = optional(arguments, "nonlin_first", false);
  return style;
}

const std::vector<std::string>& layer_style_keys() {
  static const std::vector<std::string> keys{"conv_op",        "conv_bias",     "norm_op",
                                             "norm_op_kwargs", "dropout_op",    "dropout_op_kwargs",
                                             "nonlin",         "nonlin_kwargs", "nonlin_first"};
  return keys;
}

}  // namespace seg::net
