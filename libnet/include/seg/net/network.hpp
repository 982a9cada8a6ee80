#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <vector>

#include "seg/plan/plans.hpp"

namespace seg::net {

/// A segmentation network.
class Network : public torch::nn::Module {
 public:
  /// @param x float [B, C, (Z,) Y, X].
  /// @returns logits of each head [B, outputs, ...], highest resolution first; one head without
  /// deep supervision.
  /// @throws Error for another number of channels or axes, and for a patch that the network cannot
  /// halve often enough.
  virtual std::vector<at::Tensor> forward(const at::Tensor& x) = 0;

  /// Turns the lower heads on or off; parameters stay.
  virtual void set_deep_supervision(bool enabled) = 0;

  /// Names of the modules that end in class scores, such as decoder.seg_layers: what fine-tuning
  /// draws anew and trains faster than the rest.
  virtual std::vector<std::string> heads() const = 0;
};

struct NetworkOptions {
  std::int64_t input_channels = 1, outputs = 2;
  bool deep_supervision = true;
  bool draw_weights = true;  ///< false: weights are undefined, for a network that is loaded next
};

/// Builds the network that a plan names, with freshly drawn weights (upstream's initialisation,
/// from the global generator). Known classes, whatever package is in front, and their arguments:
///
/// - PlainConvUNet, ResidualEncoderUNet: nnU-Net's.
/// - STUNet: depth and dims (blocks and widths per stage); strides as in nnU-Net's plans, or
///   upstream's pool_op_kernel_sizes; recompute. 2D or 3D, as the strides are. Sides are multiples
///   of the strides' product.
/// - MedNeXt: upstream's n_channels, exp_r, block_counts, kernel_size (or enc_kernel_size and
///   dec_kernel_size), dim ("3d", "2d"), deep_supervision, do_res, do_res_up_down, norm_type, grn,
///   checkpoint_style. Sides are multiples of 16.
/// - FlexibleUNet (MONAI's): backbone (resnet10 to resnet200, efficientnet-b0 to -b8, -l2),
///   spatial_dims; decoder_channels, norm, act, dropout, decoder_bias, upsample, pre_conv,
///   interp_mode, is_pad as upstream; encoder_norm (upstream's norm reaches only the decoder),
///   drop_connect_rate. One head. Sides are multiples of 32.
/// - EGEUNet: c_list. 2D. Heads are all as large as the input; the lower ones have one channel,
///   the foreground. Sides are multiples of 32.
///
/// `recompute` and checkpoint_style "outside_block" save memory in training at the price of a
/// second forward pass.
/// @throws Error for a class that seg does not know (lists those it knows) or arguments that do not
/// fit.
std::shared_ptr<Network> build_network(const plan::Architecture& architecture,
                                       const NetworkOptions& options);

/// Names, without package, of the networks that build_network knows.
std::vector<std::string> known_networks();

/// Parameters that training changes, each tensor counted once.
std::int64_t parameter_count(const Network& network);

/// Multiplications of convolutions and linear layers in a forward pass on x, for the whole batch.
/// A transposed convolution counts each input element times its kernel and outputs.
std::int64_t multiply_accumulates(Network& network, const at::Tensor& x);

}  // namespace seg::net
