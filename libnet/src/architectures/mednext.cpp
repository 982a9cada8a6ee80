#include "architectures/architectures.hpp"
#include "architectures/patch_check.hpp"
#include "kernels/memory_layout.hpp"
#include "layers/initialise.hpp"
#include "layers/mednext_block.hpp"
#include "seg/plan/error.hpp"

namespace seg::net {
namespace {

using Sizes = std::vector<std::int64_t>;

constexpr std::size_t levels = 4;  // below the full resolution; level 4 is the bottleneck

// Blocks and expansions in the order of computation: five on the way down, four on the way up.
struct MedNextLayout {
  std::int64_t inputs = 1, outputs = 2, width = 32;
  Sizes blocks, expansions;
  std::int64_t encoder_kernel = 3, decoder_kernel = 3;
  bool residual = false, residual_resampling = false, all_heads = false;
  MedNextOptions common;
};

struct Place {
  std::size_t index;  ///< in the order of computation
  Sampling sampling;
};

MedNextOptions block_options(const MedNextLayout& layout, const Place& place) {
  MedNextOptions options = layout.common;
  const bool resamples = place.sampling != Sampling::same;
  const bool encoder = place.index < levels || place.sampling == Sampling::down;
  options.kernel = encoder ? layout.encoder_kernel : layout.decoder_kernel;
  options.expansion = layout.expansions[place.index];
  options.residual = resamples ? layout.residual_resampling : layout.residual;
  options.sampling = place.sampling;
  return options;
}

std::int64_t width_at(const MedNextLayout& layout, std::size_t level) {
  return layout.width << level;
}

LayerPtr blocks(const MedNextLayout& layout, std::size_t index) {
  const auto level = index <= levels ? index : 2 * levels - index;
  const auto width = width_at(layout, level);
  std::vector<LayerPtr> row;
  for (std::int64_t i = 0; i < layout.blocks[index]; ++i) {
    row.push_back(std::make_shared<MedNextBlock>(width, width,
                                                 block_options(layout, {index, Sampling::same})));
  }
  return std::make_shared<Sequence>(std::move(row));
}

// Upstream's first one never has response norm.
LayerPtr down_from(const MedNextLayout& layout, std::size_t level) {
  auto options = block_options(layout, {level + 1, Sampling::down});
  if (level == 0) options.response_norm = false;
  return std::make_shared<MedNextBlock>(width_at(layout, level), width_at(layout, level + 1),
                                        options);
}

LayerPtr up_to(const MedNextLayout& layout, std::size_t level) {
  return std::make_shared<MedNextBlock>(width_at(layout, level + 1), width_at(layout, level),
                                        block_options(layout, {2 * levels - level, Sampling::up}));
}

LayerPtr head(const MedNextLayout& layout, std::size_t level) {
  ConvolutionSizes sizes;
  sizes.inputs = width_at(layout, level);
  sizes.outputs = layout.outputs;
  sizes.kernel.assign(layout.common.dimensions, 1);
  sizes.transposed = true;
  return std::make_shared<Sequence>("conv_out", std::make_shared<Convolution>(sizes));
}

class MedNext : public Network {
 public:
  explicit MedNext(const MedNextLayout& layout)
      : check_{layout.inputs, Sizes(layout.common.dimensions, 1 << levels)} {
    register_parameter("dummy_tensor", at::ones({1}));  // upstream's, without effect
    stem_ = register_module(
        "stem", convolution(layout.inputs, layout.width, Sizes(layout.common.dimensions, 1)));
    add_encoder(layout);
    add_decoder(layout);
    for (std::size_t level = 0; level <= (layout.all_heads ? levels : 0); ++level) {
      heads_.push_back(register_module("out_" + std::to_string(level), head(layout, level)));
    }
  }

  std::vector<at::Tensor> forward(const at::Tensor& input) override {
    check_patch(check_, input);
    std::vector<at::Tensor> skips, heads;
    // Training keeps the layout that its depthwise convolutions and their gradients are made for.
    at::Tensor x = stem_->forward(at::GradMode::is_enabled() ? input : in_fastest_layout(input));
    for (std::size_t level = 0; level < levels; ++level) {
      skips.push_back(encoder_[level]->forward(x));
      x = down_[level]->forward(skips.back());
    }
    x = bottleneck_->forward(x);
    add_head(heads, levels, x);
    for (std::size_t level = levels; level-- > 0;) {
      x = decoder_[level]->forward(skips.back() + up_[level]->forward(x));
      skips.pop_back();
      add_head(heads, level, x);
    }
    return {heads.rbegin(), heads.rend()};
  }

