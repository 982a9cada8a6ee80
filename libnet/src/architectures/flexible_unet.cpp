#include <cctype>

#include "architectures/architectures.hpp"
#include "architectures/encoder.hpp"
#include "architectures/patch_check.hpp"
#include "kernels/memory_layout.hpp"
#include "layers/convolution.hpp"
#include "layers/initialise.hpp"
#include "layers/norm.hpp"
#include "layers/upsampling.hpp"

namespace seg::net {
namespace {

struct DecoderOptions {
  std::vector<std::int64_t> widths{256, 128, 64, 32, 16};
  std::size_t dimensions = 3;
  NormMaker norm;
  Activation activation;
  double dropout = 0;
  bool bias = false;  ///< of the convolutions before norms
  bool pads = true;
  UpsamplingOptions upsampling;
};

// Convolution, norm, dropout, activation: MONAI's Convolution with its ADN.
class NormedConvolution : public Layer {
 public:
  NormedConvolution(std::int64_t inputs, std::int64_t outputs, const DecoderOptions& options)
      : dropout_(options.dropout), activation_(options.activation) {
    ConvolutionSizes sizes;
    sizes.inputs = inputs;
    sizes.outputs = outputs;
    sizes.kernel.assign(options.dimensions, 3);
    sizes.bias = options.bias;
    conv_ = register_module("conv", std::make_shared<Convolution>(sizes));
    norm_ = options.norm(outputs);
    register_module("adn", std::make_shared<Sequence>("N", norm_));
  }

  at::Tensor forward(const at::Tensor& x) override {
    at::Tensor y = norm_->forward_with_leaky_relu(conv_->forward(x), 1);
    if (dropout_ > 0) y = at::dropout(y, dropout_, is_training());
    return activation_(y);
  }

 private:
  double dropout_;
  Activation activation_;
  LayerPtr conv_;
  std::shared_ptr<Norm> norm_;
};

class TwoConvolutions : public Layer {
 public:
  TwoConvolutions(std::int64_t inputs, std::int64_t outputs, const DecoderOptions& options) {
    first_ =
        register_module("conv_0", std::make_shared<NormedConvolution>(inputs, outputs, options));
    second_ =
        register_module("conv_1", std::make_shared<NormedConvolution>(outputs, outputs, options));
  }
  at::Tensor forward(const at::Tensor& x) override { return second_->forward(first_->forward(x)); }

 private:
  LayerPtr first_, second_;
};

// Encoders halve odd sizes upwards or downwards; one element behind can be made up for.
at::Tensor fitted(const at::Tensor& x, const at::Tensor& skip, bool pads) {
  std::vector<std::int64_t> padding;
  for (std::int64_t axis = x.dim() - 1; axis >= 2; --axis) {
    const auto missing = skip.size(axis) - x.size(axis);
    if (missing < 0 || missing > (pads ? 1 : 0)) {
      throw Error("network FlexibleUNet",
                  "feature maps do not meet: " + c10::Join("x", x.sizes().slice(2)) + " and " +
                      c10::Join("x", skip.sizes().slice(2)),
                  "every axis of the patch must be a multiple of 32");
    }
    padding.insert(padding.end(), {0, missing});
  }
  return x.sizes().slice(2) == skip.sizes().slice(2) ? x : at::pad(x, padding, "replicate");
}

// One step up: upsampling, the skip in front, two convolutions.
class UpStep : public torch::nn::Module {
 public:
  UpStep(std::array<std::int64_t, 3> below_skip_out, const DecoderOptions& options)
      : pads_(options.pads) {
    const auto [below, skip, out] = below_skip_out;
    const auto& up = options.upsampling;
    const bool keeps_width = skip == 0 || (up.mode == "nontrainable" && !up.convolution);
    const auto width = keeps_width ? below : below / 2;
    up_ = register_module("upsample", upsampling({below, width}, options.dimensions, up));
    merge_ =
        register_module("convs", std::make_shared<TwoConvolutions>(skip + width, out, options));
  }

  at::Tensor forward(const at::Tensor& x, const at::Tensor& skip) {
    const auto larger = up_->forward(x);
    if (!skip.defined()) return merge_->forward(larger);
    return merge_->forward(at::cat({skip, fitted(larger, skip, pads_)}, 1));
  }

 private:
  bool pads_;
  LayerPtr up_, merge_;
};

class FlexibleDecoder : public torch::nn::Module {
 public:
  FlexibleDecoder(const std::vector<std::int64_t>& pyramid, const DecoderOptions& options) {
    auto blocks = std::make_shared<torch::nn::Module>();
    auto below = pyramid.back();
    for (std::size_t i = 0; i < pyramid.size(); ++i) {
      const auto skip = i + 1 < pyramid.size() ? pyramid[pyramid.size() - 2 - i] : 0;
      const auto step = std::make_shared<UpStep>(
          std::array<std::int64_t, 3>{below, skip, options.widths[i]}, options);
      steps_.push_back(blocks->register_module(std::to_string(i), step));
      below = options.widths[i];
    }
    register_module("blocks", blocks);
  }

  at::Tensor forward(std::vector<at::Tensor> pyramid) {
    at::Tensor x = pyramid.back();
    for (const auto& step : steps_) {
      pyramid.pop_back();
      x = step->forward(x, pyramid.empty() ? at::Tensor() : pyramid.back());
    }
    return x;
  }

