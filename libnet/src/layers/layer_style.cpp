#include "layers/layer_style.hpp"

#include <map>

#include "layers/norm.hpp"

namespace seg::net {
namespace {

template <typename Made>
using Choices = std::map<std::string, std::function<Made(const Arguments&)>>;

template <typename Made>
Made pick(const Choices<Made>& choices, const std::string& name, const Arguments& arguments) {
  if (const auto found = choices.find(name); found != choices.end()) {
    return found->second(arguments);
  }
  std::vector<std::string> known;
  for (const auto& [entry, maker] : choices) known.push_back(entry);
  throw Error(arguments.owner, "\"" + name + "\" is not known here",
              "possible are " + c10::Join(", ", known));
}

template <typename Made>
Made choose(const Choices<Made>& choices, const Arguments& arguments, const std::string& key) {
  const auto name = class_name(arguments, key);
  if (name.empty()) return {};
  auto keywords = nested(arguments, key + "_kwargs");
  keywords.owner = arguments.owner + ", " + key;
  return pick(choices, name, keywords);
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

NormMaker group_norm(const Arguments& arguments) {
  refuse_unknown(arguments, {"num_groups", "eps", "affine"});
  const auto groups = required<std::int64_t>(arguments, "num_groups");
  NormOptions options;
  options.eps = optional(arguments, "eps", options.eps);
  options.affine = optional(arguments, "affine", true);
  return [groups, options, owner = arguments.owner](std::int64_t channels) {
    if (groups < 1 || channels % groups != 0) {
      throw Error(owner, c10::str(channels, " channels do not make ", groups, " groups"),
                  "choose a num_groups that divides all widths");
    }
    return std::make_shared<GroupNorm>(groups, channels, options);
  };
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

double slope_of(const Arguments& arguments) { return optional(arguments, "negative_slope", 0.01); }

Activation leaky_relu(const Arguments& arguments) {
  refuse_unknown(arguments, {"negative_slope", "inplace"});
  return [slope = slope_of(arguments)](at::Tensor x) { return at::leaky_relu_(x, slope); };
}

Activation relu(const Arguments& arguments) {
  refuse_unknown(arguments, {"inplace"});
  return [](at::Tensor x) { return at::relu_(x); };
}

std::optional<double> leaky_slope(const Arguments& arguments) {
  const auto name = class_name(arguments, "nonlin");
  if (name == "LeakyReLU") return slope_of(nested(arguments, "nonlin_kwargs"));
  return name == "ReLU" ? std::optional<double>(0) : std::nullopt;
}

Activation elu(const Arguments& arguments) {
  refuse_unknown(arguments, {"alpha", "inplace"});
  const double alpha = optional(arguments, "alpha", 1.0);
  return [alpha](at::Tensor x) { return at::elu_(x, alpha); };
}

Activation gelu(const Arguments& arguments) {
  refuse_unknown(arguments, {});
  return [](const at::Tensor& x) { return at::gelu(x); };
}

Activation swish(const Arguments& arguments) {
  refuse_unknown(arguments, {"inplace"});
  return [](const at::Tensor& x) { return at::silu(x); };
}

std::size_t dimensions_of(const Arguments& arguments) {
  static const Choices<std::size_t> choices{{"Conv2d", [](const Arguments&) { return 2; }},
                                            {"Conv3d", [](const Arguments&) { return 3; }}};
  required<std::string>(arguments, "conv_op");
  return choose(choices, arguments, "conv_op");
}

Choices<NormMaker> norms(const std::string& suffix) {
  return {{"InstanceNorm" + suffix, instance_norm}, {"BatchNorm" + suffix, batch_norm}};
}

Choices<Dropout> dropouts(const std::string& suffix) {
  return {{"Dropout", element_dropout}, {"Dropout" + suffix, channel_dropout}};
}

}  // namespace

NormMaker norm_maker(const std::string& kind, const Arguments& arguments) {
  static const Choices<NormMaker> norms_by_kind{
      {"batch", batch_norm}, {"group", group_norm}, {"instance", instance_norm}};
  return pick(norms_by_kind, kind, arguments);
}

Activation activation_maker(const std::string& kind, const Arguments& arguments) {
  static const Choices<Activation> activations{
      {"elu", elu}, {"gelu", gelu}, {"leakyrelu", leaky_relu}, {"relu", relu}, {"swish", swish}};
  return pick(activations, kind, arguments);
}

LayerStyle layer_style(const Arguments& arguments) {
  static const Choices<Activation> activations{{"LeakyReLU", leaky_relu}, {"ReLU", relu}};
  LayerStyle style;
  style.dimensions = dimensions_of(arguments);
  const std::string suffix = std::to_string(style.dimensions) + "d";
  style.conv_bias = optional(arguments, "conv_bias", false);
  style.norm = choose(norms(suffix), arguments, "norm_op");
  style.dropout = choose(dropouts(suffix), arguments, "dropout_op");
  style.activation = choose(activations, arguments, "nonlin");
  style.leaky_slope = leaky_slope(arguments);
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