  void set_deep_supervision(bool enabled) override { deep_supervision_ = enabled; }

  std::vector<std::string> heads() const override {
    std::vector<std::string> names;
    for (std::size_t level = 0; level < heads_.size(); ++level) {
      names.push_back("out_" + std::to_string(level));
    }
    return names;
  }

 private:
  void add_encoder(const MedNextLayout& layout) {
    for (std::size_t level = 0; level < levels; ++level) {
      const auto number = std::to_string(level);
      encoder_.push_back(register_module("enc_block_" + number, blocks(layout, level)));
      down_.push_back(register_module("down_" + number, down_from(layout, level)));
    }
    bottleneck_ = register_module("bottleneck", blocks(layout, levels));
  }

  void add_decoder(const MedNextLayout& layout) {
    up_.resize(levels);
    decoder_.resize(levels);
    for (std::size_t level = levels; level-- > 0;) {
      const auto number = std::to_string(level);
      up_[level] = register_module("up_" + number, up_to(layout, level));
      decoder_[level] = register_module("dec_block_" + number, blocks(layout, 2 * levels - level));
    }
  }

  void add_head(std::vector<at::Tensor>& heads, std::size_t level, const at::Tensor& x) {
    if (level > 0 && (!deep_supervision_ || level >= heads_.size())) return;
    heads.push_back(heads_[level]->forward(x));
  }

  PatchCheck check_;
  bool deep_supervision_ = true;
  LayerPtr stem_, bottleneck_;
  std::vector<LayerPtr> encoder_, down_, up_, decoder_, heads_;
};

bool recomputes(const Arguments& arguments) {
  return given(arguments, "checkpoint_style") &&
         choice(arguments, "checkpoint_style", {"outside_block"}) == "outside_block";
}

// Upstream's defaults.
Sizes per_stage_or(const Arguments& arguments, const char* key, std::int64_t otherwise) {
  return given(arguments, key) ? per_stage(arguments, key, 2 * levels + 1)
                               : Sizes(2 * levels + 1, otherwise);
}

void add_kernels(const Arguments& arguments, MedNextLayout& layout) {
  const bool two = given(arguments, "enc_kernel_size") || given(arguments, "dec_kernel_size");
  if (two && !given(arguments, "kernel_size")) {
    layout.encoder_kernel = required<std::int64_t>(arguments, "enc_kernel_size");
    layout.decoder_kernel = required<std::int64_t>(arguments, "dec_kernel_size");
  } else {
    layout.encoder_kernel = layout.decoder_kernel =
        optional<std::int64_t>(arguments, "kernel_size", 7);
  }
  // Of an even one upstream's feature maps grow by a voxel, so that nothing can be added to them.
  for (const std::int64_t kernel : {layout.encoder_kernel, layout.decoder_kernel})
    if (kernel < 1 || kernel % 2 == 0)
      throw Error(arguments.owner, "a kernel size is " + std::to_string(kernel),
                  "use an odd one, such as 3, 5 or 7");
}

MedNextLayout mednext_layout(const Arguments& arguments, const NetworkOptions& options) {
  MedNextLayout layout;
  layout.inputs = options.input_channels;
  layout.outputs = options.outputs;
  layout.width = required<std::int64_t>(arguments, "n_channels");
  layout.blocks = per_stage_or(arguments, "block_counts", 2);
  layout.expansions = per_stage_or(arguments, "exp_r", 4);
  add_kernels(arguments, layout);
  layout.residual = optional(arguments, "do_res", false);
  layout.residual_resampling = optional(arguments, "do_res_up_down", false);
  layout.all_heads = optional(arguments, "deep_supervision", false);
  layout.common.dimensions = choice(arguments, "dim", {"3d", "2d"}) == "2d" ? 2 : 3;
  layout.common.layer_norm = choice(arguments, "norm_type", {"group", "layer"}) == "layer";
  layout.common.response_norm = optional(arguments, "grn", false);
  layout.common.recompute = recomputes(arguments);
  return layout;
}

}  // namespace

std::shared_ptr<Network> mednext(const Arguments& arguments, const NetworkOptions& options) {
  refuse_unknown(arguments, {"n_channels", "exp_r", "kernel_size", "enc_kernel_size",
                             "dec_kernel_size", "deep_supervision", "do_res", "do_res_up_down",
                             "checkpoint_style", "block_counts", "norm_type", "dim", "grn"});
  auto network = std::make_shared<MedNext>(mednext_layout(arguments, options));
  if (options.draw_weights) initialise_as_torch(*network);
  return network;
}

}  // namespace seg::net
