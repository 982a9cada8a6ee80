#pragma once

#include <optional>

#include "seg/net/checkpoint_value.hpp"
#include "weights/named_tensors.hpp"

namespace seg::net {

/// What a checkpoint of self-supervised training (nnssl) says about carrying its weights into a
/// segmentation network.
struct Adaptation {
  std::string encoder, stem;  ///< beginnings of the names of what is carried over
};

/// The checkpoint's "nnssl_adaptation_plan"; nothing for others.
/// @throws Error when it lacks an entry.
std::optional<Adaptation> adaptation_of(const Value& checkpoint, const std::string& source);

/// Encoder and stem alone, under the names that a residual encoder U-Net has for them.
TensorsByName adapted_names(const TensorsByName& given, const Adaptation& adaptation);

/// A convolution's weight made to fit: one input channel is repeated and divided by their number,
/// so that equal channels give what one gave; a kernel that shrinks to 1 along an axis becomes its
/// mean (nnU-Net's DynamicPretrainedTrainer). Undefined if that does not make it fit.
at::Tensor adapted_weight(const at::Tensor& weight, const at::Tensor& like);

}  // namespace seg::net