 private:
  std::vector<std::shared_ptr<UpStep>> steps_;
};

class FlexibleUNet : public Network {
 public:
  FlexibleUNet(std::shared_ptr<Encoder> encoder, const DecoderOptions& decoder,
               const NetworkOptions& options)
      : inputs_(options.input_channels), axes_(static_cast<std::int64_t>(decoder.dimensions)) {
    encoder_ = register_module("encoder", std::move(encoder));
    decoder_ = register_module("decoder",
                               std::make_shared<FlexibleDecoder>(encoder_->channels(), decoder));
    const auto head = convolution(decoder.widths.back(), options.outputs,
                                  std::vector<std::int64_t>(decoder.dimensions, 3));
    head_ = register_module("segmentation_head",
                            std::make_shared<Sequence>(std::vector<LayerPtr>{head}));
  }

  std::vector<at::Tensor> forward(const at::Tensor& x) override {
    check_patch({inputs_, std::vector<std::int64_t>(axes_, 1)}, x);
    // Not in training: a gradient of EfficientNet-B0 in 3D came out less exact that way (1.7e-3).
    const at::Tensor input = at::GradMode::is_enabled() ? x : in_fastest_layout(x);
    return {head_->forward(decoder_->forward(encoder_->forward(input)))};
  }

  void set_deep_supervision(bool) override {}
  std::vector<std::string> heads() const override { return {"segmentation_head"}; }

 private:
  std::int64_t inputs_, axes_;
  std::shared_ptr<Encoder> encoder_;
  std::shared_ptr<FlexibleDecoder> decoder_;
  LayerPtr head_;
};

// MONAI's way to name a layer: "batch" or ["batch", {"eps": 0.001}], in any case.
template <typename Maker>
auto made_from_kind(const Arguments& arguments, const std::string& key,
                    std::pair<Json, Maker> fallback_and_maker) {
  const Json value = optional(arguments, key, fallback_and_maker.first);
  const bool pair = value.is_array() && value.size() == 2;
  if (!value.is_string() && !(pair && value[0].is_string() && value[1].is_object())) {
    throw Error(arguments.owner, "argument \"" + key + "\" is " + value.dump(),
                "it must be a name, or a name and its arguments");
  }
  std::string kind = (pair ? value[0] : value).get<std::string>();
  for (char& letter : kind) letter = static_cast<char>(std::tolower(letter));
  return fallback_and_maker.second(
      kind, {pair ? value[1] : Json::object(), arguments.owner + ", " + key});
}

UpsamplingOptions upsampling_options(const Arguments& arguments, std::size_t dimensions) {
  UpsamplingOptions options;
  options.mode = choice(arguments, "upsample", {"nontrainable", "deconv", "pixelshuffle"});
  options.interpolation =
      choice(arguments, "interp_mode", {"nearest", "linear", "bilinear", "trilinear", "bicubic"});
  if (options.interpolation == "bicubic" && dimensions == 3) {
    throw Error(arguments.owner, "interp_mode bicubic is for 2D", "choose linear");
  }
  const auto& values = arguments.values;
  options.convolution = !values.contains("pre_conv") || !values.at("pre_conv").is_null();
  if (options.convolution) choice(arguments, "pre_conv", {"default"});
  return options;
}

DecoderOptions decoder_options(const Arguments& arguments) {
  DecoderOptions options;
  options.dimensions = optional<std::size_t>(arguments, "spatial_dims", 2);
  if (options.dimensions != 2 && options.dimensions != 3) {
    throw Error(arguments.owner, "spatial_dims must be 2 or 3");
  }
  if (given(arguments, "decoder_channels")) {
    options.widths = per_stage(arguments, "decoder_channels", options.widths.size());
  }
  const Json batch{"batch", {{"eps", 1e-3}, {"momentum", 0.1}}};
  options.norm = made_from_kind(arguments, "norm", std::pair{batch, &norm_maker});
  options.activation = made_from_kind(arguments, "act", std::pair{Json("relu"), &activation_maker});
  options.dropout = optional(arguments, "dropout", 0.0);
  options.bias = optional(arguments, "decoder_bias", false);
  options.pads = optional(arguments, "is_pad", true);
  options.upsampling = upsampling_options(arguments, options.dimensions);
  return options;
}

EncoderOptions encoder_options(const Arguments& arguments, const NetworkOptions& network) {
  EncoderOptions options;
  options.inputs = network.input_channels;
  options.dimensions = optional<std::size_t>(arguments, "spatial_dims", 2);
  options.drop_connect_rate = optional(arguments, "drop_connect_rate", options.drop_connect_rate);
  if (given(arguments, "encoder_norm")) {
    options.norm = made_from_kind(arguments, "encoder_norm", std::pair{Json(), &norm_maker});
  }
  return options;
}

}  // namespace

std::shared_ptr<Network> flexible_unet(const Arguments& arguments, const NetworkOptions& options) {
  refuse_unknown(arguments, {"backbone", "pretrained", "decoder_channels", "spatial_dims", "norm",
                             "act", "dropout", "decoder_bias", "upsample", "pre_conv",
                             "interp_mode", "is_pad", "encoder_norm", "drop_connect_rate"});
  const auto decoder = decoder_options(arguments);
  const auto encoder = build_encoder(required<std::string>(arguments, "backbone"),
                                     encoder_options(arguments, options));
  auto network = std::make_shared<FlexibleUNet>(encoder, decoder, options);
  if (!options.draw_weights) return network;
  initialise_as_torch(*network);
  initialise_by_outputs(*encoder);
  return network;
}

}  // namespace seg::net
