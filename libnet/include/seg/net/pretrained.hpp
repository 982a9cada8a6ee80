#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "seg/net/checkpoint_value.hpp"
#include "seg/net/network.hpp"

namespace seg::net {

struct PretrainedOptions {
  bool fresh_heads = true;  ///< segmentation heads keep the weights that were drawn for them
};

/// What became of the tensors of a network; each under its first name.
struct PretrainedReport {
  std::vector<std::string> loaded;      ///< as in the file
  std::vector<std::string> resampled;   ///< convolution kernels of another size
  std::vector<std::string> averaged;    ///< the same, along axes that have no extent any more
  std::vector<std::string> widened;     ///< one input channel in the file, several in the network
  std::vector<std::string> fresh;       ///< heads, left out on request
  std::vector<std::string> missing;     ///< not in the file
  std::vector<std::string> mismatched;  ///< of another shape; with both shapes
  std::vector<std::string> unexpected;  ///< only in the file

  /// Names of all that comes from the file: what freezing keeps fixed.
  std::vector<std::string> taken_over() const;
};

/// Takes over the weights of a checkpoint as far as they fit; what does not keeps its start. Knows
/// checkpoints of nnU-Net v2 and seg ("network_weights"), nnU-Net v1 (.model), Med3D and MONAI
/// ("state_dict", "model") and bare dictionaries of tensors. "module." and "_orig_mod." in names
/// are ignored; weights of an encoder alone (Med3D, EfficientNet's ImageNet files) go into the
/// network's encoder.
///
/// A kernel of another size is resampled linearly, half-pixel centres, edges clamped (UpKern, Roy
/// et al. 2023). Convolutions of one input channel are repeated along the channels, not divided, as
/// STU-Net's fine-tuning does. Both change only what they report.
///
/// Of a checkpoint with an "nnssl_adaptation_plan" encoder and stem alone are taken over, and as
/// nnU-Net's DynamicPretrainedTrainer does: kernels that shrink to 1 along an axis become their
/// mean, and a stem that is repeated along the channels is divided by their number.
/// @throws Error for a file that read_checkpoint refuses, and when nothing in it fits; the network
/// is then unchanged.
PretrainedReport load_pretrained(Network& network, const std::filesystem::path& file,
                                 const PretrainedOptions& options = {});

/// The same from a checkpoint in memory. @param source names it in errors.
PretrainedReport take_over_weights(Network& network, const Value& checkpoint,
                                   const PretrainedOptions& options, const std::string& source);

/// The dictionary of tensors in such a checkpoint.
const Value& weights_in(const Value& checkpoint);

/// A line per kind that occurs: how many tensors, and the first names.
std::vector<std::string> summary(const PretrainedReport& report);

/// Whether a tensor of this name belongs to a segmentation head.
bool is_head(const Network& network, const std::string& name);

}  // namespace seg::net
