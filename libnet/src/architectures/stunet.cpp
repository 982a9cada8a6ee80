#include "architectures/architectures.hpp"
#include "architectures/patch_check.hpp"
#include "kernels/memory_layout.hpp"
#include "layers/convolution.hpp"
#include "layers/initialise.hpp"
#include "layers/norm.hpp"
#include "layers/recompute.hpp"

namespace seg::net {
namespace {

using Sizes = std::vector<std::int64_t>;

// One entry per stage, the highest resolution first; poolings lie between stages.
struct STUNetLayout {
  std::int64_t inputs = 1, outputs = 2;
  Sizes depth, widths;
  std::vector<Sizes> kernels, poolings;
  bool recompute = false;

  std::size_t stages() const { return widths.size(); }
  Sizes point() const { return Sizes(kernels.front().size(), 1); }
};

ConvolutionSizes between(std::int64_t inputs, std::int64_t outputs, const Sizes& kernel) {
  ConvolutionSizes sizes;
  sizes.inputs = inputs;
  sizes.outputs = outputs;
  sizes.kernel = kernel;
  return sizes;
}

// Two convolutions with instance norm. The first block of a stage has a strided 1x1 shortcut
// without norm, also where the widths agree.
class StageBlock : public Layer {
 public:
  StageBlock(const ConvolutionSizes& first, bool shortcut, bool recompute) : recompute_(recompute) {
    const auto second = between(first.outputs, first.outputs, first.kernel);
    conv1_ = register_module("conv1", std::make_shared<Convolution>(first));
    norm1_ = std::make_shared<InstanceNorm>(first.outputs, NormOptions{});
    register_module("norm1", norm1_);
    conv2_ = register_module("conv2", std::make_shared<Convolution>(second));
    norm2_ = register_module("norm2", std::make_shared<InstanceNorm>(first.outputs, NormOptions{}));
    if (!shortcut) return;
    ConvolutionSizes point = first;
    point.kernel.assign(first.kernel.size(), 1);
    shortcut_ = register_module("conv3", std::make_shared<Convolution>(point));
  }

  at::Tensor forward(const at::Tensor& x) override {
    if (!recompute_) return compute(x);
    return recomputed([this](const at::Tensor& input) { return compute(input); }, parameters(), x);
  }

 private:
  at::Tensor compute(const at::Tensor& x) const {
    at::Tensor y = norm1_->forward_with_leaky_relu(conv1_->forward(x), leaky_slope);
    y = norm2_->forward(conv2_->forward(y));
    y = y + (shortcut_ ? shortcut_->forward(x) : x);
    return at::leaky_relu_(y, leaky_slope);
  }

  static constexpr double leaky_slope = 0.01;
  bool recompute_;
  std::shared_ptr<InstanceNorm> norm1_;
  LayerPtr conv1_, conv2_, norm2_, shortcut_;
};

struct StageOptions {
  std::int64_t depth = 1;
  bool recompute = false;
};

LayerPtr stage(const ConvolutionSizes& first, const StageOptions& options) {
  const auto further = between(first.outputs, first.outputs, first.kernel);
  std::vector<LayerPtr> blocks;
  for (std::int64_t i = 0; i < options.depth; ++i) {
    blocks.push_back(
        std::make_shared<StageBlock>(i == 0 ? first : further, i == 0, options.recompute));
  }
  return std::make_shared<Sequence>(std::move(blocks));
}

// A 1x1 convolution, then upsampling by nearest neighbours: upstream's numbers for less work than
// in upstream's order.
class NearestUpsampling : public Layer {
 public:
  NearestUpsampling(const ConvolutionSizes& point, Sizes factors) : factors_(std::move(factors)) {
    conv_ = register_module("conv", std::make_shared<Convolution>(point));
  }

  at::Tensor forward(const at::Tensor& x) override {
    Sizes size = x.sizes().slice(2).vec();
    for (std::size_t axis = 0; axis < size.size(); ++axis) size[axis] *= factors_[axis];
    const auto y = conv_->forward(x);
    return size.size() == 2 ? at::upsample_nearest2d(y, size) : at::upsample_nearest3d(y, size);
  }

