#include "architectures/architectures.hpp"
#include "architectures/patch_check.hpp"
#include "layers/convolution.hpp"
#include "layers/hadamard_attention.hpp"
#include "layers/initialise.hpp"
#include "layers/norm.hpp"

namespace seg::net {
namespace {

using Widths = std::vector<std::int64_t>;

constexpr std::size_t ege_stages = 6, halvings = 5;

LayerPtr alone(LayerPtr layer) {
  return std::make_shared<Sequence>(std::vector<LayerPtr>{std::move(layer)});
}

// Attention where the maps are small, a convolution at the two or three highest resolutions.
LayerPtr ege_stage(std::int64_t inputs, std::int64_t outputs, bool attention) {
  if (attention) return alone(std::make_shared<HadamardAttention>(inputs, outputs));
  return alone(convolution(inputs, outputs, {3, 3}));
}

LayerPtr four_groups(std::int64_t channels) {
  return std::make_shared<GroupNorm>(4, channels, NormOptions{});
}

std::string numbered(const char* name, std::size_t number) { return name + std::to_string(number); }

// Upstream numbers the way down from 1, the way up from 1 at the lowest resolution, the bridges and
// their norms by resolution.
class EGEUNet : public Network {
 public:
  EGEUNet(const Widths& widths, const NetworkOptions& options)
      : check_{options.input_channels, {1 << halvings, 1 << halvings}} {
    for (std::size_t i = 0; i < ege_stages; ++i) {
      const auto inputs = i == 0 ? options.input_channels : widths[i - 1];
      down_.push_back(
          register_module(numbered("encoder", i + 1), ege_stage(inputs, widths[i], i >= 3)));
    }
    add_bridges(widths);
    for (std::size_t i = 0; i < halvings; ++i) {
      up_.push_back(register_module(numbered("decoder", i + 1),
                                    ege_stage(widths[5 - i], widths[4 - i], i < 3)));
    }
    add_norms(widths);
    final_ = register_module("final", convolution(widths[0], options.outputs, {1, 1}));
  }

  std::vector<at::Tensor> forward(const at::Tensor& x) override {
    check_patch(check_, x);
    const auto pyramid = encode(x);
    const auto size = x.sizes().slice(2);
    std::vector<at::Tensor> masks;
    at::Tensor features = pyramid.back(), bridged = pyramid.back();
    for (std::size_t i = 0; i < halvings; ++i) {
      const auto& skip = pyramid[halvings - 1 - i];
      features = up_norms_[i]->forward(up_[i]->forward(features));
      features = at::gelu(resized(features, skip.sizes().slice(2)));
      const auto mask = mask_heads_[i]->forward(features);
      bridged = bridges_[halvings - 1 - i]->forward(bridged, skip, mask);
      features = features + bridged;
      if (deep_supervision_) masks.push_back(resized(mask, size));
    }
    masks.push_back(resized(final_->forward(features), size));
    return {masks.rbegin(), masks.rend()};
  }

  void set_deep_supervision(bool enabled) override { deep_supervision_ = enabled; }

  std::vector<std::string> heads() const override {
    std::vector<std::string> names{"final"};
    for (std::size_t i = 1; i <= halvings; ++i) names.push_back(numbered("gt_conv", i));
    return names;
  }

 private:
  void add_bridges(const Widths& widths) {
    for (std::size_t i = 0; i < halvings; ++i) {
      const auto bridge = std::make_shared<AggregationBridge>(widths[i + 1], widths[i]);
      bridges_.push_back(register_module(numbered("GAB", i + 1), bridge));
    }
    for (std::size_t i = 0; i < halvings; ++i) {
      mask_heads_.push_back(register_module(numbered("gt_conv", i + 1),
                                            alone(convolution(widths[4 - i], 1, {1, 1}))));
    }
  }

  void add_norms(const Widths& widths) {
    for (std::size_t i = 0; i < halvings; ++i) {
      down_norms_.push_back(register_module(numbered("ebn", i + 1), four_groups(widths[i])));
    }
    for (std::size_t i = 0; i < halvings; ++i) {
      up_norms_.push_back(register_module(numbered("dbn", i + 1), four_groups(widths[4 - i])));
    }
  }

  std::vector<at::Tensor> encode(const at::Tensor& x) {
    std::vector<at::Tensor> pyramid;
    at::Tensor features = x;
    for (std::size_t i = 0; i < halvings; ++i) {
      const auto normed = down_norms_[i]->forward(down_[i]->forward(features));
      features = at::gelu(at::max_pool2d(normed, {2, 2}, {2, 2}));
      pyramid.push_back(features);
    }
    pyramid.push_back(at::gelu(down_.back()->forward(features)));
    return pyramid;
  }

  PatchCheck check_;
  bool deep_supervision_ = true;
  std::vector<LayerPtr> down_, up_, down_norms_, up_norms_, mask_heads_;
  std::vector<std::shared_ptr<AggregationBridge>> bridges_;
  LayerPtr final_;
};

Widths ege_widths(const Arguments& arguments) {
  if (!given(arguments, "c_list")) return {8, 16, 24, 32, 48, 64};
  const auto widths = per_stage(arguments, "c_list", ege_stages);
  for (const auto width : widths) {
    if (width % 4 == 0) continue;
    throw Error(arguments.owner, "c_list holds " + std::to_string(width),
                "all widths must be multiples of 4");
  }
  return widths;
}

}  // namespace

std::shared_ptr<Network> ege_unet(const Arguments& arguments, const NetworkOptions& options) {
  refuse_unknown(arguments, {"c_list", "bridge", "gt_ds"});
  for (const auto* part : {"bridge", "gt_ds"}) {
    if (optional(arguments, part, true)) continue;
    throw Error(arguments.owner, std::string(part) + " is off",
                "leave it on: neither upstream's network nor this one can do without");
  }
  auto network = std::make_shared<EGEUNet>(ege_widths(arguments), options);
  if (options.draw_weights) initialise_as_ege_unet(*network);
  return network;
}

}  // namespace seg::net