 private:
  Sizes factors_;
  LayerPtr conv_;
};

LayerPtr residual_stage(const STUNetLayout& layout, std::size_t s) {
  const auto inputs = s == 0 ? layout.inputs : layout.widths[s - 1];
  auto first = between(inputs, layout.widths[s], layout.kernels[s]);
  if (s > 0) first.stride = layout.poolings[s - 1];
  return stage(first, {layout.depth[s], layout.recompute});
}

class STUNet : public Network {
 public:
  explicit STUNet(const STUNetLayout& layout)
      : check_{layout.inputs, total_stride(layout.poolings)} {
    std::vector<LayerPtr> down, up, merging, heads;
    for (std::size_t s = 0; s < layout.stages(); ++s) down.push_back(residual_stage(layout, s));
    for (std::size_t s = layout.stages() - 1; s-- > 0;) {
      const auto width = layout.widths[s];
      up.push_back(std::make_shared<NearestUpsampling>(
          between(layout.widths[s + 1], width, layout.point()), layout.poolings[s]));
      merging.push_back(
          stage(between(2 * width, width, layout.kernels[s]), {layout.depth[s], layout.recompute}));
      heads.push_back(convolution(width, layout.outputs, layout.point()));
    }
    down_ = register_module("conv_blocks_context", std::make_shared<Sequence>(down));
    up_ = register_module("upsample_layers", std::make_shared<Sequence>(up));
    merging_ = register_module("conv_blocks_localization", std::make_shared<Sequence>(merging));
    heads_ = register_module("seg_outputs", std::make_shared<Sequence>(heads));
  }

  std::vector<at::Tensor> forward(const at::Tensor& input) override {
    check_patch(check_, input);
    std::vector<at::Tensor> skips{in_fastest_layout(input)}, heads;
    for (const auto& stage : down_->layers()) skips.push_back(stage->forward(skips.back()));
    at::Tensor x = skips.back();
    skips.pop_back();
    for (std::size_t s = 0; s < up_->layers().size(); ++s) {
      x = up_->layers()[s]->forward(x);
      std::vector<at::Tensor> parts{std::move(x), std::move(skips.back())};
      skips.pop_back();
      x = merging_->layers()[s]->forward_joined(std::move(parts));
      const bool last = s + 1 == up_->layers().size();
      if (all_heads_ || last) heads.push_back(heads_->layers()[s]->forward(x));
    }
    return {heads.rbegin(), heads.rend()};
  }

  void set_deep_supervision(bool enabled) override { all_heads_ = enabled; }

  std::vector<std::string> heads() const override { return {"seg_outputs"}; }

 private:
  PatchCheck check_;
  bool all_heads_ = true;
  std::shared_ptr<Sequence> down_, up_, merging_, heads_;
};

// The strides of a plan without the first entry, cut off or filled up with ones.
std::vector<Sizes> poolings_of(const Arguments& arguments, std::size_t stages) {
  const bool from_plan = given(arguments, "strides");
  auto poolings = sizes_list(arguments, from_plan ? "strides" : "pool_op_kernel_sizes");
  if (from_plan) poolings.erase(poolings.begin());
  poolings.resize(stages - 1, Sizes(poolings.empty() ? 3 : poolings.front().size(), 1));
  return poolings;
}

std::vector<Sizes> kernels_of(const Arguments& arguments, std::array<std::size_t, 2> shape) {
  if (!given(arguments, "conv_kernel_sizes")) return {shape[0], Sizes(shape[1], 3)};
  return per_stage_and_axis(arguments, "conv_kernel_sizes", shape);
}

STUNetLayout stunet_layout(const Arguments& arguments, const NetworkOptions& options) {
  const auto stages = required<Json>(arguments, "dims").size();
  if (stages < 2) throw Error(arguments.owner, "dims must have two entries or more");
  STUNetLayout layout;
  layout.inputs = options.input_channels;
  layout.outputs = options.outputs;
  layout.depth = per_stage(arguments, "depth", stages);
  layout.widths = per_stage(arguments, "dims", stages);
  layout.poolings = poolings_of(arguments, stages);
  layout.kernels = kernels_of(arguments, {stages, layout.poolings.front().size()});
  layout.recompute = optional(arguments, "recompute", false);
  return layout;
}

}  // namespace

std::shared_ptr<Network> stunet(const Arguments& arguments, const NetworkOptions& options) {
  refuse_unknown(arguments, {"depth", "dims", "pool_op_kernel_sizes", "strides",
                             "conv_kernel_sizes", "enable_deep_supervision", "recompute"});
  auto network = std::make_shared<STUNet>(stunet_layout(arguments, options));
  if (options.draw_weights) initialise_as_nnunet(*network);
  return network;
}

}  // namespace seg::net
